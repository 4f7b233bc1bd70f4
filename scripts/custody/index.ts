import * as paths from "../model/layout.ts";
import type { Vault } from "../vault/vault.ts";
import { keySigner, type Signer } from "../x509/signer.ts";
import { openKeyPem } from "./key-pem.ts";
import type { Secrets } from "./secrets.ts";

/** A signer that is ready to work, until it is closed. */
export interface OpenSigner {
  readonly signer: Signer;
  readonly close: () => Promise<void>;
}

/** Where the authority's key is, and what may be needed to come at it. */
export interface Custody {
  readonly root: string;
  readonly vault: Vault;
  readonly secrets: Secrets;
}

/** The authority's key, ready to sign. @throws UserError that says what is missing, and never a byte of a secret */
export async function openSigner({ root, vault, secrets }: Custody): Promise<OpenSigner> {
  const pem = vault.read(paths.CA_KEY).toString("utf8");
  const key = await openKeyPem(pem, paths.CA_KEY, secrets, `run in ${root}: git log -- ${paths.CA_KEY}`);
  return { signer: keySigner(key), close: async () => {} };
}
