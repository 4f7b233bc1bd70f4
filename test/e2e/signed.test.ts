import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preview } from "../../scripts/flows/preview.ts";
import { type Instant, parseInstant } from "../../scripts/model/time.ts";
import { makeRequest } from "./support/judges.ts";
import { clientsYaml, environment, type Repository } from "./support/repository.ts";
import {
  CAROL,
  CLIENTS,
  commitAs,
  head,
  type Keys,
  listed,
  mergeAs,
  SIGNED,
  SIGNERS,
  signedRepository,
} from "./support/signing.ts";

const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
let keys: Keys;
beforeAll(async () => {
  ({ repository: ready, keys } = await signedRepository());
});
afterAll(() => ready?.[Symbol.dispose]());

function instant(text: string): Instant {
  const at = parseInstant(text);
  if (at === null) throw new Error(text);
  return at;
}

const addCarol = (twin: Repository) => twin.write("clients.yaml", clientsYaml(CAROL, SIGNED));
const planAt = (twin: Repository, head: string | null = null, base: string | null = null, now = LATER) =>
  preview({ root: twin.root, now: instant(now), checkClock: false, allowLosses: null, head, base });
/** What plan says is unsigned. */
async function unsigned(twin: Repository, ...refs: (string | null)[]): Promise<string[]> {
  const { plan } = await planAt(twin, ...refs);
  return plan.refusals.filter(({ code }) => code === "Unsigned").map(({ message }) => message);
}
/** Nothing may be carried out: not even what was carried out last. */
const nothingGoesOn = async (twin: Repository) => expect((await planAt(twin)).errand).toBeNull();
const reconcile = (twin: Repository, ...argv: string[]) => twin.run("reconcile", "--json", "--now", LATER, ...argv);

/** A commit of state by CI, as `reconcile --commit` makes it where CI's key is set up. */
function setUpCi(twin: Repository, key = keys.ci): void {
  twin.git("config", "gpg.format", "ssh");
  twin.git("config", "user.signingkey", key.file);
  twin.git("config", "commit.gpgsign", "true");
}

describe("limits.signed carries out", () => {
  it("what somebody signed who is listed, and CI's commit of it, from then on", async () => {
    using twin = ready.copy();
    addCarol(twin);
    commitAs(twin, keys.ann, "Add carol");
    expect(await unsigned(twin)).toEqual([]);
    setUpCi(twin);
    expect(await reconcile(twin, "--commit")).toMatchObject({ code: 0 });
    expect(twin.git("status", "--porcelain")).toBe("");
    commitAs(twin, keys.ann, "Read me");
    expect((await planAt(twin)).plan).toMatchObject({ changes: [], refusals: [] });
  });

  it("what is signed by a list that an editor has written in UTF-16", async () => {
    using twin = ready.copy();
    twin.write(SIGNERS, Buffer.from(`\ufeff${twin.read(SIGNERS).replaceAll("\n", "\r\n")}`, "utf16le"));
    commitAs(twin, keys.ann, "Write the list anew");
    addCarol(twin);
    commitAs(twin, keys.ann, "Add carol");
    expect(await unsigned(twin)).toEqual([]);
  });

  it("a merge that is signed, whoever signed what it merges", async () => {
    using twin = ready.copy();
    twin.git("checkout", "--quiet", "-b", "change");
    addCarol(twin);
    commitAs(twin, keys.mallory, "Add carol");
    commitAs(twin, null, "More");
    twin.git("checkout", "--quiet", "main");
    mergeAs(twin, keys.ann, "change");
    expect(await unsigned(twin)).toEqual([]);
  });

  it("changes by somebody whom an earlier commit listed", async () => {
    using twin = ready.copy();
    twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben));
    commitAs(twin, keys.ann, "List ben");
    addCarol(twin);
    commitAs(twin, keys.ben, "Add carol");
    expect(await unsigned(twin)).toEqual([]);
  });

  it("no unsigned commit before it was carried out itself, and none after it was switched off", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    commitAs(twin, keys.ann, "Switch signatures off");
    setUpCi(twin);
    expect(await reconcile(twin, "--commit")).toMatchObject({ code: 0 });
    twin.git("config", "--unset", "commit.gpgsign");
    addCarol(twin);
    commitAs(twin, null, "Switch it on again, and add carol");
    expect(await unsigned(twin)).toEqual([]);
    expect((await reconcile(twin, "--commit")).code).toBe(0);
    const next = commitAs(twin, null, "Too late");
    expect(await unsigned(twin)).toEqual([expect.stringContaining(next.slice(0, 12))]);
  });
});

describe("limits.signed refuses", () => {
  it.each<[what: string, work: (twin: Repository) => void, why: string]>([
    ["no signature", (twin) => commitAs(twin, null, "Add carol"), 'Tester, "Add carol") is not signed'],
    ["a key that nobody listed", (twin) => commitAs(twin, keys.mallory, "Add carol"), "did not list before it"],
    [
      "somebody whom only the same commit lists",
      (twin) => {
        twin.write(SIGNERS, twin.read(SIGNERS) + listed("mallory@example.com", keys.mallory));
        commitAs(twin, keys.mallory, "List me");
      },
      "did not list before it",
    ],
    [
      "CI's key where more than state changes",
      (twin) => commitAs(twin, keys.ci, "Add carol"),
      "is signed with CI's key, which may sign nothing but state, and changes clients.yaml",
    ],
    [
      "CI's key on a merge",
      (twin) => {
        twin.git("checkout", "--quiet", "-b", "side");
        commitAs(twin, keys.ann, "Side");
        twin.git("checkout", "--quiet", "main");
        mergeAs(twin, keys.ci, "side");
      },
      "is a merge signed with CI's key",
    ],
    [
      "a merge without a signature, though all that it merges is signed",
      (twin) => {
        twin.git("checkout", "--quiet", "-b", "side");
        commitAs(twin, keys.ann, "Side");
        twin.git("checkout", "--quiet", "main");
        mergeAs(twin, null, "side");
      },
      '"Merge side") is not signed',
    ],
    [
      "somebody who was taken off the list",
      (twin) => {
        twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben));
        commitAs(twin, keys.ann, "List ben");
        twin.write(SIGNERS, twin.read(SIGNERS).replace(/^ben.*\n/m, ""));
        commitAs(twin, keys.ann, "Ben leaves");
        commitAs(twin, keys.ben, "I am still here");
      },
      "did not list before it",
    ],
    [
      "a key listed for other namespaces",
      (twin) => {
        twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben, 'namespaces="file"'));
        commitAs(twin, keys.ann, "List ben for files");
        commitAs(twin, keys.ben, "No file");
      },
      "lists for other namespaces than git",
    ],
    [
      "a commit that was changed after it was signed",
      (twin) => {
        commitAs(twin, keys.ann, "Add carol");
        const changed = twin.git("cat-file", "commit", "HEAD").replace("Add carol", "Add Carol");
        twin.write("object", changed);
        twin.git("reset", "--quiet", "--hard", twin.git("hash-object", "-t", "commit", "-w", "object").trim());
      },
      "has a signature that does not verify",
    ],
    [
      "OpenPGP, though gpg here believes everything",
      (twin) => {
        commitAs(twin, null, "Add carol");
        const [head = "", message = ""] = twin.git("cat-file", "commit", "HEAD").split(/\n\n(.*)/s);
        const signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----";
        twin.write("object", `${head}\n${signature}\n\n${message}`);
        twin.git("reset", "--quiet", "--hard", twin.git("hash-object", "-t", "commit", "-w", "object").trim());
        const lines = [
          "NEWSIG",
          "GOODSIG AB12 Ann",
          "VALIDSIG AB12 2026-11-21 1 0 4 0 1 8 00 AB12",
          "TRUST_ULTIMATE 0",
        ];
        writeFileSync(
          twin.beside("gpg"),
          `#!/bin/sh\nprintf '[GNUPG:] %s\\n' ${lines.map((one) => `'${one}'`).join(" ")}\n`,
        );
        chmodSync(twin.beside("gpg"), 0o755);
        twin.git("config", "gpg.program", twin.beside("gpg"));
        expect(twin.git("log", "-1", "--format=%G?")).toBe("G\n");
      },
      "only ssh signatures count",
    ],
  ])("%s", async (_, work, why) => {
    using twin = ready.copy();
    addCarol(twin);
    work(twin);
    const said = await unsigned(twin);
    expect(said).toEqual([expect.stringContaining(why)]);
    expect(said[0]).toContain(head(twin).slice(0, 12));
  });

  it("what its time has not come for, or is over, also where the commit is dated back", async () => {
    using twin = ready.copy();
    const times = 'namespaces="git",valid-after="20260101Z",valid-before="20260701Z"';
    twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben, times));
    commitAs(twin, keys.ann, "Ben, for half a year", "2026-05-01T12:00:00Z");
    const commits = [
      commitAs(twin, keys.ben, "In time", "2026-06-01T12:00:00Z"),
      commitAs(twin, keys.ben, "Too late", "2026-08-01T12:00:00Z"),
      commitAs(twin, keys.ben, "Dated back", "2026-06-02T12:00:00Z"),
      commitAs(twin, keys.ben, "Too early", "2025-12-01T12:00:00Z"),
    ];
    const said = await unsigned(twin);
    expect(said.map((message) => commits.findIndex((id) => message.startsWith(id.slice(0, 12))))).toEqual([1, 2, 3]);
    expect(said[0]).toContain("lists for another time");
    expect(said[1]).toContain("claims to be of 2026-06-02T12:00:00Z");
  });

  it("edits that are in no commit, and says what to type", async () => {
    using twin = ready.copy();
    addCarol(twin);
    makeRequest(twin, "dora");
    const said = await unsigned(twin);
    expect(said).toEqual([
      expect.stringContaining("clients.yaml has changes that are in no commit"),
      expect.stringContaining("git add -- pki/reqs/dora.req && git commit -S"),
    ]);
    expect((await reconcile(twin)).code).toBe(1);
  });

  it("in plan --head what is refused on main, without checking it out", async () => {
    using twin = ready.copy();
    twin.git("checkout", "--quiet", "-b", "change");
    addCarol(twin);
    const id = commitAs(twin, null, "Add carol");
    twin.git("checkout", "--quiet", "main");
    expect(await unsigned(twin, "change")).toEqual([expect.stringContaining(id.slice(0, 12))]);
    // A merge that somebody signs will vouch for it; a push would make it main as it is.
    expect(await unsigned(twin, "change", "main")).toEqual([]);
    const pushed = {
      root: twin.root,
      now: instant(LATER),
      checkClock: false,
      allowLosses: null,
      asMain: true,
    } as const;
    expect((await preview({ ...pushed, head: "change", base: "main" })).plan.refusals).toHaveLength(1);
    expect(await unsigned(twin)).toEqual([]);
  });

  it("to switch it on while nobody is listed", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    commitAs(twin, keys.ann, "Switch signatures off");
    await reconcile(twin);
    commitAs(twin, keys.ci, "State");
    twin.write(SIGNERS, listed("state@gatehouse", keys.ci));
    twin.write("clients.yaml", clientsYaml(CLIENTS, SIGNED));
    expect(await unsigned(twin)).toEqual([expect.stringContaining("lists nobody whose signature would count")]);
  });
});

describe("whoever can push without a key that is listed cannot", () => {
  /** mallory's own state: carried out by her, with carol in it. */
  function forgeState(twin: Repository): void {
    addCarol(twin);
    twin.write("pki/registry.yaml", twin.read("pki/registry.yaml").replace('"signed":true', '"signed":false'));
  }

  it.each<[what: string, work: (twin: Repository) => void, why: readonly string[]]>([
    [
      "switch it off in what was carried out",
      (twin) => {
        forgeState(twin);
        commitAs(twin, null, "Off");
        commitAs(twin, null, "And on with it");
      },
      ['"Off") is not signed'],
    ],
    [
      "list a key of his own for CI, and vouch for himself",
      (twin) => {
        forgeState(twin);
        twin.write(SIGNERS, twin.read(SIGNERS) + listed("state@gatehouse", keys.mallory));
        commitAs(twin, null, "List me");
        twin.write("pki/registry.yaml", twin.read("pki/registry.yaml").replace('"lose":25', '"lose":26'));
        commitAs(twin, keys.mallory, "State");
      },
      ['"List me") is not signed'],
    ],
    [
      "take the list away",
      (twin) => {
        forgeState(twin);
        twin.git("rm", "--quiet", SIGNERS);
        commitAs(twin, null, "Off");
        commitAs(twin, null, "And on with it");
      },
      ['"Off") is not signed'],
    ],
    [
      "merge main into the time before it was switched on",
      (twin) => {
        twin.git("checkout", "--quiet", "--detach", "HEAD~1");
        mergeAs(twin, null, "main");
        addCarol(twin);
        commitAs(twin, null, "Add carol");
      },
      ['"Make the authority") carried a change out, and is not among the first parents', '"Add carol") is not signed'],
    ],
    [
      "merge main into a history of his own",
      (twin) => {
        twin.git("checkout", "--quiet", "--orphan", "mine");
        forgeState(twin);
        twin.write(SIGNERS, listed("ben@example.com", keys.mallory) + listed("state@gatehouse", keys.mallory));
        commitAs(twin, keys.mallory, "Begin");
        mergeAs(twin, keys.mallory, "main", "--strategy=ours", "--allow-unrelated-histories");
        twin.write("pki/registry.yaml", twin.read("pki/registry.yaml").replace('"lose":25', '"lose":26'));
        commitAs(twin, keys.mallory, "State");
      },
      ['"Make the authority") carried a change out, and is not among the first parents'],
    ],
  ])("%s", async (_, work, why) => {
    using twin = ready.copy();
    work(twin);
    expect(await unsigned(twin)).toEqual(why.map((words) => expect.stringContaining(words)));
    await nothingGoesOn(twin);
  });

  it("come back by merging main into the time when he was listed", async () => {
    using twin = ready.copy();
    twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben));
    const then = commitAs(twin, keys.ann, "List ben");
    twin.write(SIGNERS, twin.read(SIGNERS).replace(/^ben.*\n/m, ""));
    commitAs(twin, keys.ann, "Ben leaves");
    twin.git("checkout", "--quiet", "--detach", then);
    mergeAs(twin, keys.ben, "main");
    expect(await unsigned(twin)).toEqual([expect.stringContaining("does not list its own signer")]);
  });

  it("have a request swapped while the rest goes on", async () => {
    using twin = ready.copy();
    makeRequest(twin, "dora");
    const withDora = clientsYaml({ ...CLIENTS, dora: "{ groups: [guests], csr: true }" }, SIGNED);
    twin.write("clients.yaml", withDora);
    commitAs(twin, keys.ann, "Add dora");
    await reconcile(twin);
    commitAs(twin, keys.ci, "Issue dora");
    makeRequest(twin, "dora");
    commitAs(twin, null, "A new key for dora");
    await nothingGoesOn(twin);
    const before = twin.fingerprint("pki");
    expect((await reconcile(twin)).code).toBe(1);
    expect(twin.fingerprint("pki")).toEqual(before);
  });

  it("be helped by this clone's configuration, its grafts or replaced objects", async () => {
    using twin = ready.copy();
    const good = head(twin);
    addCarol(twin);
    const bad = commitAs(twin, keys.mallory, "Add carol");
    for (const name of ["gpg.ssh.program", "gpg.program", "gpg.openpgp.program", "gpg.x509.program"])
      twin.git("config", name, "/bin/true");
    writeFileSync(twin.beside("mine"), listed("mallory@example.com", keys.mallory));
    twin.git("config", "gpg.ssh.allowedSignersFile", twin.beside("mine"));
    expect(await unsigned(twin)).toHaveLength(1);
    twin.git("replace", bad, good);
    expect(await unsigned(twin)).toHaveLength(1);
  });
});

describe("what was refused", () => {
  it("is mended by the merge that the refusal says to make", async () => {
    using twin = ready.copy();
    addCarol(twin);
    const bad = commitAs(twin, null, "Add carol");
    const [said = ""] = await unsigned(twin);
    const [, from = "", to = ""] = /git switch --detach (\w+) && git merge --no-ff -S (\w+)/.exec(said) ?? [];
    twin.git("switch", "--quiet", "--detach", from);
    mergeAs(twin, keys.ann, to);
    expect(bad.startsWith(to)).toBe(true);
    expect(await unsigned(twin)).toEqual([]);
    expect((await reconcile(twin)).code).toBe(0);
  });

  it("stays refused under what CI signs meanwhile, and what was carried out last goes on", async () => {
    using twin = ready.copy();
    addCarol(twin);
    const bad = commitAs(twin, null, "Add carol");
    setUpCi(twin);
    const later = "2026-12-15T12:00:00Z";
    expect(await twin.run("reconcile", "--commit", "--now", later)).toMatchObject({ code: 1 });
    expect(twin.git("log", "-1", "--format=%s")).toContain("CRL");
    const { refusals } = (await planAt(twin, null, null, later)).plan;
    expect(refusals.map(({ message }) => message)).toEqual([expect.stringContaining(bad.slice(0, 12))]);
    expect(twin.list("pki/issued")).not.toContain("carol.crt");
  });
});

describe("reconcile --commit", () => {
  it("signs nothing where git would not sign its commit", async () => {
    using twin = ready.copy();
    addCarol(twin);
    commitAs(twin, keys.ann, "Add carol");
    const before = twin.fingerprint("pki");
    const { code, stderr } = await reconcile(twin, "--commit");
    expect(code).toBe(1);
    expect(stderr).toContain("git config commit.gpgsign true");
    expect(twin.fingerprint("pki")).toEqual(before);
  });

  it("takes a commit back that is signed by a key nobody listed", async () => {
    using twin = ready.copy();
    addCarol(twin);
    const before = commitAs(twin, keys.ann, "Add carol");
    setUpCi(twin, keys.mallory);
    const { code, stderr } = await reconcile(twin, "--commit");
    expect(code).toBe(1);
    expect(stderr).toContain("state@gatehouse");
    expect(head(twin)).toBe(before);
    setUpCi(twin);
    expect(await reconcile(twin, "--commit")).toMatchObject({ code: 0 });
  });
});

it("a clone that is too shallow to judge says so", async () => {
  using twin = ready.copy();
  const clone = twin.beside("shallow");
  execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${twin.root}`, clone], { env: environment() });
  const options = { now: instant(LATER), checkClock: false, allowLosses: null, head: null, base: null };
  const { plan } = await preview({ root: clone, ...options });
  expect(plan.refusals).toEqual([{ code: "Unsigned", message: expect.stringContaining("--unshallow") }]);
});
