import type { KeyObject } from "node:crypto";
import { UserError } from "../../model/problem.ts";
import { certificateSpki } from "../../x509/certificate.ts";
import { TAG } from "../../x509/der.ts";
import { bitString, element, fromBytes, oid, sequence, toBytes } from "../../x509/der-write.ts";
import { X509Error } from "../../x509/error.ts";
import { OID } from "../../x509/oids.ts";
import { requestKey } from "../../x509/request-key.ts";
import type { Remote } from "./remote.ts";
import { ATTRIBUTE, attributeOf, CLASS, findObjects } from "./token.ts";

/** CKK_RSA and CKK_EC. */
const RSA = 0n;
const EC = 3n;

/**
 * The public half of a private key on a token: of the public key, or else of a certificate, that has the same id.
 * @throws UserError where there is none, or it is none that signs here
 */
export async function publicKeyOf(remote: Remote, session: Buffer, key: bigint): Promise<KeyObject> {
  const id = await attributeOf(remote, session, key, ATTRIBUTE.id);
  const beside = async (kind: number) =>
    id === null || id.length === 0
      ? undefined
      : (
          await findObjects(remote, session, [
            [ATTRIBUTE.class, kind],
            [ATTRIBUTE.id, id],
          ])
        )[0];
  const half = await beside(CLASS.publicKey);
  const certificate = half === undefined ? await beside(CLASS.certificate) : undefined;
  // Of an RSA key the private object knows the modulus too.
  const spki =
    certificate === undefined
      ? await spkiOf(remote, session, half ?? key)
      : await ofCertificate(remote, session, certificate);
  if (spki === null)
    throw new UserError(
      "the token has no public key that belongs to the private one, nor a certificate with the same id",
      "write one to it: pkcs11-tool --write-object PUBLIC.der --type pubkey --id ID",
    );
  try {
    return requestKey(spki);
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    throw new UserError(`the token's public key cannot sign here: ${error.message}`);
  }
}

async function ofCertificate(remote: Remote, session: Buffer, object: bigint): Promise<Buffer | null> {
  const der = await attributeOf(remote, session, object, ATTRIBUTE.value);
  return der === null ? null : certificateSpki(der);
}

async function spkiOf(remote: Remote, session: Buffer, object: bigint): Promise<Buffer | null> {
  const read = (type: number) => attributeOf(remote, session, object, type);
  const type = (await read(ATTRIBUTE.keyType))?.readBigUInt64BE();
  if (type === EC) {
    const [curve, point] = [await read(ATTRIBUTE.ecParams), await read(ATTRIBUTE.ecPoint)];
    if (curve === null || point === null) return null;
    const algorithm = sequence(oid(OID.ecPublicKey), toBytes(curve));
    return fromBytes(sequence(algorithm, bitString(toBytes(bare(point)))));
  }
  if (type !== RSA) return null;
  const [modulus, exponent] = [await read(ATTRIBUTE.modulus), await read(ATTRIBUTE.publicExponent)];
  if (modulus === null || exponent === null) return null;
  const key = sequence(positive(modulus), positive(exponent));
  return fromBytes(sequence(sequence(oid(OID.rsaEncryption), element(TAG.null, "")), bitString(key)));
}

/** PKCS#11 wants the point in an OCTET STRING, and some tokens give it bare: that has an odd number of bytes, after a 04. */
function bare(point: Buffer): Buffer {
  const wrapped = point[0] === 0x04 && point[1] === point.length - 2 && point[2] === 0x04;
  return wrapped ? point.subarray(2) : point;
}

/** An INTEGER of an unsigned number of so many bytes. */
export function positive(bytes: Uint8Array): string {
  const start = bytes.findIndex((one) => one !== 0);
  const digits = toBytes(start < 0 ? Buffer.alloc(1) : bytes.subarray(start));
  return element(TAG.integer, digits.charCodeAt(0) >= 0x80 ? `\0${digits}` : digits);
}
