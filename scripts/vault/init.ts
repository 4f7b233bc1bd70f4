import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { runProgram } from "../system/programs.ts";
import { replaceFile } from "../system/replace.ts";
import { type Environment, repositoryKey } from "./key-source.ts";
import { openVault } from "./vault.ts";
import { waysIn } from "./way-in.ts";

/**
 * Makes git-crypt's key (`git-crypt init`: key and filter) where there is none; true when it did. Throws UserError
 * in a locked tree: a second key could not open what the first has sealed.
 */
export async function initVault(root: string, environment: Environment = process.env): Promise<boolean> {
  const vault = openVault(root, environment);
  if (vault.state === "locked") {
    throw new UserError("this repository has a git-crypt key already, but it is locked", ...waysIn(root));
  }
  if (vault.key) return false;
  const { exitCode, stderr } = await runProgram("git-crypt", ["init"], { cwd: root });
  if (exitCode !== 0 || repositoryKey(commonDirectory(root)) === null) {
    throw new UserError(`git-crypt init failed: ${stderr.trim()}`, "see whether it works by hand: git-crypt init");
  }
  return true;
}

/** How to save the key, the only way back to the authority, for people to paste. */
export const EXPORT_HINT = "git-crypt export-key ../gatehouse.key";

/** Whether somebody confirmed that this very key (by keyFingerprint) is saved outside the repository. */
export function isExportConfirmed(commonDirectory: string, fingerprint: string): boolean {
  try {
    return readFileSync(record(commonDirectory), "utf8").trim() === fingerprint;
  } catch {
    return false;
  }
}

/** Remembers the confirmation beside git's own files: it is about this clone, and no business of the repository's. */
export function confirmExport(commonDirectory: string, fingerprint: string): void {
  replaceFile(record(commonDirectory), `${fingerprint}\n`);
}

function record(commonDirectory: string): string {
  return join(commonDirectory, "gatehouse", "key-exported");
}
