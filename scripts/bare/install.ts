import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { type Git, hasRemote, openGit } from "../system/git.ts";
import { headOf, nameOfBranch, placeOf } from "../system/head.ts";
import { replaceFile } from "../system/replace.ts";
import { installCode } from "./code.ts";
import { keyFiles, mainOf, placesIn } from "./places.ts";

const HOOKS = ["pre-receive", "post-receive"] as const;
const SOURCES = fileURLToPath(new URL("../deploy/hooks/", import.meta.url));
const OURS = /^# Written by Gatehouse /m;

/**
 * Makes a bare repository whose hooks check pushes and carry main out, or installs them into one that is there. The
 * second time it brings hooks and code up to date. Throws UserError, and changes nothing, where DIR is something else
 * or has hooks of somebody else's.
 */
export async function createBare(root: string, directory: string, say: (text: string) => void): Promise<void> {
  const bare = resolve(directory);
  const isNew = !isThere(bare);
  if (!isNew) await refuseForeign(bare);
  const branch = await branchOf(openGit(root));
  if (isNew) {
    mkdirSync(dirname(bare), { recursive: true });
    await openGit(root).raw(["init", "--quiet", "--bare", "--template=", `--initial-branch=${branch}`, "--", bare]);
  }
  const git = openGit(bare);
  // Until there is any branch, the first one pushed decides nothing: HEAD does.
  if ((await git.raw(["rev-list", "--max-count=1", "--all"])) === "")
    await git.raw(["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  // Who moved main when; and no object that git itself would not have made.
  await git.raw(["config", "core.logAllRefUpdates", "true"]);
  await git.raw(["config", "receive.fsckObjects", "true"]);
  const { home, run } = placesIn(bare);
  mkdirSync(home, { recursive: true });
  identify(bare);
  const changed = installCode(bare);
  mkdirSync(join(bare, "hooks"), { recursive: true });
  for (const hook of HOOKS) putScript(hook, join(bare, "hooks", hook));
  if ((await hooksElsewhere(git, bare)) !== null) await git.raw(["config", "--replace-all", ...HERE]);
  putScript("run", run);
  say(
    isNew ? `Made ${bare}.` : `${bare} ${changed ? "has the hooks and code of this clone now" : "is as it should be"}.`,
  );
  for (const line of await next(root, bare)) say(line);
}

/** Whether there is a bare repository. Throws UserError where there is anything else. */
function isThere(bare: string): boolean {
  const found = statSync(bare, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isDirectory()) {
    if (readdirSync(bare).length === 0) return false;
    if (["HEAD", "objects", "refs"].every((name) => existsSync(join(bare, name)))) return true;
  }
  throw new UserError(
    `${bare} is not a bare repository; nothing was changed`,
    "name one, or a directory that is not there yet",
  );
}

async function refuseForeign(bare: string): Promise<void> {
  const git = openGit(bare);
  if ((await git.raw(["rev-parse", "--is-bare-repository"])).trim() !== "true")
    throw new UserError(`${bare} belongs to a checkout and is not bare; nothing was changed`);
  const { uid } = statSync(bare);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new UserError(
      `${bare} belongs to somebody else (user id ${uid}); nothing was changed`,
      "its hooks run as its owner: run this as that user, such as with sudo -u",
    );
  }
  const elsewhere = await hooksElsewhere(git, bare);
  if (elsewhere !== null) {
    throw new UserError(
      `git looks for hooks in ${elsewhere} (core.hooksPath), so that ours would not run; nothing was changed`,
      `have it look in the repository, and run this again: git -C ${shellWord(bare)} config --replace-all ${HERE.join(" ")}`,
      `who says so now: git -C ${shellWord(bare)} config --show-origin core.hooksPath`,
    );
  }
  for (const hook of HOOKS) {
    const file = join(bare, "hooks", hook);
    if (!existsSync(file) || OURS.test(readFileSync(file, "utf8"))) continue;
    throw new UserError(
      `${file} is somebody else's hook; nothing was changed`,
      `move it away, and run this again: mv ${shellWord(file)} ${shellWord(`${file}.before`)}`,
      `what it did may go on in a hook of another name: ${hook === "pre-receive" ? "update" : "post-update"}`,
    );
  }
}

/** A relative path is taken from a bare repository's own directory: it stays right where that is moved. */
const HERE = ["core.hooksPath", "hooks"] as const;

/** Where git looks for hooks, if not in the repository: somebody's settings for all may say so. */
async function hooksElsewhere(git: Git, bare: string): Promise<string | null> {
  const path = (await git.raw(["rev-parse", "--path-format=absolute", "--git-path", "hooks"])).trimEnd();
  const own = join(bare, "hooks");
  return path === (existsSync(own) ? realpathSync(own) : join(realpathSync(bare), "hooks")) ? null : path;
}

/** The branch that is carried out. */
async function branchOf(git: Git): Promise<string> {
  const { branch } = await placeOf(git);
  return branch === null ? "main" : nameOfBranch(branch);
}

/** git may start it at any instant. */
function putScript(name: string, file: string): void {
  replaceFile(file, readFileSync(join(SOURCES, name)), 0o755);
}

/** Who commits here; the owner may write another name there, or a key to sign with. */
function identify(bare: string): void {
  const { settings } = placesIn(bare);
  if (!existsSync(settings)) replaceFile(settings, `[user]\n\tname = Gatehouse\n\temail = gatehouse@${hostname()}\n`);
}

/** What to type next. */
async function next(root: string, bare: string): Promise<string[]> {
  const { key, log, run } = placesIn(bare);
  const main = await mainOf(openGit(bare));
  const branch = nameOfBranch(main);
  const steps = [
    ...(keyFiles(bare) === null
      ? [`git-crypt export-key ${shellWord(key)}    # in an unlocked clone; only its owner may read it`]
      : []),
    ...((await hasRemote(openGit(root), "origin")) ? [] : [`git remote add origin ${shellWord(bare)}`]),
    ...((await headOf(openGit(bare))).kind === "unborn" ? [`git push origin ${branch}`] : []),
  ];
  const after = [`Every push to ${branch} is carried out. Again without a push: ${run}. What happens: tail -f ${log}`];
  return steps.length === 0 ? after : ["Next:", ...steps.map((step) => `  ${step}`), ...after];
}
