import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Authority } from "../model/registry.ts";
import type { Vault } from "../vault/vault.ts";
import { certificateSpki } from "../x509/certificate.ts";
import { decodePem } from "../x509/pem.ts";
import { keySigner } from "../x509/signer.ts";
import { openKeyPem } from "./key-pem.ts";
import { NOTHING_TO_CLOSE, type OpenSigner } from "./open-signer.ts";
import { openOutside } from "./outside.ts";
import type { Secrets } from "./secrets.ts";

/** Where the authority's key is, and what may be needed to come at it. */
export interface Custody {
  readonly root: string;
  readonly custody: Authority["custody"];
  /** The authority's certificate, PEM; null where it is about to be made. */
  readonly certificate: string | null;
  readonly vault: Vault;
  readonly secrets: Secrets;
}

/** The authority's key, ready to sign. @throws UserError that says what is missing, and never a byte of a secret */
export function openSigner({ root, custody, certificate, vault, secrets }: Custody): Promise<OpenSigner> {
  switch (custody) {
    case "vault":
      return openInVault(root, vault, secrets);
    case "outside":
      return openOutside(root, secrets, certificate === null ? null : publicKeyOf(certificate));
  }
}

async function openInVault(root: string, vault: Vault, secrets: Secrets): Promise<OpenSigner> {
  if (!existsSync(join(root, paths.CA_KEY)))
    throw new UserError(
      `${paths.CA_KEY} is not there, and there is something to sign; nothing was done`,
      `where git has it: git checkout HEAD -- ${paths.CA_KEY}`,
      "where it is kept elsewhere: authority.custody: outside, see docs/custody.md",
    );
  const pem = vault.read(paths.CA_KEY).toString("latin1");
  const key = await openKeyPem(pem, paths.CA_KEY, secrets, `run in ${root}: git log -- ${paths.CA_KEY}`);
  return { signer: keySigner(key), close: NOTHING_TO_CLOSE };
}

function publicKeyOf(certificate: string): KeyObject {
  return createPublicKey({ key: certificateSpki(decodePem(certificate, "CERTIFICATE")), format: "der", type: "spki" });
}
