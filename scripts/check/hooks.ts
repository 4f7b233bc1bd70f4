import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Finding } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import type { Git } from "../system/git.ts";
import { type CheckInput, warn } from "./input.ts";

/** What a hook has in it that calls ours; scripts/setup-hooks.sh, which says what to put there, has the same. */
const CALLS_OURS = "gatehouse/code/.husky/";

/** Where wrappers have their steps: setup-hooks.sh looks there too. */
const ELSEWHERE = ["lefthook-local.yml", "lefthook.yml", ".pre-commit-config.yaml"] as const;

/** A pre-commit hook where git looks for it, and that it is ours. CI and HUSKY=0 do without, on purpose. */
export async function hooks({ git, root }: CheckInput): Promise<Finding[]> {
  const why = await whyUnguarded(git, root);
  if (why === null) return [];
  return [warn("Hooks", ".husky", `${why}: commits are not checked for keys`, "sh scripts/setup.sh")];
}

/** Why git calls no hook of ours before a commit; null where it does, or where HUSKY=0 says that it need not. */
export async function whyUnguarded(git: Git, root: string): Promise<string | null> {
  if (process.env["HUSKY"] === "0") return null;
  const told = (await git.raw(["rev-parse", "--git-path", "hooks"])).trimEnd();
  const hook = join(isAbsolute(told) ? told : join(root, told), "pre-commit");
  if (!isExecutable(hook)) return `git finds no pre-commit hook (${hook}${await whoSaysSo(git)})`;
  const files = [hook, `${hook}.legacy`, ...ELSEWHERE.map((name) => join(root, name))];
  if (!files.some(callsOurs)) return `git's pre-commit hook (${hook}${await whoSaysSo(git)}) does not call Gatehouse's`;
  const copy = join(commonDirectory(root), CALLS_OURS, "pre-commit");
  return existsSync(copy) ? null : `what git's pre-commit hook calls is not there (${copy})`;
}

/** Whose setting it is that git looks for hooks there: `, by global file:/home/alice/.gitconfig`. */
async function whoSaysSo(git: Git): Promise<string> {
  const asked = ["config", "--show-scope", "--show-origin", "--get", "core.hooksPath"];
  const [scope, origin] = (await git.ask(asked))?.split("\t") ?? [];
  return scope === undefined || origin === undefined ? "" : `, by ${scope} ${origin}`;
}

function callsOurs(file: string): boolean {
  return (
    statSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file, "utf8").includes(CALLS_OURS)
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
