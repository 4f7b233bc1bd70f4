import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { TAG } from "./der.ts";
import { type Bytes, element, oid, sequence } from "./der-write.ts";
import { X509Error } from "./error.ts";
import { type SignatureScheme, schemeForKey } from "./signature.ts";

/** Only signers that are made here have it: each of them gives no signature that its public half does not verify. */
const PROVEN: unique symbol = Symbol("proven");

/** The one way in which an authority signs: where its private half is, nobody else knows. */
export interface Signer {
  readonly publicKey: KeyObject;
  readonly scheme: SignatureScheme;
  /** DER AlgorithmIdentifier of its signatures. */
  readonly algorithm: Bytes;
  /** DER of the signature over these bytes. Any number may be asked for at once. */
  readonly sign: (body: Buffer) => Promise<Buffer>;
  readonly [PROVEN]: true;
}

/**
 * A private key in this process. That its halves belong together is tried once: PKCS#8 carries the public one beside
 * the private one (RFC 5915, 3), and nobody compares them on reading. What Node then makes of it is not verified again,
 * which under a P-384 authority would take as long as signing. @throws X509Error for what is no such key
 */
export function keySigner(key: KeyObject): Signer {
  if (key.type !== "private") throw new X509Error("the authority's key is no private key");
  const publicKey = createPublicKey(key);
  const scheme = schemeForKey(key);
  const text = Buffer.from("does this public half belong to that private one?");
  if (!verify(scheme.hash, text, publicKey, sign(scheme.hash, text, key)))
    throw new X509Error("the authority's key has a public half that is not its own");
  return { ...halfOf(publicKey, scheme), sign: (body) => signAsync(scheme, body, key) };
}

/**
 * A private key somewhere else. `ask` is given the bytes to sign, and returns the signature in DER, whatever it may be:
 * what `publicKey` does not verify is not used. @throws X509Error for a key that signs nothing here
 */
export function elsewhereSigner(publicKey: KeyObject, ask: (body: Buffer) => Promise<Buffer>, where: string): Signer {
  const scheme = schemeForKey(publicKey);
  const proven = async (body: Buffer) => {
    const signature = await ask(body);
    if (await verifies(scheme, body, publicKey, signature)) return signature;
    throw new X509Error(
      `${where}: what came back is no signature by the authority's key (${signature.length} bytes); nothing was signed`,
      `it must be the one of the authority's certificate, signing ${scheme.name}: docs/custody.md`,
    );
  };
  return { ...halfOf(publicKey, scheme), sign: proven };
}

function halfOf(publicKey: KeyObject, scheme: SignatureScheme) {
  return { publicKey, scheme, algorithm: algorithmOf(scheme), [PROVEN]: true } as const;
}

/** RFC 4055, 5: NULL for RSA; RFC 5758, 3.2 and RFC 8410, 3: nothing for the others. */
export function algorithmOf({ keyType, oid: id }: SignatureScheme): Bytes {
  return sequence(oid(id), keyType === "rsa" ? element(TAG.null, "") : "");
}

/** In libuv's thread pool: as many at once as it has threads. */
function signAsync(scheme: SignatureScheme, body: Buffer, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(scheme.hash, body, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

function verifies(scheme: SignatureScheme, body: Buffer, key: KeyObject, signature: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    verify(scheme.hash, body, key, signature, (error, valid) => resolve(error === null && valid));
  });
}
