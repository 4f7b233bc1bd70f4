import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Actions } from "./support/actions.ts";
import { Forge } from "./support/forge.ts";
import { issuedTo, subjects } from "./support/history.ts";
import { Branch, type House, house } from "./support/house.ts";

let home: House;
beforeAll(async () => {
  home = await house();
});
afterAll(() => home?.[Symbol.dispose]());

/** A forge with the house's main branch, its workflows, and a contributor's clone. */
async function forgejo() {
  const forge = await Forge.open(home.root);
  const actions = new Actions(forge, home, ".forgejo");
  const branch = new Branch(home.root);
  const dispose = () => {
    for (const one of [actions, forge, branch]) one[Symbol.dispose]();
  };
  return { forge, actions, branch, [Symbol.dispose]: dispose };
}

const commentsOf = (forge: Forge, number: number) => forge.comments(number).map(({ author, body }) => [author, body]);

describe("Forgejo", () => {
  it("plans a pull request, comments on it, and carries it out when it is merged; its own commit starts nothing", async () => {
    using it = await forgejo();
    const { forge, actions, branch } = it;
    const number = forge.offer(branch.root, branch.admit("carol").commit());
    const plan = await actions.look(number);
    expect(plan.conclusion, plan.log).toBe("success");
    expect(commentsOf(forge, number)).toEqual([
      [
        "forgejo-actions",
        expect.stringMatching(/^<!-- gatehouse plan -->\n\*\*1 client gains access[\s\S]*\n\+ carol gains files \(/),
      ],
    ]);
    // Main is protected: the job's own token cannot push there, the bot's can.
    forge.admit("bot-token", { contents: "write", comments: false, user: "bot" });
    const secrets = { GATEHOUSE_KEY: home.key, GATEHOUSE_PUSH_TOKEN: "bot-token" };
    const done = await actions.afterPush(forge.merge(number), { secrets, protectedMain: true });
    expect(done?.conclusion, done?.log).toBe("success");
    expect(subjects(forge, 2)).toEqual(["Issue 1 | forgejo-actions", "Merge pull request 1 | Tester"]);
    expect(done?.log).toContain("\n1: carried out as it was shown\n");
    expect(actions.startsMain(forge.changed("main~1", "main"))).toBe(false);
    expect(done?.log).not.toContain(home.key);
    expect(done?.left(home.key)).toBe(false);
  });

  it("plans a fork's that rewrites planner and workflow to lie by main's, and says that the guard has refused its key", async () => {
    using it = await forgejo();
    const { forge, actions, branch } = it;
    for (const script of ["plan/index", "plan", "check"]) branch.write(`scripts/${script}.ts`, "process.exit(0);\n");
    const lying = "on: { pull_request: {}, pull_request_target: {} }\npermissions: {}\njobs: {}\n";
    branch.write(".forgejo/workflows/plan.yml", `name: Plan\ndefaults: { run: { shell: sh } }\n${lying}`);
    const key = String(generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    branch.write("notes/mallory.key", key);
    const number = forge.offer(branch.root, branch.admit("mallory").commit());
    const plan = await actions.look(number, { fork: true });
    expect(plan.steps.get("Plan, guard, check")).toBe("failure");
    expect(plan.log).toContain("guard: notes/mallory.key");
    expect(commentsOf(forge, number)).toEqual([
      ["forgejo-actions", expect.stringMatching(/\.forgejo\/workflows\/plan\.yml[\s\S]*\n\+ mallory gains files \(/)],
    ]);
    expect(commentsOf(forge, number)[0]?.[1]).toContain(
      "**Not to be merged: the job plan failed.** [What it said](http",
    );
    expect(plan.log + commentsOf(forge, number)[0]?.[1]).not.toContain(key.split("\n")[1]);
  });

  it("carries out three merges at once, each once, and nothing on a quiet day", async () => {
    using it = await forgejo();
    const { forge, actions, branch } = it;
    const names = ["anna", "bert", "carl"];
    const numbers = names.map((name, index) =>
      forge.offer(
        branch.root,
        branch
          .again()
          .admit(name, `resident0${2 * index + 1}`)
          .commit(),
      ),
    );
    const [first = 0, ...rest] = numbers;
    const paths = forge.merge(first);
    forge.beforePush = () => {
      for (const number of rest) forge.merge(number);
    };
    const done = await actions.afterPush(paths);
    expect(done?.conclusion, done?.log).toBe("success");
    expect(names.map((name) => issuedTo(forge, name))).toEqual([1, 1, 1]);
    const before = forge.git("rev-parse", "main");
    const quiet = await actions.main("schedule");
    expect(Object.fromEntries(quiet.steps), quiet.log).toMatchObject({ Reconcile: "success", Deploy: "success" });
    expect(forge.git("rev-parse", "main")).toBe(before);
  });
});
