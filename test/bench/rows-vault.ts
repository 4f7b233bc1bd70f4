import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DIR } from "../../scripts/model/layout.ts";
import { installFilter } from "../../scripts/vault/install.ts";
import type { RowSpec } from "./index.ts";
import { type Measured, runPeer, runScript } from "./measure.ts";
import type { Figures } from "./row.ts";
import type { Workplace } from "./workplace.ts";

const KEYS = 2_000;
const ATTRIBUTES = fileURLToPath(new URL("../../.gitattributes", import.meta.url));

/** Sealing and opening many keys by git's filter, beside git-crypt's own, which is a process for each. */
export const VAULT_ROWS: readonly RowSpec[] = [
  {
    row: "vault-add",
    what: (size) => `git add of ${size(KEYS)} keys`,
    targets: [{ of: "ratio", at: "most", figure: 1 / 10 }],
    measure: async (workplace) => figures((await measured(workplace)).add),
  },
  {
    row: "vault-unlock",
    what: (size) => `unlock ${size(KEYS)} keys`,
    targets: [{ of: "ratio", at: "most", figure: 1 / 20 }],
    measure: async (workplace) => figures((await measured(workplace)).unlock),
  },
];

interface Pair {
  readonly ours: Measured;
  readonly peer: Measured;
}

interface Both {
  readonly add: Pair;
  readonly unlock: Pair;
}

/** Both rows come from one run; a minute is not spent twice. */
const runs = new WeakMap<Workplace, Promise<Both>>();

function measured(workplace: Workplace): Promise<Both> {
  const known = runs.get(workplace) ?? measure(workplace);
  runs.set(workplace, known);
  return known;
}

function figures({ ours, peer }: Pair): Figures {
  return {
    value: ours.seconds,
    unit: "s",
    peer: { what: "git-crypt", value: peer.seconds },
    peak: ours.peak,
    cpu: ours.cpu,
  };
}

async function measure(workplace: Workplace): Promise<Both> {
  const count = workplace.size(KEYS);
  const keys = Array.from({ length: count }, () => randomBytes(180).toString("base64"));
  const theirs = await prepare(workplace, keys);
  const ours = await prepare(workplace, keys);
  await installFilter(ours);
  const add = { ours: await git(ours, "add", "pki"), peer: await git(theirs, "add", "pki") };
  const keyFile = join(workplace.directory("key"), "exported.key");
  await at(ours, "git-crypt", "export-key", keyFile);
  const locked = await clone(workplace, ours);
  const lockedPeer = await clone(workplace, ours);
  return {
    add,
    unlock: {
      ours: await runScript("unlock", "--root", locked, "--key-file", keyFile),
      peer: await at(lockedPeer, "git-crypt", "unlock", keyFile),
    },
  };
}

async function prepare(workplace: Workplace, keys: readonly string[]): Promise<string> {
  const root = workplace.directory("vault");
  await git(root, "init", "--quiet", "--initial-branch=main");
  await at(root, "git-crypt", "init");
  copyFileSync(ATTRIBUTES, join(root, ".gitattributes"));
  await git(root, "add", ".gitattributes");
  mkdirSync(join(root, DIR.keys), { recursive: true });
  for (const [index, key] of keys.entries()) writeFileSync(join(root, DIR.keys, `${index}.key`), key);
  return root;
}

async function clone(workplace: Workplace, root: string): Promise<string> {
  const identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"];
  await git(root, ...identity, "commit", "--quiet", "--allow-empty", "-m", "Keys");
  const target = workplace.directory("clone");
  await git(root, "clone", "--quiet", "--no-local", ".", target);
  return target;
}

function git(root: string, ...args: readonly string[]): Promise<Measured> {
  return runPeer("git", ["-C", root, ...args]);
}

/** git-crypt knows no -C. */
function at(root: string, ...command: readonly string[]): Promise<Measured> {
  return runPeer("/bin/sh", ["-c", 'cd "$1" && shift && exec "$@"', "sh", root, ...command]);
}
