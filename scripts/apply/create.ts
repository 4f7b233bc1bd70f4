import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openSigner } from "../custody/index.ts";
import type { Secrets } from "../custody/secrets.ts";
import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { type Authority, KEY_TYPES, type KeyType } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { writeFiles } from "../system/files.ts";
import type { Vault } from "../vault/vault.ts";
import { issueAuthority } from "../x509/issue.ts";
import { type AnyKeyType, keyTypeOf } from "../x509/keys.ts";
import { encryptKey } from "../x509/pbes2.ts";
import type { Signer } from "../x509/signer.ts";
import { newKey } from "./keys.ts";
import { newSerial } from "./orders.ts";

/** Of a passphrase that guards the authority's key for years: a third of a second. */
const ITERATIONS = 600_000;

/** The authority must be valid before what it issues, which is backdated itself. */
const BACKDATE = 2 * 3600;

interface Place {
  readonly root: string;
  readonly vault: Vault;
  readonly secrets: Secrets;
  readonly now: Instant;
}

/**
 * Makes the authority: its key, then its self-signed certificate. A key that a killed run left without a certificate
 * is used, not replaced. Where the environment gives a passphrase, the key has it from its first byte on.
 * A key outside the repository has to be there. @throws UserError where it is of another type than clients.yaml says
 */
export async function createAuthority(authority: Authority, { root, vault, secrets, now }: Place): Promise<void> {
  const { custody } = authority;
  if (custody === "vault" && !existsSync(join(root, paths.CA_KEY))) {
    const pem = withPassphrase((await newKey(authority.key)).pem, secrets.given());
    await writeFiles(root, [{ path: paths.CA_KEY, data: vault.forTree(Buffer.from(pem), paths.CA_KEY) }]);
  }
  const { signer, close } = await openSigner({ root, custody, certificate: null, vault, secrets });
  try {
    const type = keyTypeOf(signer.publicKey);
    if (type !== authority.key) throw otherType(type, authority.key);
    await writeFiles(root, [{ path: paths.CA_CERTIFICATE, data: await selfSigned(authority, signer, now) }]);
  } finally {
    await close();
  }
}

function otherType(is: AnyKeyType, asked: KeyType): UserError {
  const what = `the authority's key is of type ${is}, and clients.yaml asks for ${asked}; no authority was made`;
  if (is === "other" || is === "rsa-2048") return new UserError(what, `it must be one of ${KEY_TYPES.join(", ")}`);
  return new UserError(what, `write key: ${is} below authority in clients.yaml, then run the same command again`);
}

function withPassphrase(pem: string, passphrase: string | null): string {
  return passphrase === null ? pem : encryptKey(pem, { passphrase, iterations: ITERATIONS, random: randomBytes });
}

function selfSigned(authority: Authority, signer: Signer, now: Instant): Promise<string> {
  const { commonName, organization, country, lifetime } = authority;
  const serial = newSerial(new Set());
  const notBefore = now - BACKDATE;
  const subject = { commonName, organization, country };
  return issueAuthority({ ...subject, signer, serial, notBefore, notAfter: now + lifetime });
}
