import { existsSync } from "node:fs";
import { join } from "node:path";
import { guardStaged } from "../guard/index.ts";
import * as paths from "../model/layout.ts";
import { type Finding, UserError } from "../model/problem.ts";
import { checkAttributes } from "../system/attributes.ts";
import { commonDirectory } from "../system/checkout.ts";
import { now as clock } from "../system/clock.ts";
import { isConfigured } from "../vault/install.ts";
import { keyOfDriver } from "../vault/key-directory.ts";
import { repositoryKeyFile } from "../vault/key-source.ts";
import { block, type CheckInput, warn } from "./input.ts";

/** With `text` unset, `eol` does nothing; unspecified is not enough, for then core.autocrlf decides. */
const ATTRIBUTES = ["filter", "text", "working-tree-encoding", "ident"] as const;

/** Keys that may come at any time, and a file of the rest. */
const SAMPLES = [paths.path.key("x"), `${paths.DIR.private}/a/b/x.pem`, paths.CRL_FILE] as const;

/** git's own answer for samples and for every key that is there: any rule, nested file or .git/info/attributes counts. */
export async function attributes({ git, entries }: CheckInput): Promise<Finding[]> {
  const keys = entries.filter(({ path, kind }) => kind === "file" && paths.isPrivate(path)).map(({ path }) => path);
  const asked = [...SAMPLES, ...keys];
  const wrong = new Map<string, string>();
  for (const [path, values] of await checkAttributes(git, "working tree", ATTRIBUTES, asked)) {
    const at = ATTRIBUTES.findIndex((name, index) => !isRight(path, name, values[index] ?? ""));
    if (at >= 0) wrong.set(path, `${ATTRIBUTES[at]} is ${values[at]}`);
  }
  const sample = SAMPLES.find((path) => wrong.has(path));
  if (sample !== undefined) {
    const message = `its rules do not protect ${sample}: ${wrong.get(sample)}`;
    return [block("Attributes", ".gitattributes", message, paths.ADD_ATTRIBUTE_RULES)];
  }
  return [...wrong].map(([path, why]) => {
    const message = `another rule takes git-crypt's place: ${why}; take it out of the file that sets it`;
    return block("Attributes", path, message, `grep -sn . .git/info/attributes $(git ls-files -co '*.gitattributes')`);
  });
}

function isRight(path: string, name: string, value: string): boolean {
  if (name === "filter" && paths.isPrivate(path)) return keyOfDriver(value) !== null;
  return value === "unset" || (value === "unspecified" && name !== "text");
}

/**
 * What git does with keys on their way in. Without a filter it adds them as they are; in a locked clone there are none
 * yet, so that is a warning there. git-crypt's own filter works, and is what is left after its lock and unlock.
 */
export async function filter({ git, root, vault, state }: CheckInput): Promise<Finding[]> {
  const own = existsSync(repositoryKeyFile(commonDirectory(root)));
  if (own && !vault.treeUnlocked) {
    const message = "git-crypt is unlocked, but the keys in the tree are ciphertext: git would seal them twice";
    return [block("HalfUnlocked", paths.DIR.private, message, "npm run unlock")];
  }
  if (isConfigured(root) || (vault.state === "absent" && state.authority === null)) return [];
  const value = async (name: string) => (await git.ask(["config", "--get", `filter.git-crypt.${name}`]))?.trim() ?? "";
  const [clean, smudge, process, required] = await Promise.all(["clean", "smudge", "process", "required"].map(value));
  const works = process !== "" || (clean !== "" && smudge !== "");
  const holds = works && /^(?:true|yes|on|1)$/i.test(required ?? "");
  const level = holds || !vault.treeUnlocked ? warn : block;
  return [level("Filter", ".git/config", `git's filter for keys ${whatIsWrong(works, holds)}`, setUpFilter(root))];
}

function whatIsWrong(works: boolean, holds: boolean): string {
  if (holds) return "is not Gatehouse's for every key: git-crypt's is slow, and fails in linked worktrees";
  if (works) return "is not required: where it fails, git adds keys in the clear";
  return "is not set: git adds keys in the clear";
}

function setUpFilter(root: string): string {
  const copied = existsSync(join(commonDirectory(root), "gatehouse", "filter", "filter.sh"));
  return copied ? 'sh "$(git rev-parse --git-common-dir)/gatehouse/filter/filter.sh" configure' : "sh scripts/setup.sh";
}

/** The guard over the index. What it cannot decide blocks. */
export async function guarded({ root }: CheckInput): Promise<Finding[]> {
  try {
    // Rules are attributes()'s own question, which also knows of keys that are not in git yet.
    return await guardStaged(root, clock(), "leave rules");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [block("GuardUndecided", ".git/index", error.message, error.hints[0]?.replace(/^run: /, "") ?? null)];
  }
}
