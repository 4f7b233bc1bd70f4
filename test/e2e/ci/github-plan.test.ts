import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Forge } from "./support/forge.ts";
import { github } from "./support/github.ts";
import { issuedTo, subjects } from "./support/history.ts";
import { type House, house } from "./support/house.ts";

let home: House;
beforeAll(async () => {
  home = await house();
});
afterAll(() => home?.[Symbol.dispose]());

/** The one comment under a pull request, by the bot. */
function commentOf(forge: Forge, number: number): string {
  const comments = forge.comments(number);
  expect(comments.map(({ author }) => author)).toEqual(["github-actions[bot]"]);
  return comments[0]?.body ?? "";
}

const privateKey = () =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });

describe("a pull request", () => {
  it("is planned by a runner that installs what it needs, commented on once, updated in place, merged and carried out", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    const number = forge.offer(branch.root, branch.admit("carol").commit());
    const first = await actions.look(number, { installs: "plan" });
    expect(first.log).toContain("installing the node packages (npm ci)");
    expect(new Set(first.steps.values()), first.log).toEqual(new Set(["success"]));
    expect(commentOf(forge, number)).toContain("\n+ carol gains files (");
    expect(commentOf(forge, number)).not.toContain("Not to be merged");

    forge.offer(branch.root, branch.admit("dora", "resident08").commit(), number);
    expect((await actions.look(number, {}, "synchronize")).log).toContain("1: updated");
    expect(commentOf(forge, number)).toContain(
      "\n+ carol (ask carol@example.com) and dora (ask dora@example.com) gain files (new; no end)\n",
    );

    const done = await actions.afterPush(forge.merge(number));
    expect(done?.conclusion, done?.log).toBe("success");
    expect(subjects(forge, 2)).toEqual(["Issue 2 | github-actions[bot]", "Merge pull request 1 | Tester"]);
    expect(issuedTo(forge, "carol")).toBe(1);
    expect(done?.log).toContain("\n1: carried out as it was shown\n");
    expect(commentOf(forge, number)).toContain(
      "\n+ carol (ask carol@example.com) and dora (ask dora@example.com) gain files (new; no end)\n",
    );
    expect(actions.startsMain(forge.changed("main~1", "main"))).toBe(false);
    expect(done?.log).not.toContain(home.key);
    expect(done?.left(home.key)).toBe(false);
  });

  it("that takes access from too many is refused in the comment, and on main by whoever merges it all the same", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    const gone = ["resident01", "resident03", "resident05", "resident07", "resident09"];
    const number = forge.offer(branch.root, branch.remove(...gone).commit());
    const plan = await actions.look(number);
    expect(Object.fromEntries(plan.steps)).toMatchObject({ Plan: "failure", "No private key in the clear": "success" });
    expect(plan.log).toMatch(/^::error file=clients\.yaml,.*title=TooManyLosses::/m);
    expect(commentOf(forge, number)).toContain("**Not to be merged: the job plan failed.** [What it said](http");
    expect(commentOf(forge, number)).toContain("\n! TooManyLosses: ");
    const done = await actions.afterPush(forge.merge(number));
    expect(Object.fromEntries(done?.steps ?? [])).toMatchObject({ Reconcile: "failure", Deploy: "success" });
    expect(subjects(forge, 1)).toEqual(["Merge pull request 1 | Tester"]);
    expect(forge.git("ls-tree", "-r", "--name-only", "main", "pki/revoked")).toBe("");
  });

  it("that was pushed over meanwhile is left to the run of its new head", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    const old = branch.admit("carol").commit();
    const number = forge.offer(branch.root, old);
    branch.git("commit", "--quiet", "--amend", "--message=Again");
    forge.offer(branch.root, branch.git("rev-parse", "HEAD"), number);
    const event = { pull_request: { number: String(number), head: { sha: old } } };
    const plan = await actions.look(number, { event });
    expect(plan.log).toContain(`fetch: the branch has moved on from ${old}`);
    expect(Object.fromEntries(plan.steps)).toMatchObject({ Plan: "skipped", "Post or update the comment": "skipped" });
    expect(forge.comments(number)).toEqual([]);
  });

  it("from a fork that edits the state and holds a private key in the clear fails for both, and is commented on", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    const [file = ""] = branch.git("ls-files", "pki/certs_by_serial").split("\n");
    branch.write(file, `note: mine\n${branch.read(file)}`);
    const commit = branch.write("pki/private/mallory.key", String(privateKey())).commit();
    const number = forge.offer(branch.root, commit);
    const plan = await actions.look(number, { fork: true });
    expect(Object.fromEntries(plan.steps)).toMatchObject({ Plan: "failure", "No private key in the clear": "failure" });
    expect(plan.log).toContain("guard: pki/private/mallory.key");
    expect(commentOf(forge, number)).toContain("Not to be merged");
    expect(commentOf(forge, number)).toContain(`\n! StateEdited: ${file}`);
  });
});
