import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import type { Git } from "../system/git.ts";

/** What Gatehouse keeps in a bare repository, under gatehouse/. */
export function placesIn(bare: string) {
  const home = join(bare, "gatehouse");
  return {
    home,
    /** A link to the version that is in use. */
    code: join(home, "code"),
    versions: join(home, "versions"),
    /** git's settings for the commits that are made here: name, address, signing key. */
    settings: join(home, "gitconfig"),
    key: join(home, "key"),
    log: join(home, "log"),
    /** One empty file for each run that is asked for. */
    queue: join(home, "queue"),
    /** What came of it, under the same name. */
    answers: join(home, "answers"),
    run: join(home, "run"),
    /** The private clone in which reconcile works. */
    work: join(home, "work"),
  };
}

/** The ref that is carried out: HEAD's target, `refs/heads/main`. */
export async function mainOf(git: Git): Promise<string> {
  return (await git.raw(["symbolic-ref", "HEAD"])).trim();
}

/**
 * The files of git-crypt's exported key, and of further ones beside it (`key-NAME`); null where there is none. Throws
 * UserError where others may read one.
 */
export function keyFiles(bare: string): readonly string[] | null {
  const { home } = placesIn(bare);
  const names = readdirSync(home).filter((name) => name === "key" || name.startsWith("key-"));
  const files = names.sort().map((name) => join(home, name));
  insistOnOwn(files);
  return files.length === 0 ? null : files;
}

/** Files beside git-crypt's key that say where the authority's is (docs/custody.md), and the variable each stands for. */
const OF_THE_AUTHORITY = {
  "ca-passphrase": "GATEHOUSE_CA_PASSPHRASE_FILE",
  "ca-key": "GATEHOUSE_CA_KEY_FILE",
  "ca-signer": "GATEHOUSE_CA_SIGNER",
} as const;

/** The variables that those which are there stand for. Throws UserError where others may read one. */
export function authorityVariables(bare: string): Readonly<Record<string, string>> {
  const { home } = placesIn(bare);
  const there = Object.entries(OF_THE_AUTHORITY).flatMap(([name, variable]) => {
    const file = join(home, name);
    return existsSync(file) ? [{ file, variable }] : [];
  });
  insistOnOwn(there.map(({ file }) => file));
  return Object.fromEntries(there.map(({ file, variable }) => [variable, file]));
}

function insistOnOwn(files: readonly string[]): void {
  const open = files.find((file) => (statSync(file).mode & 0o077) !== 0);
  if (open !== undefined)
    throw new UserError(
      `${open} can be read by others than its owner`,
      `run: chmod ${open.endsWith("ca-signer") ? "700" : "600"} ${shellWord(open)}`,
    );
}
