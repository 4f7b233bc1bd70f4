import { createPrivateKey, type KeyObject } from "node:crypto";
import { UserError } from "../model/problem.ts";
import type { Secrets } from "./secrets.ts";

/**
 * A PEM key, with its passphrase where it has one. `name` is what errors call it. What Node says of a key would quote
 * its bytes, and is not passed on. @throws UserError
 */
export async function openKeyPem(pem: string, name: string, secrets: Secrets, hint: string): Promise<KeyObject> {
  if (isEncrypted(pem)) return secrets.opening(name, async (passphrase) => readKey(pem, passphrase));
  const key = readKey(pem, null);
  if (key === null) throw new UserError(`${name} is no private key`, hint);
  return key;
}

/** A PKCS#8 key under a passphrase (RFC 7468, 11), or one as OpenSSL wrote them before (RFC 1421, 4.6.1.1). */
const ENCRYPTED = /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Whether it says that it wants a passphrase. */
export function isEncrypted(pem: string): boolean {
  return ENCRYPTED.test(pem);
}

/** Null for what is no key, or what this passphrase does not open. */
export function readKey(pem: string, passphrase: string | null): KeyObject | null {
  try {
    return createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
  } catch {
    return null;
  }
}
