import { createPrivateKey, X509Certificate } from "node:crypto";
import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { isSealed, open } from "../vault/seal.ts";
import type { Vault } from "../vault/vault.ts";
import type { Source } from "./source.ts";

/** An identity's newest certificate (full chain) and its key, both PEM, as the commit has them; the key opened in memory. */
export interface Credentials {
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** Throws UserError where the certificate or key is not there, or the vault does not open it. */
export function credentialsOf(source: Source, name: string): Credentials {
  const certificate = certificateOf(source, name);
  const path = paths.path.key(name);
  const stored = source.read(path);
  if (stored === null) throw new UserError(`${path} is not in the commit`, "run: npm run reconcile -- --commit");
  if (!isSealed(stored)) {
    throw new UserError(
      `${path} is in git in the clear: whoever has the repository has this key`,
      "see what else is: npm run guard -- --audit",
      `then have it replaced: ${name}: { reissue: { before: … } } in clients.yaml`,
    );
  }
  const key = unseal(source.vault, stored, path);
  insistOnPair(certificate, key, name);
  return { certificate, key };
}

/** Throws UserError where none was issued. */
export function certificateOf({ read }: Pick<Source, "read">, name: string): Buffer {
  const bytes = read(paths.path.issued(name));
  if (bytes !== null) return bytes;
  throw new UserError(
    `${name} has no certificate in this commit: there is no ${paths.path.issued(name)}`,
    "see why: npm run plan; then: npm run reconcile -- --commit",
  );
}

function unseal({ keys, waysIn }: Vault, stored: Buffer, path: string): Buffer {
  if (keys.size === 0) {
    throw new UserError(`the vault is locked, and ${path} goes with the release`, ...waysIn());
  }
  for (const key of keys.values()) {
    try {
      return open(key, stored);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  throw new UserError(`none of the git-crypt keys here opens ${path}`, "check that the key is this repository's own");
}

/** A server does not start with a key that is not its certificate's. The error quotes neither. */
function insistOnPair(certificate: Buffer, key: Buffer, name: string): void {
  let fits = false;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    // one of them is none
  }
  if (!fits)
    throw new UserError(`${paths.path.key(name)} is not the key of ${paths.path.issued(name)}`, "npm run check");
}
