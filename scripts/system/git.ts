import { OBJECT_ID } from "../model/content.ts";
import { UserError } from "../model/problem.ts";
import { childEnvironment } from "./programs.ts";

/** The one place that runs git. Arguments are ours, or names checked by resolve(); paths follow a `--`. */
export interface Git {
  /** The checkout in which git runs. */
  readonly root: string;
  /** Standard output as UTF-8 text. Throws UserError with git's own words on any exit code but 0. */
  raw(args: readonly string[], input?: string | Uint8Array): Promise<string>;
  /** Standard output as bytes. */
  rawBytes(args: readonly string[], input?: string | Uint8Array): Promise<Buffer>;
  /** Where git ends with one of these codes, which are answers; throws UserError on any other. */
  answer(args: readonly string[], codes: readonly number[]): Promise<Answer>;
  /**
   * Standard output, or null for exit code 1, by which git's plumbing says no. On any other it could not tell: that
   * throws, for it is no answer.
   */
  ask(args: readonly string[]): Promise<string | null>;
  /** Whether git says yes (exit code 0) or no (1). Throws as ask does. */
  succeeds(args: readonly string[]): Promise<boolean>;
  /**
   * The full id of the commit that a name stands for; null where git has none of that name. Throws where it cannot
   * tell, such as with a broken ref. Where HEAD leads is a question of its own (head.ts).
   */
  resolve(revision: string): Promise<string | null>;
  topLevel(): Promise<string>;
  commonDir(): Promise<string>;
}

/** How git ended, and what it wrote to standard output. */
interface Answer {
  readonly code: number;
  readonly stdout: string;
}

const NO = 1;

/** `extra`: environment for every command, such as another index. */
export function openGit(root: string, extra: Readonly<Record<string, string>> = {}): Git {
  const rawBytes: Git["rawBytes"] = async (args, input) => {
    const chunks: Buffer[] = [];
    const collect = (stdout: NodeJS.ReadableStream) => stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    await runGit(root, args, { input, extra, collect });
    return Buffer.concat(chunks);
  };
  const raw: Git["raw"] = async (args, input) => (await runGit(root, args, { input, extra })).stdout;
  const answer: Git["answer"] = (args, codes) => runGit(root, args, { extra, codes });
  const ask: Git["ask"] = async (args) => {
    const { code, stdout } = await answer(args, [0, NO]);
    return code === NO ? null : stdout;
  };
  return {
    root,
    raw,
    rawBytes,
    answer,
    ask,
    succeeds: async (args) => (await ask(args)) !== null,
    resolve: async (revision) => {
      if (revision.startsWith("-")) return null;
      const id = await ask(["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]);
      if (id !== null) {
        await refuseAmbiguous(revision, raw);
        return id.trim();
      }
      // An empty ref, or one whose commit is missing, gets the same no; this dies of them.
      await raw(["rev-list", "--max-count=1", "--all"]);
      return null;
    },
    topLevel: async () => (await raw(["rev-parse", "--show-toplevel"])).trimEnd(),
    commonDir: async () => (await raw(["rev-parse", "--path-format=absolute", "--git-common-dir"])).trimEnd(),
  };
}

/** Whether there is a remote of this name. (`git remote get-url` has one exit code for that, and more in older versions.) */
export function hasRemote(git: Git, name: string): Promise<boolean> {
  return git.succeeds(["config", "--get", `remote.${name}.url`]);
}

/**
 * git takes a tag before a branch of the same name, and says so to nobody here: then a tag, which anybody may push who
 * may push a branch, would stand for main. Throws UserError.
 */
async function refuseAmbiguous(revision: string, raw: Git["raw"]): Promise<void> {
  const name = /^[^~^@:{]+/.exec(revision)?.[0] ?? "";
  if (name === "HEAD" || /^refs\//.test(name) || OBJECT_ID.test(name)) return;
  const candidates = [`refs/tags/${name}`, `refs/heads/${name}`, `refs/remotes/${name}`];
  const found = (await raw(["for-each-ref", "--format=%(refname)", ...candidates])).split("\n");
  const meant = candidates.filter((ref) => found.includes(ref));
  if (meant.length > 1)
    throw new UserError(
      `${name} is the name of more than one here: ${meant.join(", ")}`,
      "write out which one you mean",
    );
}

/** `.gitmodules`, which is a branch's, would have git leave submodules out of what differs. */
const COMPARES = new Set(["diff", "diff-tree", "diff-index", "diff-files", "status"]);

function withSubmodules([command = "", ...rest]: readonly string[]): string[] {
  return COMPARES.has(command) ? [command, "--ignore-submodules=none", ...rest] : [command, ...rest];
}

interface RunOptions {
  readonly extra: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array | undefined;
  /** Exit codes that are answers. */
  readonly codes?: readonly number[];
  readonly collect?: (stdout: NodeJS.ReadableStream) => void;
}

/** Runs one command. simple-git is loaded only when git really runs: 20 ms of start-up. */
async function runGit(
  root: string,
  args: readonly string[],
  { input, extra, codes = [0], collect = () => {} }: RunOptions,
): Promise<Answer> {
  const { simpleGit } = await import("simple-git");
  const environment = { ...gitEnvironment(), ...extra };
  let failed: UserError | undefined;
  let code = 0;
  const git = simpleGit({
    baseDir: root,
    // simple-git drops every GIT_* it is not told to keep; without GIT_INDEX_FILE a hook would look at the wrong index.
    allowEnvironment: Object.keys(environment),
    unsafe: await permitted(environment),
    input: () => (input === undefined ? undefined : Buffer.from(input)),
    // By default a silent failure counts as success. What is given back here comes out as text only.
    errors: (_error, { exitCode, stdErr }) => {
      code = exitCode;
      if (codes.includes(exitCode)) return undefined;
      failed = failure(exitCode, stdErr);
      return failed;
    },
  });
  try {
    const stdout = await git
      .env(environment)
      .outputHandler((_command, stdout) => {
        collect(stdout);
        // simple-git gives a command that said nothing 50 ms to think again, though its output has ended: many are silent.
        stdout.once("end", () => stdout.emit("data", Buffer.alloc(0)));
      })
      .raw(withSubmodules(args));
    return { code, stdout };
  } catch (error) {
    throw failed ?? error;
  }
}

function gitEnvironment(): Record<string, string> {
  return childEnvironment({
    // `git replace` would show us another object than the one that is pushed.
    GIT_NO_REPLACE_OBJECTS: "1",
    // Reading must not fight over index.lock with the user's own git.
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C",
  });
}

/** simple-git's types have a number, but Node gives null for a process that a signal has ended. */
function failure(exitCode: number | null, stdErr: readonly Buffer[]): UserError {
  const said = Buffer.concat([...stdErr]).toString("utf8");
  if (/\bspawn git ENOENT\b/.test(said)) return new UserError("git is not installed", "run: sh scripts/setup.sh");
  // Control characters could come from a stranger's file names or a server.
  const words = said.replace(/[^\P{Cc}\n]/gu, "").trim();
  if (words !== "") return new UserError(`git: ${words}`);
  return new UserError(exitCode === null ? "git was killed" : `git failed with exit code ${exitCode}`);
}

/**
 * simple-git refuses arguments and variables by which git would start a program, against strangers who supply them. For
 * arguments that stays on, but for what our own say:
 */
const OURS = {
  // `--template=`: nothing that lies in somebody's templates gets into a repository of ours.
  allowUnsafeTemplateDir: true,
  // `-c core.hooksPath=/dev/null`: what has just passed the guard is not held up by it again.
  allowUnsafeHooksPath: true,
  // `-c gpg.ssh.program=…`: an absolute path of ssh-keygen, where a clone's settings could name another.
  allowUnsafeGpgProgram: true,
  // simple-git would say so by a variable that hooks and helpers, which are people's own, inherit.
  allowAbbreviatedOptions: true,
};

/**
 * What is in the environment is the user's own (an editor, a pager, ssh with a certain key, CI's settings in
 * GIT_CONFIG_COUNT): without it git would act otherwise under us than by hand. It permits what itself has, and no more.
 */
async function permitted(environment: Record<string, string>): Promise<Record<string, boolean>> {
  const { parseEnv } = await import("@simple-git/argv-parser");
  return Object.fromEntries([
    ...Object.entries(OURS),
    ...parseEnv(environment).vulnerabilities.map(({ category }) => [category, true] as const),
  ]);
}
