import { existsSync } from "node:fs";
import { join } from "node:path";
import { commonDirectory } from "../system/checkout.ts";
import { removeFiles, writeFiles } from "../system/files.ts";

/** Under git's common directory: releases or bundles have left this clone. */
const MARKER = "gatehouse/deployed";

export function wasDeployed(root: string): boolean {
  return existsSync(join(commonDirectory(root), MARKER));
}

/** Noted before anything leaves: after a kill nobody knows how far it came. */
export async function noteDeployment(root: string, servers: readonly string[]): Promise<void> {
  if (servers.length === 0 || wasDeployed(root)) return;
  await writeFiles(commonDirectory(root), [{ path: MARKER, data: servers.map((name) => `${name}\n`).join("") }]);
}

/** Nothing has left after all. */
export async function forgetDeployment(root: string): Promise<void> {
  await removeFiles(commonDirectory(root), [MARKER]);
}
