import { createPublicKey, type KeyObject } from "node:crypto";
import { type Der, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { bitLength, type PublicKeyInfo, readPublicKeyInfo, readRsaKey } from "./keys.ts";
import { OID, oidName } from "./oids.ts";
import { refuseWeakKey } from "./weak-key.ts";

/** NIST SP 800-57 part 1, table 2: 2048 bits are the least; beyond 8192 a handshake takes too long. */
const RSA_BITS = { least: 2048, most: 8192 } as const;

/** Bytes of an uncompressed point (SEC 1, 2.3.3) by curve. */
const POINT_BYTES = new Map<string, number>([
  [OID.p256, 65],
  [OID.p384, 97],
  [OID.p521, 133],
]);

/**
 * The public key of a request, if it is one that we certify: RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519,
 * in the one encoding that each key has; two encodings of one key would pass for two keys, also for one that was revoked.
 * Its size is checked first, so that what costs time is bounded.
 * @throws X509Error
 */
export function requestKey(spki: Buffer): KeyObject {
  const info = readPublicKeyInfo(spki);
  if (info.algorithm === OID.rsaEncryption) checkRsa(info.key);
  else if (info.algorithm === OID.ecPublicKey) checkCurve(info);
  else if (info.algorithm !== OID.ed25519) {
    throw new X509Error(
      `a key of type ${oidName(info.algorithm)} is not certified here; RSA, P-256, P-384, P-521, Ed25519 are`,
    );
  }
  const key = nativeKey(spki);
  if (!key.export({ type: "spki", format: "der" }).equals(spki)) {
    throw new X509Error("the public key is not in the form that such keys are always written in");
  }
  refuseWeakKey(info);
  return key;
}

function checkRsa(bytes: Der): void {
  const { modulus, exponent } = readRsaKey(bytes);
  const bits = bitLength(modulus);
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) {
    throw new X509Error(`the RSA key has ${bits} bits; from ${RSA_BITS.least} to ${RSA_BITS.most} are allowed`);
  }
  if ((modulus.at(modulus.size - 1) & 1) === 0) throw new X509Error("the RSA modulus is even: no real key");
  // FIPS 186-5, 5.4: an odd exponent between 2^16 and 2^256.
  if ((exponent.at(exponent.size - 1) & 1) === 0) throw new X509Error("the RSA exponent is even: no real key");
  const size = bitLength(exponent);
  if (size < 17 || size > 256) throw new X509Error("the RSA exponent is too small or too large; 65537 is usual");
}

function checkCurve({ key, parameters }: PublicKeyInfo): void {
  if (parameters?.type !== TAG.oid) {
    throw new X509Error("the curve is written out in numbers instead of by its name (RFC 5480, 2.1.1)");
  }
  const curve = parameters.checkedOid("the curve");
  const size = POINT_BYTES.get(curve);
  if (size === undefined) throw new X509Error(`the curve ${oidName(curve)} is not allowed; P-256, P-384 and P-521 are`);
  if (key.at(0) !== 0x04 || key.size !== size)
    throw new X509Error("the point of the public key is not in uncompressed form");
}

/** OpenSSL checks what needs arithmetic: that the point is on its curve, that the key is one at all. */
function nativeKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    throw new X509Error("the public key is no real key of its type");
  }
}
