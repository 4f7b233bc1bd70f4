import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Forge } from "./support/forge.ts";
import { GitLab } from "./support/gitlab.ts";
import { issuedTo, subjects } from "./support/history.ts";
import { Branch, type House, house } from "./support/house.ts";

let home: House;
beforeAll(async () => {
  home = await house();
});
afterAll(() => home?.[Symbol.dispose]());

const REVIEWS = { GATEHOUSE_JOB: "reviews" };

/** A project with the house's main branch, and a contributor's clone. */
async function project() {
  const forge = await Forge.open(home.root);
  const gitlab = new GitLab(forge, home);
  const branch = new Branch(home.root);
  const dispose = () => {
    for (const one of [gitlab, forge, branch]) one[Symbol.dispose]();
  };
  return { forge, gitlab, branch, [Symbol.dispose]: dispose };
}

const commentsOf = (forge: Forge, number: number) => forge.comments(number).map(({ author, body }) => [author, body]);

describe("GitLab", () => {
  it("shows a plan in its job, comments from main's schedule, beside a branch that rewrites planner and pipeline to lie, and carries out what is merged", async () => {
    using it = await project();
    const { forge, gitlab, branch } = it;
    const scheduled = async (...lines: readonly string[]) => {
      const { reviews, ...others } = await gitlab.main("schedule", REVIEWS);
      expect(others).toEqual({});
      expect(reviews?.conclusion, reviews?.log).toBe("success");
      for (const line of lines) expect(reviews?.log).toContain(`\n${line}`);
    };
    const number = forge.offer(branch.root, branch.admit("carol").commit());
    const seen = await gitlab.mergeRequest(number);
    expect(Object.keys(seen)).toEqual(["plan"]);
    expect(seen["plan"]?.conclusion, seen["plan"]?.log).toBe("success");
    expect(seen["plan"]?.log).toContain("\n  + carol gains files (");

    await scheduled("1: commented");
    const shown = expect.stringMatching(
      /^<!-- gatehouse plan -->\n\*\*1 client gains access[\s\S]*\n\+ carol gains files \(/,
    );
    expect(commentsOf(forge, number)).toEqual([["project_1_bot", shown]]);

    branch.again();
    for (const script of ["plan/index", "plan", "check"]) branch.write(`scripts/${script}.ts`, "process.exit(0);\n");
    branch.write(".gitlab-ci.yml", "default: { image: mine }\nplan: { rules: [], script: [] }\n");
    const lying = forge.offer(branch.root, branch.admit("mallory").commit());
    expect(await gitlab.mergeRequest(lying)).toEqual({});
    await scheduled("1: u", "2: commented");
    expect(commentsOf(forge, number)).toEqual([["project_1_bot", shown]]);
    const told = expect.stringMatching(/\.gitlab-ci\.yml[\s\S]*\n\+ mallory gains files \(/);
    expect(commentsOf(forge, lying)).toEqual([["project_1_bot", told]]);

    forge.merge(number);
    const { reconcile, ...others } = await gitlab.main("push");
    expect(others).toEqual({});
    expect(reconcile?.conclusion, reconcile?.log).toBe("success");
    expect(subjects(forge, 2)).toEqual(["Issue 1 | Gatehouse", "Merge pull request 1 | Tester"]);
    expect(reconcile?.log).toContain("\n1: carried out as it was shown\n");
    expect(forge.pushOption).toBe("ci.skip");
    for (const secret of [home.key, "push-token", "comment-token"]) {
      expect(reconcile?.log).not.toContain(secret);
      expect(reconcile?.left(secret)).toBe(false);
    }
  });

  it("carries out three merges at once, each once, and nothing on a quiet day", async () => {
    using it = await project();
    const { forge, gitlab, branch } = it;
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
    forge.merge(first);
    forge.beforePush = () => {
      for (const number of rest) forge.merge(number);
    };
    const { reconcile } = await gitlab.main("push");
    expect(reconcile?.conclusion, reconcile?.log).toBe("success");
    expect(names.map((name) => issuedTo(forge, name))).toEqual([1, 1, 1]);
    const before = forge.git("rev-parse", "main");
    const quiet = await gitlab.main("schedule");
    expect(quiet["reconcile"]?.conclusion, quiet["reconcile"]?.log).toBe("success");
    expect(forge.git("rev-parse", "main")).toBe(before);
  });
});
