import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Forge } from "./support/forge.ts";
import { github } from "./support/github.ts";
import { type House, house } from "./support/house.ts";

let home: House;
beforeAll(async () => {
  home = await house();
});
afterAll(() => home?.[Symbol.dispose]());

/** A run that is called Plan, has a job plan, and says of any commit that there is nothing to do. */
const FORGED = `name: Plan
on: { pull_request: { branches: [main, release] } }
permissions: {}
defaults: { run: { shell: sh } }
jobs:
  plan:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: { contents: read }
    env: { HEAD: "\${{ github.event.pull_request.head.sha }}" }
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: { ref: main, fetch-depth: 0, persist-credentials: false }
      - name: Lie
        run: |
          echo '"issue": 0'
`;

const bodies = (forge: Forge, number: number) => forge.comments(number).map(({ body }) => body);
const TRUTH = [expect.stringContaining("\n+ mallory gains files (")];

describe("a run that says what its author wants", () => {
  it("of a second pull request into another branch, for the same commit, changes no comment and gets none", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    const commit = branch.admit("mallory").commit();
    // The other branch has the forged workflow, so that the commit itself changes no workflow.
    branch.git("checkout", "--quiet", "-B", "release", "origin/main");
    branch.write(".github/workflows/plan.yml", FORGED).commit("Forge");
    forge.git("fetch", "--quiet", branch.root, "release:release");
    const number = forge.offer(branch.root, commit);
    await actions.pulled(number);
    expect(bodies(forge, number)).toEqual(TRUTH);
    const second = forge.offer(branch.root, commit, number + 1, "release");
    const runs = await actions.pulled(second);
    expect(runs.get("Plan of pull_request")?.log).toContain('"issue": 0');
    expect(bodies(forge, number)).toEqual(TRUTH);
    expect(bodies(forge, second)).toEqual([]);
  });

  it("of its own workflow and planner does not reach main's comment, which names them as code that is changed", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    branch.write(".github/workflows/plan.yml", FORGED);
    const lie =
      'import { writeFileSync } from "node:fs";\nwriteFileSync("/tmp/gatehouse-lie", "");\nprocess.exit(0);\n';
    for (const script of ["plan/index", "plan", "check", "guard"]) branch.write(`scripts/${script}.ts`, lie);
    branch.write("scripts/ci/comment.sh", "echo Nothing to do\n").write(".npmrc", "ignore-scripts=false\n");
    const number = forge.offer(branch.root, branch.admit("mallory").commit());
    const runs = await actions.pulled(number);
    expect([...runs.keys()]).toEqual(["Plan of pull_request", "Plan of pull_request_target"]);
    expect(bodies(forge, number)).toEqual(TRUTH);
    const plan = runs.get("Plan of pull_request_target");
    expect(plan?.steps.get("Plan"), plan?.log).toBe("success");
    for (const path of [".github/workflows/plan.yml", "scripts/plan/index.ts"])
      expect(bodies(forge, number)).toEqual([expect.stringContaining(path)]);
    expect(existsSync("/tmp/gatehouse-lie")).toBe(false);
  });

  it("and a pull request that is turned towards main is planned then", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    forge.git("branch", "release", "main");
    const number = forge.offer(branch.root, branch.admit("carol").commit(), 1, "release");
    expect(await actions.pulled(number)).toEqual(new Map());
    forge.turn(number, "main");
    const plan = await actions.look(number, {}, "edited");
    expect(plan.conclusion, plan.log).toBe("success");
    expect(bodies(forge, number)).toEqual([expect.stringContaining("\n+ carol gains files (")]);
  });
});
