import { now as clock } from "../../scripts/system/clock.ts";
import { edit, putCrl, write } from "./prepared.ts";
import { at, forge, prepared, remove, testTamperings, usePrepared } from "./tampering.ts";

usePrepared();

const DAY = 24 * 3600;
const crl = at("pki/crl.pem");

/** A CRL that says what the present one says, only newer, but for what is given. */
function sign(root: string, change: Partial<Parameters<typeof putCrl>[1]>): void {
  const entries = [...(prepared().state.crl?.entries.values() ?? [])];
  const number = (prepared().state.crl?.number ?? 0) + 5;
  putCrl(root, { number, thisUpdate: clock() - 60, nextUpdate: clock() + 30 * DAY, entries, ...change });
}

testTamperings({
  "no CRL": { tamper: (root) => remove(root, crl()), code: "Missing", path: crl },
  "an old CRL put back": { tamper: (root) => write(root, crl(), prepared().firstCrl), code: "CrlRollback", path: crl },
  "another CRL with the same number": {
    tamper: (root) => sign(root, { number: prepared().state.crl?.number ?? 0 }),
    code: "CrlRollback",
    path: crl,
  },
  "a CRL without somebody who is revoked": {
    tamper: (root) => sign(root, { entries: [] }),
    code: "CrlEntries",
    path: crl,
  },
  "a CRL from the future": {
    tamper: (root) => sign(root, { thisUpdate: clock() + DAY }),
    code: "CrlFuture",
    path: crl,
  },
  "a CRL whose number lies in the future": {
    tamper: (root) => sign(root, { number: clock() + DAY }),
    code: "CrlFuture",
    path: crl,
    level: "warn",
    fix: "none",
  },
  "a CRL that has ended": {
    tamper: (root) => sign(root, { thisUpdate: clock() - DAY, nextUpdate: clock() - 1 }),
    code: "CrlEnded",
    path: crl,
  },
  "a CRL that ends tomorrow": {
    tamper: (root) => sign(root, { thisUpdate: clock() - DAY, nextUpdate: clock() + DAY }),
    code: "CrlEnding",
    path: crl,
    level: "warn",
  },
  "a CRL that would go on for longer than is asked for": {
    tamper: (root) => sign(root, { nextUpdate: clock() + 1000 * DAY }),
    code: "CrlLong",
    path: crl,
    level: "warn",
  },
  "a CRL with a byte changed": {
    tamper: (root) => edit(root, crl(), (text) => forge(text)),
    code: "StateDoubtful",
    path: crl,
  },
});
