import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../../scripts/model/plan.ts";
import { planHere, reconcileHere } from "./support/in-process.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";
import {
  CLIENTS,
  FACT,
  FORGED,
  FORGERIES,
  mainGoesOn,
  merge,
  RESTORED,
  remove,
  revert,
  write,
} from "./support/spoilings.ts";

const LAST = "2026-11-23T12:00:00Z";

const RECORD = "pki/registry.yaml";

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), NOON);
  ready.git("config", "core.hooksPath", "/dev/null");
});

afterAll(() => ready?.[Symbol.dispose]());

const codes = ({ refusals }: Plan) => [...new Set(refusals.map(({ code }) => code))].sort();
const planOf = (twin: Repository) => planHere(twin, LAST, "main", "change");

/** A copy whose branch `change` has what `work` did, and which stands on main. */
async function branch(work: (twin: Repository) => void | Promise<void>): Promise<Repository> {
  const twin = ready.copy();
  twin.git("switch", "--quiet", "--create", "change");
  await work(twin);
  write(twin, "docs/notes.md", "Notes\n");
  twin.git("switch", "--quiet", "main");
  return twin;
}

describe("a branch whose commits changed facts, and took that back", () => {
  it.each(FORGERIES)("is refused: %s", async (_, work) => {
    using twin = await branch(work);
    const { refusals } = await planOf(twin);
    expect(refusals).toMatchObject([{ code: "StateEdited", message: expect.stringContaining(FORGED) }]);
    // And that is what would have come of it.
    merge(twin, "--no-ff", "change");
    expect(codes(await reconcileHere(twin, LAST))).toEqual(["StateDoubtful"]);
  });

  it.each(RESTORED)("is planned where nothing is left to doubt: %s", async (_, work) => {
    using twin = await branch(work);
    const plan = await planOf(twin);
    expect(codes(plan)).toEqual([]);
    merge(twin, "--no-ff", "change");
    expect(codes(await reconcileHere(twin, LAST))).toEqual([]);
  });

  it("is refused where main has had that fact since, and the branch had it otherwise", async () => {
    using twin = await branch(async (twin) => {
      await mainGoesOn(twin, "carol");
      const added = ["diff", "--name-only", "change", "main", "--", "pki/certs_by_serial"];
      const [newest = ""] = twin.git(...added).split("\n");
      write(twin, newest, "no certificate\n");
      remove(twin, newest);
    });
    // Which of the two git would list first is chance: that one would then be believed.
    expect(codes(await planOf(twin))).toEqual(["StateEdited"]);
  });
});

describe("a branch whose commits gave pki/registry.yaml a form of their own, and took that back", () => {
  const changeAndBack = (twin: Repository) => {
    write(twin, RECORD, `${twin.read(RECORD)}# by hand\n`);
    revert(twin, "HEAD");
  };

  it("is refused: where it is fast-forwarded or rebased, main would be doubted", async () => {
    using twin = await branch(changeAndBack);
    const { refusals } = await planOf(twin);
    expect(refusals).toMatchObject([{ code: "StateEdited", message: expect.stringContaining(RECORD) }]);
    merge(twin, "--ff-only", "change");
    expect(codes(await reconcileHere(twin, LAST))).toEqual(["StateDoubtful"]);
  });

  it("is not, where the form is one that main had", async () => {
    using twin = await branch(async (twin) => {
      await mainGoesOn(twin, "carol");
      merge(twin, "main");
      twin.git("checkout", "main~2", "--", RECORD);
      twin.commit("Back");
      revert(twin, "HEAD");
    });
    expect(codes(await planOf(twin))).toEqual([]);
  });
});

describe("what a spoiled branch is told", () => {
  it("is right: one commit of it has no trace, and is carried out as planned", async () => {
    using twin = await branch((twin) => {
      write(twin, FORGED, FACT);
      remove(twin, FORGED);
    });
    using author = twin.clone();
    author.git("switch", "--quiet", "change");
    const [{ message } = { message: "" }] = (await planOf(twin)).refusals;
    const command = /: (git fetch .*)$/.exec(message)?.[1] ?? "false";
    const env = environment({ GIT_EDITOR: "echo One >" });
    execFileSync("sh", ["-ec", command], { cwd: author.root, env });
    const plan = await planOf(twin);
    expect(codes(plan)).toEqual([]);
    expect(twin.git("diff", "--name-only", "main", "change")).toBe("docs/notes.md\n");
    merge(twin, "--no-ff", "change");
    expect((await reconcileHere(twin, LAST)).digest).toBe(plan.digest);
  });

  it("stands in the text, in the comment and in the data", async () => {
    using twin = await branch((twin) => {
      write(twin, FORGED, FACT);
      remove(twin, FORGED);
    });
    const { stdout } = await twin.run("plan", "--base", "main", "--head", "change", "--now", LAST, "--json");
    expect(JSON.parse(stdout).refusals).toMatchObject([{ code: "StateEdited" }]);
    for (const flag of [[], ["--markdown"], ["--github"]]) {
      const said = await twin.run("plan", "--base", "main", "--head", "change", "--now", LAST, ...flag);
      expect(said.code).toBe(1);
      expect(said.stdout.replaceAll(/[\s!]+/g, " ")).toContain(FORGED);
      expect(said.stdout.replaceAll(/[\s!]+/g, " ")).toContain("git reset --soft $(git merge-base origin/main HEAD)");
    }
  });
});

describe("a branch that cannot be compared commit by commit", () => {
  it("is nothing to refuse where it is behind", async () => {
    using twin = ready.copy();
    twin.git("branch", "change");
    write(twin, "docs/a.md", "A\n");
    expect(codes(await planOf(twin))).toEqual([]);
  });

  it("is a conflict where it is unrelated, or cannot be merged, and no more than that", async () => {
    using twin = await branch((twin) => {
      twin.git("switch", "--quiet", "--orphan", "other");
      write(twin, FORGED, FACT);
      remove(twin, FORGED);
      twin.git("branch", "--force", "change");
      twin.git("switch", "--quiet", "change");
    });
    expect(codes(await planOf(twin))).toEqual(["MergeConflict"]);
  });

  it("is not judged where this clone has not all of it", async () => {
    using twin = await branch((twin) => {
      write(twin, FORGED, FACT);
      remove(twin, FORGED);
      twin.git("switch", "--quiet", "main");
      write(twin, "docs/main.md", "Main\n");
      twin.git("switch", "--quiet", "change");
      merge(twin, "main");
    });
    using shallow = ready.copy();
    rmSync(shallow.at(".git/shallow"), { force: true });
    shallow.git(
      "fetch",
      "--quiet",
      "--depth=3",
      `file://${twin.root}`,
      "+main:refs/remotes/origin/main",
      "+change:change",
    );
    await expect(planHere(shallow, LAST, "origin/main", "change")).rejects.toThrow("this clone is shallow");
  });
});
