import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocking, reconcileHere } from "./support/in-process.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", carol: "{ groups: [guests] }" };
const DEMOTED = { ...CLIENTS, bob: "{ groups: [guests] }", carol: "{ groups: [guests], suspended: true }" };
const LATER = "2026-11-22T12:00:00Z";

/** Carried out twice: `OLD` has bob among the staff and carol admitted, main has neither. */
let ready: Repository;
let old: string;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), NOON);
  ready.git("config", "core.hooksPath", "/dev/null");
  await carryOut(ready, { ...CLIENTS, dora: "{ groups: [guests] }" });
  old = ready.git("rev-parse", "HEAD").trim();
  await carryOut(ready, DEMOTED);
});
afterAll(() => ready?.[Symbol.dispose]());

async function carryOut(twin: Repository, clients: Record<string, string>): Promise<void> {
  twin.write("clients.yaml", clientsYaml(clients));
  expect((await reconcileHere(twin, LATER)).refusals).toEqual([]);
  twin.commit("Carry out");
}

async function verdicts(twin: Repository): Promise<string[]> {
  const { refusals } = await reconcileHere(twin, LATER);
  return refusals.map(({ code, message }) => `${code} ${message.split(":")[0]}`);
}

const OLD_STATE = ["clients.yaml", "pki/registry.yaml", "pki/held", "pki/nginx", "pki/issued", "pki/private"];
const RECORD = "StateDoubtful pki/registry.yaml";

function bringBack(twin: Repository): void {
  twin.git("rm", "-r", "-q", "--", "pki/held");
  twin.git("checkout", "-q", old, "--", ...OLD_STATE.filter((path) => path !== "pki/held"));
}

describe("state that went back to an earlier form is doubted by reconcile and check", () => {
  it.each<[how: string, work: (twin: Repository) => void]>([
    ["in the working tree", bringBack],
    [
      "by a commit, as a squash leaves it",
      (twin) => {
        bringBack(twin);
        twin.commit("Squashed");
      },
    ],
    [
      "by two commits, of which the first takes it away",
      (twin) => {
        twin.git("rm", "-q", "--", "pki/registry.yaml");
        twin.commit("Take away");
        bringBack(twin);
        twin.commit("Old again");
      },
    ],
    [
      "by a merge",
      (twin) => {
        twin.git("switch", "-q", "-c", "evil");
        bringBack(twin);
        twin.commit("Old again");
        twin.git("switch", "-q", "main");
        twin.git("merge", "-q", "--no-ff", "evil");
      },
    ],
    [
      "by a merge of main into the old state, to which main then goes forward",
      (twin) => {
        twin.git("switch", "-q", "-c", "evil", old);
        twin.git("merge", "-q", "-s", "ours", "-m", "Nothing to see", "main");
        twin.git("switch", "-q", "main");
        twin.git("merge", "-q", "--ff-only", "evil");
      },
    ],
    [
      "by a criss-cross",
      (twin) => {
        twin.git("switch", "-q", "-c", "pr", old);
        twin.write("docs/hint.md", "x\n");
        twin.commit("Hint");
        const hint = twin.git("rev-parse", "HEAD").trim();
        twin.git("switch", "-q", "main");
        const main = twin.git("rev-parse", "HEAD").trim();
        twin.git("merge", "-q", "--no-ff", "-m", "Merge the hint", "pr");
        twin.git("switch", "-q", "-c", "evil", hint);
        twin.git("merge", "-q", "-s", "ours", "-m", "Nothing to see", main);
        twin.write("docs/more.md", "x\n");
        twin.commit("More");
        twin.git("switch", "-q", "main");
        twin.git("merge", "-q", "-s", "recursive", "-X", "theirs", "--no-ff", "-m", "Merge more", "evil");
        twin.git("read-tree", "-u", "--reset", "evil");
        twin.git("commit", "-q", "--amend", "-m", "Merge more");
      },
    ],
  ])("%s", async (_, work) => {
    using twin = ready.copy();
    work(twin);
    expect(await verdicts(twin)).toContain(RECORD);
    expect(await blocking(twin, LATER)).toContain(RECORD);
  });

  it("and what they say brings back is carried out again", async () => {
    using twin = ready.copy();
    bringBack(twin);
    twin.commit("Squashed");
    const { refusals } = await reconcileHere(twin, LATER);
    const line = refusals.find(({ message }) => message.startsWith("pki/registry.yaml"))?.message ?? "";
    const command = /Bring it back: git (.+)$/.exec(line)?.[1] ?? "";
    twin.git(...command.split(" "));
    const { access, refusals: left } = await reconcileHere(twin, LATER);
    expect(left).toEqual([]);
    expect(access.map(({ client }) => client)).toContain("bob");
    twin.commit("Settled");
    expect(await verdicts(twin)).toEqual([]);
  });
});

describe("a merge that brings state of its own", () => {
  it("is doubted, for the registry as carried out and for holds, until they are as before", async () => {
    using twin = ready.copy();
    twin.git("switch", "-q", "-c", "side");
    const { carol: _, ...without } = DEMOTED;
    await carryOut(twin, { ...without, carol: "{ groups: [guests] }" });
    twin.git("switch", "-q", "main");
    twin.git("merge", "-q", "--no-ff", "side");
    const found = await verdicts(twin);
    expect(found).toContain(RECORD);
    expect(found.some((line) => line.startsWith("StateDoubtful pki/held/"))).toBe(true);
  });

  it("is believed where reconcile ran in it, which signed a CRL", async () => {
    using twin = ready.copy();
    twin.git("switch", "-q", "-c", "side");
    await carryOut(twin, { ...DEMOTED, erin: "{ groups: [guests] }" });
    twin.git("switch", "-q", "main");
    twin.git("merge", "-q", "--no-ff", "--no-commit", "side");
    const { alice: _, ...without } = { ...DEMOTED, erin: "{ groups: [guests] }" };
    twin.write("clients.yaml", clientsYaml(without));
    await reconcileHere(twin, "2026-11-22T12:00:01Z");
    twin.git("add", "--all");
    twin.git("commit", "-q", "--no-edit");
    expect((await reconcileHere(twin, "2026-11-22T12:00:02Z")).refusals).toEqual([]);
  });

  it("is believed also where both sides only moved people between groups, and reconcile settled it as docs say", async () => {
    using twin = ready.copy();
    twin.git("switch", "-q", "-c", "side");
    await carryOut(twin, { ...DEMOTED, alice: "{ groups: [staff, guests] }" });
    twin.git("switch", "-q", "main");
    await carryOut(twin, { ...DEMOTED, carol: "{ groups: [staff], suspended: true }" });
    try {
      twin.git("merge", "-q", "side");
    } catch {
      // pki/registry.yaml never merges line by line
    }
    expect((await reconcileHere(twin, "2026-11-22T12:00:01Z")).changes.map(({ kind }) => kind)).toContain("crl");
    expect((await reconcileHere(twin, "2026-11-22T12:00:02Z")).changes).toEqual([]);
    twin.git("add", "--all");
    twin.git("commit", "-q", "--no-edit");
    expect(await verdicts(twin)).toEqual([]);
    expect(await blocking(twin, LATER)).toEqual([]);
  });
});

it("a main that went forward to a branch that merged it is doubted, and carried out again once that is brought back", async () => {
  using twin = ready.copy();
  twin.git("switch", "-q", "-c", "fox", old);
  twin.write("docs/hint.md", "x\n");
  twin.commit("Hint");
  twin.git("merge", "-q", "--no-edit", "main");
  twin.git("switch", "-q", "main");
  twin.git("merge", "-q", "--ff-only", "fox");
  expect(await verdicts(twin)).toContain(RECORD);
  const { refusals } = await reconcileHere(twin, LATER);
  for (const { message } of refusals)
    twin.git(...(/Bring it back: git (.+)$/.exec(message)?.[1] ?? "status").split(" "));
  await reconcileHere(twin, "2026-11-22T12:00:01Z");
  twin.commit("Carried out once more");
  expect(await verdicts(twin)).toEqual([]);
});

describe("what is no fault", () => {
  it("a suspension that is lifted and set again and again", async () => {
    using twin = ready.copy();
    for (const suspended of [false, true, false])
      await carryOut(twin, { ...DEMOTED, carol: `{ groups: [guests], suspended: ${suspended} }` });
    expect(await verdicts(twin)).toEqual([]);
    expect(await blocking(twin, LATER)).toEqual([]);
  });

  it("merges of branches that change clients.yaml, old ones too", async () => {
    using twin = ready.copy();
    twin.git("switch", "-q", "-c", "pr", old);
    twin.write("docs/hint.md", "x\n");
    twin.commit("Hint");
    twin.git("switch", "-q", "main");
    twin.git("merge", "-q", "--no-ff", "-m", "Merge the hint", "pr");
    expect(await verdicts(twin)).toEqual([]);
  });
});
