import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { confirmExport, isExportConfirmed } from "../vault/init.ts";
import { keyFingerprint, parseKeyFile } from "../vault/key-file.ts";
import { environmentKey } from "../vault/key-source.ts";
import { openVault } from "../vault/vault.ts";

/** Whether somebody has shown that the present key is saved elsewhere; true where there is no key to save. */
export function exportIsConfirmed(root: string): boolean {
  if (!existsSync(join(root, ".git"))) return true;
  const { key } = openVault(root, process.env);
  // A key that came from the environment is evidently kept somewhere else.
  if (environmentKey(process.env) !== null) return true;
  return key === null || isExportConfirmed(commonDirectory(root), keyFingerprint(key));
}

/** Compares an exported key file with the key in use, and remembers that it is right. */
export function confirmExported(root: string, file: string): void {
  const { key } = openVault(root, process.env);
  if (key === null)
    throw new UserError(
      "this clone is locked, or has no git-crypt key yet",
      "confirm the export in the clone that has it",
    );
  const exported = parseKeyFile(readExport(file));
  if (keyFingerprint(exported) !== keyFingerprint(key)) {
    throw new UserError(`${file} is another key than the one in use`, `export it again: git-crypt export-key ${file}`);
  }
  confirmExport(commonDirectory(root), keyFingerprint(key));
}

function readExport(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new UserError(`${file} cannot be read`, `export the key first: git-crypt export-key ${file}`);
  }
}
