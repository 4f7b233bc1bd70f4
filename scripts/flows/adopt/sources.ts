import { realpathSync, statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import type { Secrets } from "../../custody/secrets.ts";
import { printable } from "../../model/printable.ts";
import { formatProblem, UserError } from "../../model/problem.ts";
import type { Instant } from "../../model/time.ts";
import type { Found } from "../../read/adopt/found.ts";
import { readForeign } from "../../read/adopt/index.ts";

/**
 * Reads the other CA's directory, and opens the CA's key where it has a passphrase. Throws UserError where it lies in
 * the repository, and where something in it may hide a revocation.
 */
export async function readDirectory(root: string, directory: string, now: Instant): Promise<Found> {
  const top = realDirectory(directory);
  const inside = relative(realpathSync(root), top);
  if (inside === "" || (inside !== ".." && !inside.startsWith(`..${sep}`)))
    throw new UserError(
      `${printable(directory)} lies in this repository: its keys would be a commit away from everybody who has a clone`,
      "move it out of here, then adopt it from there; nothing was written",
    );
  const found = await readForeign(top, now);
  const grave = [...found.source.grave, ...found.revoked.grave];
  if (grave.length > 0)
    throw new UserError(
      "somebody who was revoked may hide behind these; nothing was written",
      ...grave.slice(0, MOST_SHOWN).map(formatProblem),
      ...(grave.length > MOST_SHOWN ? [`and ${grave.length - MOST_SHOWN} more`] : []),
      "mend or take away what is wrong, then run the same command again",
    );
  return found;
}

const MOST_SHOWN = 50;

function realDirectory(directory: string): string {
  try {
    const top = realpathSync(resolve(directory));
    if (statSync(top).isDirectory()) return top;
  } catch {
    // told below
  }
  throw new UserError(
    `${printable(directory)} is no directory that can be read`,
    "name a CA's, such as easy-rsa's pki",
  );
}

/** PEM of the CA's key; null where it is not there. Throws UserError for a passphrase that opens nothing. */
export async function authorityKey({ source, authority }: Found, secrets: Secrets): Promise<string | null> {
  const wanted = authority.facts.fingerprint;
  const open = source.keys.of(wanted);
  if (open !== undefined || !source.keys.hasSealedCa) return open ?? null;
  const unseal = async (passphrase: string) =>
    source.keys.unseal(passphrase, wanted) ? (source.keys.of(wanted) ?? null) : null;
  return secrets.opening("the CA's key", unseal);
}
