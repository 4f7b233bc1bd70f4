import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";

/** `until` asks again and again, `soonest` finds the nearest end of what ends by the real clock; these have another reason. */
const MAY: Readonly<Record<string, string>> = {
  "test/e2e/support/ports.ts": "until",
  "test/bench/nginx-pair.ts": "asks again and again",
  "test/bench/rows-push.ts": "asks again and again",
  "test/e2e/lock.test.ts": "asks again and again, oftener than until: what it looks for is soon over",
  "test/e2e/support/deployed.ts": "asks again and again, where nothing can be awaited",
  "test/e2e/nginx-crl.test.ts": "a CRL ends by nginx's clock",
  "test/e2e/nginx-sessions.test.ts": "a certificate ends by nginx's clock",
  "test/e2e/support/fetching.ts": "the pace of a client",
  "test/e2e/bundle-programs.test.ts": "a browser that does not end by itself is ended",
  "test/cli/run.test.ts": "a command that is to be stopped",
  "test/system/programs.test.ts": "a program that is to be stopped",
  "test/custody/pkcs11.test.ts": "programs that are to be stopped",
  "test/custody/program.test.ts": "a program that is to be stopped",
  "test/system/lock.test.ts": "work that takes a moment, so that others come meanwhile",
};

/** Of Node and of shells; a limit on a socket (`socket.setTimeout`) waits for nothing. */
const WAITS = /(?<![.\w])(?:setTimeout|sleep)\(|(?<=["' ;{])sleep [\d."$]|\("sleep"|Atomics\.wait\b/;

it("no test waits for a time where it can ask", () => {
  const files = globSync("test/**/*.{ts,mjs,sh}", { cwd: CHECKOUT }).filter(
    (file) => file !== "test/docs/waits.test.ts",
  );
  const waiting = files.filter((file) => WAITS.test(readFileSync(join(CHECKOUT, file), "utf8")));
  expect(waiting.sort()).toEqual(Object.keys(MAY).sort());
});
