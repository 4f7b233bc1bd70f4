import { copyFileSync, existsSync, linkSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { runProgram } from "../system/programs.ts";
import { replaceFile, replaceWith } from "../system/replace.ts";
import { namedDrivers } from "./attributes.ts";
import { keysIn, readIfThere } from "./key-directory.ts";

/** Everything that the filter runs, from scripts/; nothing but Node's own modules beside. */
const PARTS = [
  "foreign.sh",
  "model/printable.ts",
  "model/problem.ts",
  "model/words.ts",
  "system/if-there.ts",
  "vault/blob-id.ts",
  "vault/convert.ts",
  "vault/filter.sh",
  "vault/filter.ts",
  "vault/key-directory.ts",
  "vault/key-file.ts",
  "vault/pkt-line.ts",
  "vault/seal.ts",
  "recent-node.sh",
] as const;

const SCRIPTS = fileURLToPath(new URL("../", import.meta.url));

/**
 * Copies git's filter under git's common directory and points git's configuration at it, where it is not so already.
 * git-crypt's unlock, lock and init rewrite the configuration. Returns the drivers that were set up or mended.
 */
export async function installFilter(root: string): Promise<string[]> {
  const target = copyFilter(root);
  if (isConfigured(root)) return [];
  const script = join(target, "filter.sh");
  const { exitCode, stdout, stderr } = await runProgram("/bin/sh", [script, "configure"], { cwd: root });
  if (exitCode !== 0 || !isConfigured(root)) {
    const file = join(commonDirectory(root), "config");
    throw new UserError(`git's filter cannot be set up: ${stderr.trim()}`, `look at ${file}`);
  }
  return stdout.split("\n").filter((line) => line !== "");
}

/** The copy alone: a branch that is checked out may bring scripts of its own. Returns its directory. */
export function copyFilter(root: string): string {
  const target = join(commonDirectory(root), "gatehouse", "filter");
  for (const part of PARTS) update(join(target, flat(part)), readFileSync(join(SCRIPTS, part)));
  update(join(target, "package.json"), Buffer.from('{ "type": "module" }\n'));
  provideNode(join(target, "node"), root);
  return target;
}

/** Whether git's configuration names our filter, and requires it, for every driver that is in use here. */
export function isConfigured(root: string): boolean {
  const common = commonDirectory(root);
  const keys = keysIn(common)
    .filter((name) => name !== "default")
    .map((name) => `git-crypt-${name}`);
  const text = readIfThere(join(common, "config"))?.toString("utf8") ?? null;
  if (text === null || !existsSync(join(common, "gatehouse", "filter", "filter.sh"))) return false;
  return ["git-crypt", ...keys, ...namedDrivers(root)].every((driver) => isOurs(text, driver));
}

/**
 * Read as text, for this is asked at every command and git would take 5 ms: what git itself wrote looks like this,
 * and for anything else filter.sh asks git.
 */
function isOurs(config: string, driver: string): boolean {
  const sections = config.split(/^(?=\[)/m).filter((part) => part.startsWith(`[filter "${driver}"]\n`));
  const [section] = sections;
  if (section === undefined || sections.length > 1) return false;
  const values = (name: string) =>
    [...section.matchAll(new RegExp(`^\\t${name} = (.*)$`, "gm"))].map(([, value]) => value);
  const wanted = `/bin/sh \\"$(git rev-parse --git-common-dir)/gatehouse/filter/filter.sh\\" process ${driver}`;
  return values("process").join("\n") === wanted && values("required").join("\n") === "true";
}

/** scripts/vault/x.ts → vault/x.ts; the launcher and what it reads lie at the top. */
function flat(part: string): string {
  return part.endsWith(".sh") ? part.replace(/^.*\//, "") : part;
}

/** git may start the filter at any instant. */
function update(file: string, bytes: Buffer): void {
  if (readIfThere(file)?.equals(bytes) !== true) replaceFile(file, bytes);
}

/**
 * The Node that runs now, by its absolute path. One that setup.sh put into the working tree is linked hard: a branch
 * that brings a node_modules of its own replaces the file there, and this one stays as it is.
 */
function provideNode(file: string, root: string): void {
  const node = realpathSync(process.execPath);
  const within = [root, join(SCRIPTS, "..")].some((top) => node.startsWith(`${realpathSync(top)}${sep}`));
  if (existsSync(file) && (within || realpathSync(file) === node)) return;
  replaceWith(file, (draft) => (within ? linkOrCopy(node, draft) : symlinkSync(node, draft)));
}

function linkOrCopy(node: string, file: string): void {
  try {
    linkSync(node, file);
  } catch {
    copyFileSync(node, file);
  }
}
