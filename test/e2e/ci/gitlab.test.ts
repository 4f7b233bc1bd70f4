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
  it("shows a merge request's plan in its job, comments from main's schedule, and carries it out when merged", async () => {
    using it = await project();
    const { forge, gitlab, branch } = it;
    const number = forge.offer(branch.root, branch.admit("carol").commit());
    const seen = await gitlab.mergeRequest(number);
    expect(Object.keys(seen)).toEqual(["plan"]);
    expect(seen["plan"]?.conclusion, seen["plan"]?.log).toBe("success");
    expect(seen["plan"]?.log).toContain("\n  + carol gains files (");

    for (const word of ["commented", "u"]) {
      const scheduled = await gitlab.main("schedule", REVIEWS);
      expect(Object.keys(scheduled)).toEqual(["reviews"]);
      expect(scheduled["reviews"]?.conclusion, scheduled["reviews"]?.log).toBe("success");
      expect(scheduled["reviews"]?.log).toContain(`\n1: ${word}`);
    }
    const shown = expect.stringMatching(
      /^<!-- gatehouse plan -->\n\*\*1 client gains access[\s\S]*\n\+ carol gains files \(/,
    );
    expect(commentsOf(forge, number)).toEqual([["project_1_bot", shown]]);

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

  it("comments truthfully on a branch that rewrites planner and pipeline to lie, and on the others beside it", async () => {
    using it = await project();
    const { forge, gitlab, branch } = it;
    const honest = forge.offer(branch.root, branch.admit("carol").commit());
    branch.again();
    for (const script of ["plan/index", "plan", "check"]) branch.write(`scripts/${script}.ts`, "process.exit(0);\n");
    branch.write(".gitlab-ci.yml", "default: { image: mine }\nplan: { rules: [], script: [] }\n");
    const lying = forge.offer(branch.root, branch.admit("mallory").commit());
    expect(await gitlab.mergeRequest(lying)).toEqual({});
    const { reviews } = await gitlab.main("schedule", REVIEWS);
    expect(reviews?.conclusion, reviews?.log).toBe("success");
    expect(commentsOf(forge, honest)[0]?.[1]).toContain("\n+ carol gains files (");
    const told = expect.stringMatching(/\.gitlab-ci\.yml[\s\S]*\n\+ mallory gains files \(/);
    expect(commentsOf(forge, lying)).toEqual([["project_1_bot", told]]);
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
