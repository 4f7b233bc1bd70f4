import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../scripts/model/problem.ts";
import { planHere, reconcileHere } from "./support/in-process.ts";
import { access, carryOut, codes, edit, REGISTRY, REPLACED, repositoryAt } from "./support/replaced.ts";
import { NOON, Repository } from "./support/repository.ts";

const LATER = "2026-11-22T12:00:00Z";
const LAST = "2026-11-23T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(REGISTRY, NOON);
  ready.git("config", "core.hooksPath", "/dev/null");
  ready.write("docs/operations.md", "Operations\n");
  ready.commit("Document");
});

afterAll(() => ready?.[Symbol.dispose]());

describe("a branch whose history crosses main's", () => {
  /** bob was demoted on main, and an old pull request was merged whose commit says that it is from `date`. */
  async function demoted(date: string): Promise<{ twin: Repository; pr: string; before: string }> {
    const twin = ready.copy();
    twin.git("switch", "--quiet", "--create", "pr5");
    twin.write("docs/operations.md", "Operations, with a hint\n");
    twin.commitAt(date, "Hint");
    const pr = twin.git("rev-parse", "HEAD").trim();
    twin.git("switch", "--quiet", "main");
    edit(twin, "bob: { groups: [staff, builders] }", "bob: { groups: [customers] }");
    twin.commit("Demote bob");
    await carryOut(twin, LATER);
    const before = twin.git("rev-parse", "HEAD").trim();
    twin.git("merge", "--quiet", "--no-ff", "--no-edit", "pr5");
    return { twin, pr, before };
  }

  it.each(["2031-01-01T00:00:00Z", "2001-01-01T00:00:00Z"])(
    "cannot bring back access and state that main took away, whatever date it claims (%s)",
    async (date) => {
      const { twin, pr, before } = await demoted(date);
      using _ = twin;
      twin.git("switch", "--quiet", "--create", "evil", pr);
      twin.git("merge", "--quiet", "--strategy=ours", "--no-edit", before);
      twin.write("docs/deploy.md", "More\n");
      twin.commit("Docs");
      twin.git("switch", "--quiet", "main");
      const plan = await planHere(twin, LAST, "main", "evil");
      expect(access(plan)).toEqual(["bob: +packages +tools"]);
      expect(codes(plan)).toContain("StateEdited");
      // And that is what the merge would have done.
      twin.git("merge", "--quiet", "--no-ff", "--no-edit", "evil");
      expect(twin.read("clients.yaml")).toContain("bob: { groups: [staff, builders] }");
    },
  );

  it.each(["2031-01-01T00:00:00Z", "2001-01-01T00:00:00Z"])(
    "is planned as the merge that it is, where main was merged into it in the other order (%s)",
    async (date) => {
      const { twin, pr, before } = await demoted(date);
      using _ = twin;
      // The mirror image: first main as it was, then -s ours keeps what pr5 had of everything.
      twin.git("switch", "--quiet", "--create", "evil", before);
      twin.git("merge", "--quiet", "--strategy=ours", "--no-edit", pr);
      twin.git("switch", "--quiet", "main");
      const plan = await planHere(twin, LAST, "main", "evil");
      expect(access(plan)).toEqual([]);
      expect(codes(plan)).toEqual([]);
      twin.git("merge", "--quiet", "--no-ff", "--no-edit", "evil");
      expect((await reconcileHere(twin, LAST)).digest).toBe(plan.digest);
      expect(twin.read("clients.yaml")).toContain("bob: { groups: [customers] }");
    },
  );

  it("is refused as an octopus, too, whose tree is an old one", async () => {
    const { twin, pr, before } = await demoted("2031-01-01T00:00:00Z");
    using _ = twin;
    twin.git("switch", "--quiet", "--create", "side", "main~1");
    twin.write("docs/side.md", "Side\n");
    twin.commit("Side");
    const tree = twin.git("rev-parse", `${pr}^{tree}`).trim();
    const parents = [pr, before, "side"].flatMap((parent) => ["-p", parent]);
    const octopus = twin.git("commit-tree", ...parents, "-m", "Octopus", tree).trim();
    twin.git("switch", "--quiet", "main");
    const plan = await planHere(twin, LAST, "main", octopus);
    expect(access(plan)).toEqual(["bob: +packages +tools"]);
    expect(codes(plan)).toContain("StateEdited");
  });
});

describe("main with a symlink for clients.yaml, however it came there", () => {
  it("is refused with every branch: nothing is read out of a symlink's blob", async () => {
    using twin = ready.copy();
    const id = twin.git("rev-parse", "HEAD:clients.yaml").trim();
    rmSync(twin.at("clients.yaml"));
    twin.git("update-index", "--cacheinfo", `120000,${id},clients.yaml`);
    twin.git("commit", "--quiet", "--message=Link");
    twin.git("branch", "change");
    expect(codes(await planHere(twin, LAST, "main", "change"))).toEqual(["InvalidRegistry"]);
  });
});

describe("a branch that is behind", () => {
  it("is planned against main as it is now: a group that has grown since is joined as it is", async () => {
    using twin = ready.copy();
    twin.git("switch", "--quiet", "--create", "stale");
    edit(twin, "clients:\n", "clients:\n  mallory: { groups: [customers] }\n  # mallory\n");
    twin.commit("Add mallory");
    twin.git("switch", "--quiet", "main");
    edit(
      twin,
      "customers: { repositories: [downloads] }",
      "customers: { repositories: [downloads, packages], sensitive: true }",
    );
    twin.commit("Widen");
    await carryOut(twin, LATER);
    const plan = await planHere(twin, LAST, "main", "stale");
    expect(access(plan)).toEqual(["mallory: +downloads +packages"]);
    expect(plan.warnings.map(({ code }) => code)).toContain("SensitiveGroup");
    expect(codes(plan)).toEqual([]);
    expect(plan.base).toBe(twin.git("rev-parse", "main").trim());
  });

  it("says the same as what is carried out, be it merged, squashed or rebased", async () => {
    const digests = new Set<string>();
    for (const way of ["merge", "squash", "rebase"]) {
      using twin = ready.copy();
      twin.git("switch", "--quiet", "--create", "change");
      edit(twin, "carol: { groups: [customers] }", "carol: { groups: [customers, builders] }");
      twin.commit("Widen carol");
      twin.write("docs/carol.md", "Carol\n");
      twin.commit("Say so");
      twin.git("switch", "--quiet", "main");
      edit(twin, "alice: { groups: [staff] }", "alice: { groups: [customers] }");
      twin.commit("Demote alice");
      await carryOut(twin, LATER);
      const plan = await planHere(twin, LAST, "main", "change");
      expect([access(plan), codes(plan)]).toEqual([["carol: +tools"], []]);
      if (way === "merge") twin.git("merge", "--quiet", "--no-ff", "--no-edit", "change");
      else if (way === "squash") {
        twin.git("merge", "--quiet", "--squash", "change");
        twin.commit("Squashed");
      } else {
        twin.git("switch", "--quiet", "change");
        twin.git("rebase", "--quiet", "main");
        twin.git("switch", "--quiet", "main");
        twin.git("merge", "--quiet", "--ff-only", "change");
      }
      const done = await reconcileHere(twin, LAST);
      expect(done.digest).toBe(plan.digest);
      digests.add(done.digest);
    }
    expect(digests.size).toBe(1);
  });
});

describe("what waits on main, not carried out yet", () => {
  it("counts: a branch that takes nothing is refused where main's next run would be", async () => {
    using twin = ready.copy();
    twin.git("switch", "--quiet", "--create", "change");
    twin.write("docs/notes.md", "Notes\n");
    twin.commit("Note");
    twin.git("switch", "--quiet", "main");
    edit(
      twin,
      "staff: { repositories: [packages, downloads] }",
      "staff: { repositories: [downloads], sensitive: true }",
    );
    twin.commit("Make staff sensitive");
    await carryOut(twin, LATER);
    edit(twin, "alice: { groups: [staff] }", "alice: { groups: [customers] }");
    edit(twin, "bob: { groups: [staff, builders] }", "bob: { groups: [builders] }");
    twin.commit("Take staff from everybody");
    const plan = await planHere(twin, LAST, "main", "change");
    expect([access(plan), codes(plan)]).toEqual([[], ["LastSensitiveClient"]]);
    twin.git("merge", "--quiet", "--no-ff", "--no-edit", "change");
    expect(codes(await reconcileHere(twin, LAST))).toEqual(["LastSensitiveClient"]);
  });

  it("is no change where main cannot be read, and a branch puts back what is in force", async () => {
    using twin = ready.copy();
    edit(twin, "carol: { groups: [customers] }", "carol: { groups: [nobody] }");
    twin.commit("Break it");
    twin.git("switch", "--quiet", "--create", "change");
    edit(twin, "carol: { groups: [nobody] }", "carol: { groups: [customers, builders] }");
    twin.commit("Mend it");
    twin.git("switch", "--quiet", "main");
    const plan = await planHere(twin, LAST, "main", "change");
    expect([access(plan), codes(plan)]).toEqual([["carol: +tools"], []]);
    expect(plan.edits.map(({ name, field }) => `${name} ${field}`)).toEqual(["carol groups"]);
  });
});

describe("a branch that git cannot merge", () => {
  it("is the refusal MergeConflict", async () => {
    using twin = ready.copy();
    twin.git("switch", "--quiet", "--create", "change");
    edit(twin, "bob: { groups: [staff, builders] }", "bob: { groups: [staff] }");
    twin.commit("One");
    twin.git("switch", "--quiet", "main");
    edit(twin, "bob: { groups: [staff, builders] }", "bob: { groups: [customers] }");
    twin.commit("Another");
    await carryOut(twin, LATER);
    expect(codes(await planHere(twin, LAST, "main", "change"))).toEqual(["MergeConflict"]);
    expect(() => twin.git("merge", "--quiet", "--no-edit", "change")).toThrow();
  });

  it("is refused where it has no history in common with main", async () => {
    using twin = ready.copy();
    twin.git("switch", "--quiet", "--orphan", "alone");
    twin.git("checkout", "--quiet", "main", "--", ".");
    edit(twin, "carol: { groups: [customers] }", "carol: { groups: [staff] }");
    twin.commit("Begin anew");
    twin.git("switch", "--quiet", "main");
    expect(codes(await planHere(twin, LAST, "main", "alone"))).toEqual(["MergeConflict"]);
  });
});

describe("what a branch puts in place of a file", () => {
  /** The plan of a branch that did something, or what a person is told in its place. */
  async function planOfBranch(work: (twin: Repository) => void): Promise<string[]> {
    using twin = ready.copy();
    twin.git("switch", "--quiet", "--create", "change");
    work(twin);
    twin.git("add", "--all");
    twin.git("commit", "--quiet", "--allow-empty", "--message=Change");
    twin.git("switch", "--quiet", "--force", "main");
    return await planHere(twin, LAST, "main", "change").then(codes, (error) => {
      if (error instanceof UserError) return [`Error: ${error.message}`];
      throw error;
    });
  }

  it.each(REPLACED)("%s is refused", async (_, work) => {
    expect(await planOfBranch(work)).not.toEqual([]);
  });

  it("a submodule anywhere else is code that changes", async () => {
    using twin = ready.copy();
    twin.git("switch", "--quiet", "--create", "change");
    repositoryAt(twin, "docs/more.md");
    twin.git("add", "--all");
    twin.git("commit", "--quiet", "--message=Change");
    twin.git("switch", "--quiet", "main");
    const plan = await planHere(twin, LAST, "main", "change");
    expect([...plan.warnings.map(({ code }) => code), ...codes(plan)]).toContain("CodeChanged");
  });
});
