import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessOutput, Shell } from "zx";
import { renderFailure } from "../cli/failure.ts";
import { ciOutput } from "../cli/output.ts";
import { openGit } from "../system/git.ts";
import { zx } from "../system/programs.ts";
import { PLAIN } from "../views/style.ts";

/** What every job of a forge's wants of git and of the programs that it starts. Nothing is written to any settings. */

/**
 * Runs a job to its end: its exit code is this process's, and 1 where it throws. It is given zx's `$`, whose programs
 * have this process's environment and streams, but nobody's standard input.
 */
export async function job(work: ($: Shell) => Promise<number>): Promise<void> {
  try {
    // Nothing that lies in a clone is run by git itself: what hooks do, CI asks for by name.
    process.env["HUSKY"] = "0";
    setting("core.hooksPath", "/dev/null");
    for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, () => (stopped = true));
    const $ = await zx({ stdio: ["ignore", "inherit", "inherit"], nothrow: true, quiet: true });
    process.exitCode = await work($);
  } catch (error) {
    if (error !== STOPPED) ciOutput.say(renderFailure(error, PLAIN));
    process.exitCode = error === STOPPED ? 130 : 1;
  }
}

/** The same, for what a program says on standard output: it comes back, and is not in the log. */
export const listening = ($: Shell): Shell => $({ stdio: ["ignore", "pipe", "inherit"] });

const STOPPED = new Error("a signal has ended this job");
let stopped = false;

/**
 * How a program ended; one that a signal has ended has failed. As a shell does, a job that is told to end waits for what
 * it has started, and goes no further: what it works with is there until then.
 */
export function codeOf({ exitCode }: ProcessOutput): number {
  if (stopped) throw STOPPED;
  return exitCode ?? 1;
}

/** git's setting, from here on. */
function setting(key: string, value: string): void {
  const at = Number(process.env["GIT_CONFIG_COUNT"] ?? "0");
  process.env[`GIT_CONFIG_KEY_${at}`] = key;
  process.env[`GIT_CONFIG_VALUE_${at}`] = value;
  process.env["GIT_CONFIG_COUNT"] = String(at + 1);
}

/** How git signs in there. In the environment, for arguments are everybody's to read. */
export function signIn(url: string, user: string, token: string): void {
  const basic = Buffer.from(`${user}:${token}`).toString("base64");
  setting(`http.${url}.extraHeader`, `Authorization: Basic ${basic}`);
}

/** A variable's value, which then is in the environment no more; undefined where it is empty or not there. */
export function take(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value === "" ? undefined : value;
}

/**
 * Whether HEAD is on main there. A commit that could not be pushed exists nowhere else: the next run makes another one.
 * Throws UserError where git cannot tell.
 */
export async function onMain(): Promise<boolean> {
  const git = openGit(process.cwd());
  // The full name: a short one would take a tag of that name first, and tags are anybody's who may push a branch.
  await git.raw(["fetch", "--quiet", "--no-tags", "--", "origin", "refs/heads/main"]);
  return git.succeeds(["merge-base", "--is-ancestor", "HEAD", "FETCH_HEAD"]);
}

/** A directory of mode 0700 for as long as the work takes. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-ci-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A file for the owner alone; a final line feed is added, without which ssh reads no key. */
export function secretFile(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

/**
 * Who commits and pushes, from here on. The secrets leave the environment; a key lies in `directory` until that is
 * removed.
 *
 * CI_BOT_NAME, CI_BOT_EMAIL
 * CI_SIGNING_KEY               optional, an ssh private key that signs commits
 * CI_PUSH_TOKEN, CI_PUSH_URL   where the checkout left nothing that may push
 * CI_PUSH_OPTION               ci.skip, where a push with a token would start a pipeline
 */
export function asBot(directory: string): void {
  const { CI_BOT_NAME, CI_BOT_EMAIL, CI_PUSH_URL, CI_PUSH_OPTION } = process.env;
  for (const who of ["AUTHOR", "COMMITTER"]) {
    process.env[`GIT_${who}_NAME`] = CI_BOT_NAME || "Gatehouse";
    process.env[`GIT_${who}_EMAIL`] = CI_BOT_EMAIL || "gatehouse@localhost";
  }
  const key = take("CI_SIGNING_KEY");
  if (key !== undefined) {
    setting("gpg.format", "ssh");
    setting("user.signingKey", secretFile(directory, "signing-key", key));
    setting("commit.gpgSign", "true");
  }
  const token = take("CI_PUSH_TOKEN");
  if (token !== undefined && CI_PUSH_URL !== undefined) {
    setting("remote.origin.pushUrl", CI_PUSH_URL);
    signIn(CI_PUSH_URL, "oauth2", token);
  } else if (token !== undefined) throw new Error("CI_PUSH_TOKEN is set, and CI_PUSH_URL is not");
  if (CI_PUSH_OPTION) setting("push.pushOption", CI_PUSH_OPTION);
  for (const name of ["CI_COMMENT_TOKEN", "GATEHOUSE_COMMENT_TOKEN"]) take(name);
}
