import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { KeyType } from "../model/registry.ts";
import { keyTypeOptions } from "../x509/keys.ts";

export interface NewKey {
  /** PKCS#8 PEM. Secret: it goes to the vault and nowhere else. */
  readonly pem: string;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

const ENCODING = {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "der" },
} as const;

const make = promisify(generateKeyPair);

/** Made in libuv's thread pool: as many at once as it has threads. */
export async function newKey(type: KeyType): Promise<NewKey> {
  const { privateKey, publicKey } = await generate(type);
  return { pem: privateKey, spki: publicKey };
}

function generate(type: KeyType): Promise<{ privateKey: string; publicKey: Buffer }> {
  const how = keyTypeOptions(type);
  if (how.type === "rsa") return make("rsa", { ...how.options, ...ENCODING });
  if (how.type === "ec") return make("ec", { ...how.options, ...ENCODING });
  return make("ed25519", ENCODING);
}
