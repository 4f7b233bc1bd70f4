import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { DemoCa } from "./support/foreign-ca.ts";
import { planOf, readCrl } from "./support/judges.ts";
import { Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

/** Of its file operations, every so many is one before which it is killed. */
const EVERY = 12;

/** Paths of the state, and what is in each; the CRL is signed anew each time. */
function stateOf(repository: Repository): Map<string, string> {
  return new Map([...repository.fingerprint("pki")].filter(([path]) => path !== "crl.pem"));
}

it("an adoption that is killed at any instant is finished by the same command, and by nothing else", async () => {
  using scratch = new Scratch("killed");
  const ca = new DemoCa(scratch.at("demoCA"));
  for (const name of ["alice", "bob", "mallory", "held"]) ca.issue(name, { keyAway: name === "bob" });
  ca.revoke("mallory");
  ca.revoke("held", "certificateHold");
  ca.sign(true);
  using fresh = Repository.fresh(readFileSync(join(CHECKOUT, "clients.yaml"), "utf8"));
  using whole = fresh.copy();
  expect(await whole.run("adopt", ca.top)).toMatchObject({ code: 0 });
  let half = 0;
  let killed = true;
  for (let fault = 1; killed; fault += EVERY) {
    using twin = fresh.copy();
    const ran = await twin.runWith({ GATEHOUSE_FAULT: String(fault) }, "adopt", ca.top);
    killed = ran.signal === "SIGKILL";
    const begun = twin.list(".git/gatehouse").includes("adopting");
    if (begun) {
      half += 1;
      const { code, stderr } = await twin.run("start");
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toContain(`finish it: npm run adopt -- ${ca.top}`);
    }
    // After the last of it there is an authority like any other.
    const over = !begun && twin.list("pki").includes("ca.crt");
    if (!over) expect(await twin.run("adopt", ca.top), `killed before operation ${fault}`).toMatchObject({ code: 0 });
    expect(stateOf(twin), `killed before operation ${fault}`).toEqual(stateOf(whole));
    expect([...readCrl(twin).entries.keys()]).toEqual(["03", "04"]);
    expect(twin.list(".git/gatehouse").filter((name) => /adopting|tmp$/.test(name))).toEqual([]);
  }
  expect(half).toBeGreaterThan(2);
  expect(planOf(await whole.run("plan", "--json"))).toMatchObject({
    refusals: [],
    summary: { issue: 0, revoke: 0, crl: 0 },
  });
});
