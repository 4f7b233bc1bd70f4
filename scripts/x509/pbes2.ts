import { createCipheriv, pbkdf2Sync } from "node:crypto";
import { TAG } from "./der.ts";
import { type Bytes, element, fromBytes, integer, oid, sequence, toBytes } from "./der-write.ts";
import { OID } from "./oids.ts";
import { decodePem, encodePem } from "./pem.ts";

/** How something is encrypted, and its AlgorithmIdentifier. */
export interface Cipher {
  readonly algorithm: Bytes;
  readonly name: "aes-256-cbc" | "des-ede3-cbc";
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

export interface Passphrase {
  readonly passphrase: string;
  readonly iterations: number;
  /** Fresh random bytes. */
  readonly random: (size: number) => Uint8Array;
}

/** PBES2 (RFC 8018, 6.2): PBKDF2 with HMAC-SHA-256, AES-256-CBC. */
export function pbes2({ passphrase, iterations, random }: Passphrase): Cipher {
  const salt = random(16);
  const iv = random(16);
  const prf = sequence(oid(OID.hmacSha256), element(TAG.null, ""));
  const derivation = sequence(element(TAG.octetString, toBytes(salt)), integer(iterations), prf);
  const algorithm = sequence(
    oid(OID.pbes2),
    sequence(
      sequence(oid(OID.pbkdf2), derivation),
      sequence(oid(OID.aes256Cbc), element(TAG.octetString, toBytes(iv))),
    ),
  );
  return { algorithm, name: "aes-256-cbc", key: pbkdf2Sync(passphrase, salt, iterations, 32, "sha256"), iv };
}

/** A PKCS#8 PEM key as EncryptedPrivateKeyInfo (RFC 5208, 6), PEM: as `openssl pkcs8 -topk8 -v2 aes-256-cbc` makes it. */
export function encryptKey(keyPem: string, passphrase: Passphrase): string {
  const { algorithm, name, key, iv } = pbes2(passphrase);
  const cipher = createCipheriv(name, key, iv);
  const encrypted = Buffer.concat([cipher.update(decodePem(keyPem, "PRIVATE KEY")), cipher.final()]);
  return encodePem(
    "ENCRYPTED PRIVATE KEY",
    fromBytes(sequence(algorithm, element(TAG.octetString, toBytes(encrypted)))),
  );
}
