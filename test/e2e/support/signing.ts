import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { clientsYaml, environment, NOON, Repository } from "./repository.ts";

export const SIGNERS = "pki/allowed_signers";
export const SIGNED = "limits: { signed: true }\n";
export const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };
export const CAROL = { ...CLIENTS, carol: "{ groups: [guests] }" };

/** An ssh key made for the test; its file stands beside the repository. */
export interface Key {
  readonly file: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
}

/** Keys of ann, ben (both may be listed), mallory (nobody lists her) and CI. */
export interface Keys {
  readonly ann: Key;
  readonly ben: Key;
  readonly mallory: Key;
  readonly ci: Key;
}

function makeKey(repository: Repository, name: string): Key {
  const file = repository.beside(`${name}-ssh`);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  return { file, publicKey: readFileSync(`${file}.pub`, "utf8").trim() };
}

/** A line of allowed_signers. */
export function listed(principal: string, { publicKey }: Key, options = 'namespaces="git"'): string {
  return `${principal} ${options}${options === "" ? "" : " "}${publicKey}\n`;
}

/** Signs with a key; null: not at all. Returns the commit. `date`: the committer's. */
export function commitAs(repository: Repository, key: Key | null, message: string, date?: string): string {
  repository.git("add", "--all");
  signedGit(repository, key, date, "commit", "--quiet", "--allow-empty", `--message=${message}`);
  return head(repository);
}

export function mergeAs(repository: Repository, key: Key | null, branch: string, ...more: readonly string[]): string {
  signedGit(repository, key, undefined, "merge", "--quiet", "--no-ff", `--message=Merge ${branch}`, ...more, branch);
  return head(repository);
}

function signedGit(repository: Repository, key: Key | null, date: string | undefined, ...args: readonly string[]) {
  const [verb = "", ...rest] = args;
  const settings = key === null ? [] : ["-c", "gpg.format=ssh", "-c", `user.signingkey=${key.file}`];
  const sign = key === null ? [] : ["-S"];
  const env = environment(date === undefined ? {} : { GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date });
  execFileSync("git", [...settings, verb, ...sign, ...rest], { cwd: repository.root, env, stdio: "pipe" });
}

export function head(repository: Repository): string {
  return repository.git("rev-parse", "HEAD").trim();
}

/** A repository with limits.signed carried out: ann is listed, and CI's key signed its state. */
export async function signedRepository(): Promise<{ repository: Repository; keys: Keys }> {
  const repository = Repository.fresh(clientsYaml(CLIENTS, SIGNED));
  const make = (name: string) => makeKey(repository, name);
  const keys = { ann: make("ann"), ben: make("ben"), mallory: make("mallory"), ci: make("ci") };
  repository.write(SIGNERS, listed("ann@example.com", keys.ann) + listed("state@gatehouse", keys.ci));
  commitAs(repository, keys.ann, "List who may sign");
  const { code, stderr } = await repository.run("start", "--now", NOON);
  if (code !== 0) throw new Error(`start exits ${code}: ${stderr}`);
  repository.age();
  commitAs(repository, keys.ci, "Make the authority");
  return { repository, keys };
}
