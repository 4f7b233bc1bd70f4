import { chmodSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { preview } from "../../../scripts/flows/preview.ts";
import { type Instant, parseInstant } from "../../../scripts/model/time.ts";
import { clientsYaml, type Repository } from "./repository.ts";
import { CAROL, commitAs, type Keys, listed, mergeAs, SIGNED, SIGNERS } from "./signing.ts";

export const LATER = "2026-11-22T12:00:00Z";

export function instant(text: string): Instant {
  const at = parseInstant(text);
  if (at === null) throw new Error(text);
  return at;
}

export const addCarol = (twin: Repository) => twin.write("clients.yaml", clientsYaml(CAROL, SIGNED));
export const planAt = (twin: Repository, head: string | null = null, base: string | null = null, now = LATER) =>
  preview({ root: twin.root, now: instant(now), checkClock: false, allowLosses: null, head, base });
/** The same of a push, which makes a commit main as it is. */
export const pushed = (twin: Repository, head: string, base: string) =>
  preview({ root: twin.root, now: instant(LATER), checkClock: false, allowLosses: null, asMain: true, head, base });
export const reconcile = (twin: Repository, ...argv: string[]) =>
  twin.run("reconcile", "--json", "--now", LATER, ...argv);

/** A commit of state by CI, as `reconcile --commit` makes it where CI's key is set up. */
export function setUpCi(twin: Repository, key: Keys["ci"]): void {
  twin.git("config", "gpg.format", "ssh");
  twin.git("config", "user.signingkey", key.file);
  twin.git("config", "commit.gpgsign", "true");
}

/** What plan says is unsigned. */
export async function unsigned(twin: Repository, ...refs: (string | null)[]): Promise<string[]> {
  const { plan } = await planAt(twin, ...refs);
  return plan.refusals.filter(({ code }) => code === "Unsigned").map(({ message }) => message);
}

/** Nothing may be carried out: not even what was carried out last. */
export const nothingGoesOn = async (twin: Repository) => expect((await planAt(twin)).applicable).toBeNull();

/** mallory's own state: carried out by her, with carol in it. */
function forgeState(twin: Repository): void {
  addCarol(twin);
  twin.write("pki/registry.yaml", twin.read("pki/registry.yaml").replace('"signed":true', '"signed":false'));
}

/** What is signed as it should be. */
export const ACCEPTED: readonly (readonly [what: string, work: (twin: Repository, keys: Keys) => void])[] = [
  [
    "what is signed by a list that an editor has written in UTF-16",
    (twin, keys) => {
      twin.write(SIGNERS, Buffer.from(`\ufeff${twin.read(SIGNERS).replaceAll("\n", "\r\n")}`, "utf16le"));
      commitAs(twin, keys.ann, "Write the list anew");
      addCarol(twin);
      commitAs(twin, keys.ann, "Add carol");
    },
  ],
  [
    "a merge that is signed, whoever signed what it merges",
    (twin, keys) => {
      twin.git("checkout", "--quiet", "-b", "change");
      addCarol(twin);
      commitAs(twin, keys.mallory, "Add carol");
      commitAs(twin, null, "More");
      twin.git("checkout", "--quiet", "main");
      mergeAs(twin, keys.ann, "change");
    },
  ],
  [
    "changes by somebody whom an earlier commit listed",
    (twin, keys) => {
      twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben));
      commitAs(twin, keys.ann, "List ben");
      addCarol(twin);
      commitAs(twin, keys.ben, "Add carol");
    },
  ],
];

/** What is not signed as it should be, and what is said of it. */
export const REFUSED: readonly (readonly [what: string, work: (twin: Repository, keys: Keys) => void, why: string])[] =
  [
    ["no signature", (twin) => commitAs(twin, null, "Add carol"), 'Tester, "Add carol") is not signed'],
    ["a key that nobody listed", (twin, keys) => commitAs(twin, keys.mallory, "Add carol"), "did not list before it"],
    [
      "somebody whom only the same commit lists",
      (twin, keys) => {
        twin.write(SIGNERS, twin.read(SIGNERS) + listed("mallory@example.com", keys.mallory));
        commitAs(twin, keys.mallory, "List me");
      },
      "did not list before it",
    ],
    [
      "CI's key where more than state changes",
      (twin, keys) => commitAs(twin, keys.ci, "Add carol"),
      "is signed with CI's key, which may sign nothing but state, and changes clients.yaml",
    ],
    [
      "CI's key on a merge",
      (twin, keys) => {
        twin.git("checkout", "--quiet", "-b", "side");
        commitAs(twin, keys.ann, "Side");
        twin.git("checkout", "--quiet", "main");
        mergeAs(twin, keys.ci, "side");
      },
      "is a merge signed with CI's key",
    ],
    [
      "a merge without a signature, though all that it merges is signed",
      (twin, keys) => {
        twin.git("checkout", "--quiet", "-b", "side");
        commitAs(twin, keys.ann, "Side");
        twin.git("checkout", "--quiet", "main");
        mergeAs(twin, null, "side");
      },
      '"Merge side") is not signed',
    ],
    [
      "somebody who was taken off the list",
      (twin, keys) => {
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
      (twin, keys) => {
        twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben, 'namespaces="file"'));
        commitAs(twin, keys.ann, "List ben for files");
        commitAs(twin, keys.ben, "No file");
      },
      "lists for other namespaces than git",
    ],
    [
      "a commit that was changed after it was signed",
      (twin, keys) => {
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
  ];

/** What somebody tries who can push, and whose key nobody lists. */
export const EVASIONS: readonly (readonly [
  what: string,
  work: (twin: Repository, keys: Keys) => void,
  why: readonly string[],
])[] = [
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
    (twin, keys) => {
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
    (twin, keys) => {
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
];
