import { createCipheriv, createHash, createHmac } from "node:crypto";
import { context, TAG } from "./der.ts";
import { type Bytes, element, explicit, fromBytes, integer, oid, sequence, toBytes } from "./der-write.ts";
import { OID } from "./oids.ts";
import { type Cipher, pbes2 } from "./pbes2.ts";
import { decodePem } from "./pem.ts";

export interface Pkcs12Input {
  /** PKCS#8 PEM. */
  readonly keyPem: string;
  /** One PEM block each, the leaf first, then its issuers. */
  readonly certificates: readonly string[];
  /** What programs show people. */
  readonly friendlyName: string;
  readonly passphrase: string;
  /** 3DES and SHA-1 for the macOS keychain and old Windows, which read nothing newer. */
  readonly compat: boolean;
  /** Fresh random bytes. */
  readonly random: (size: number) => Uint8Array;
}

/** OpenSSL's default for PKCS#12 is 2048; a file that travels is attacked at leisure, and this takes about 0.1 s. */
const ITERATIONS = 100_000;
/** The MAC's own derivation is a loop in JavaScript. Old systems refuse more than some thousands. */
const MAC_ITERATIONS = 10_000;
const COMPAT_ITERATIONS = 2048;

/**
 * A PFX (RFC 7292): certificates and key encrypted with the passphrase. AES-256 and SHA-256 by default, which OpenSSL 3,
 * NSS, GnuTLS, Java 17 and Windows 10 read.
 */
export function makePkcs12(input: Pkcs12Input): Buffer {
  const localKeyId = createHash("sha1")
    .update(decodePem(input.certificates[0] ?? "", "CERTIFICATE"))
    .digest();
  const attributes = bagAttributes(input.friendlyName, toBytes(localKeyId));
  const bags = input.certificates.map((pem, index) => certificateBag(pem, index === 0 ? attributes : ""));
  const key = encrypt(decodePem(input.keyPem, "PRIVATE KEY"), input);
  const keyBag = bag(OID.shroudedKeyBag, sequence(key.algorithm, element(TAG.octetString, key.encrypted)), attributes);
  const safes = fromBytes(sequence(encryptedSafe(sequence(...bags), input), dataInfo(sequence(keyBag))));
  return fromBytes(sequence(integer(3), dataInfo(toBytes(safes)), macData(safes, input)));
}

function dataInfo(content: Bytes): Bytes {
  return sequence(oid(OID.data), explicit(0, element(TAG.octetString, content)));
}

/** A ContentInfo of EncryptedData (RFC 5652, 8) */
function encryptedSafe(contents: Bytes, input: Pkcs12Input): Bytes {
  const { algorithm, encrypted } = encrypt(fromBytes(contents), input);
  const info = sequence(oid(OID.data), algorithm, element(context(0, false), encrypted));
  return sequence(oid(OID.encryptedData), explicit(0, sequence(integer(0), info)));
}

/** SafeBag (RFC 7292, 4.2) */
function bag(type: string, value: Bytes, attributes: Bytes): Bytes {
  return sequence(oid(type), explicit(0, value), attributes);
}

function certificateBag(pem: string, attributes: Bytes): Bytes {
  const der = element(TAG.octetString, toBytes(decodePem(pem, "CERTIFICATE")));
  return bag(OID.certBag, sequence(oid(OID.x509Certificate), explicit(0, der)), attributes);
}

/** friendlyName (BMPString) and localKeyId, which ties the key to its certificate. */
function bagAttributes(friendlyName: string, localKeyId: Bytes): Bytes {
  // node-forge itself writes a BMPString's characters as two bytes each.
  return element(
    TAG.set,
    [
      sequence(oid(OID.friendlyName), element(TAG.set, element(TAG.bmpString, friendlyName))),
      sequence(oid(OID.localKeyId), element(TAG.set, element(TAG.octetString, localKeyId))),
    ].join(""),
  );
}

interface Encrypted {
  readonly algorithm: Bytes;
  readonly encrypted: Bytes;
}

function encrypt(plain: Buffer, input: Pkcs12Input): Encrypted {
  const { algorithm, name, key, iv } = input.compat ? tripleDes(input) : pbes2({ ...input, iterations: ITERATIONS });
  const cipher = createCipheriv(name, key, iv);
  return { algorithm, encrypted: toBytes(Buffer.concat([cipher.update(plain), cipher.final()])) };
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C) */
function tripleDes({ passphrase, random }: Pkcs12Input): Cipher {
  const salt = random(8);
  const derive = (id: number, size: number) =>
    deriveKey({ hash: "sha1", passphrase, salt, id, size, iterations: COMPAT_ITERATIONS });
  const parameters = sequence(element(TAG.octetString, toBytes(salt)), integer(COMPAT_ITERATIONS));
  const algorithm = sequence(oid(OID.pbeSha1TripleDes), parameters);
  return { algorithm, name: "des-ede3-cbc", key: derive(1, 24), iv: derive(2, 8) };
}

/** MacData (RFC 7292, 4): without it NSS and others refuse the file. */
function macData(safes: Buffer, { passphrase, compat, random }: Pkcs12Input): Bytes {
  const [hash, size, algorithm] = compat ? (["sha1", 20, OID.sha1] as const) : (["sha256", 32, OID.sha256] as const);
  const iterations = compat ? COMPAT_ITERATIONS : MAC_ITERATIONS;
  const salt = random(16);
  const key = deriveKey({ hash, passphrase, salt, id: 3, size, iterations });
  const digest = createHmac(hash, key).update(safes).digest();
  const info = sequence(sequence(oid(algorithm), element(TAG.null, "")), element(TAG.octetString, toBytes(digest)));
  return sequence(info, element(TAG.octetString, toBytes(salt)), integer(iterations));
}

interface Derivation {
  readonly hash: "sha1" | "sha256";
  readonly passphrase: string;
  readonly salt: Uint8Array;
  /** 1: key, 2: IV, 3: MAC key. */
  readonly id: number;
  /** Bytes wanted. */
  readonly size: number;
  readonly iterations: number;
}

/** Bytes of a block of SHA-1 and SHA-256. */
const BLOCK = 64;

/** PKCS#12's own derivation (RFC 7292, appendix B.2). */
function deriveKey({ hash, passphrase, salt, id, size, iterations }: Derivation): Uint8Array {
  // B.1: a BMPString with two zero bytes at its end.
  const password = Buffer.from(`${passphrase}\0`, "utf16le").swap16();
  const input = Buffer.concat([fill(salt), fill(password)]);
  const blocks: Buffer[] = [];
  for (let made = 0; made < size; made += blocks.at(-1)?.length ?? size) {
    let digest = createHash(hash).update(Buffer.alloc(BLOCK, id)).update(input).digest();
    for (let round = 1; round < iterations; round++) digest = createHash(hash).update(digest).digest();
    blocks.push(digest);
    addToBlocks(input, fill(digest).subarray(0, BLOCK));
  }
  return Buffer.concat(blocks).subarray(0, size);
}

/** Repeated to a whole number of blocks. */
function fill(bytes: Uint8Array): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / BLOCK) * BLOCK, bytes);
}

/** Each block of `input` becomes (block + addend + 1) mod 2^512. */
function addToBlocks(input: Buffer, addend: Buffer): void {
  for (let start = 0; start < input.length; start += BLOCK) {
    let carry = 1;
    for (let at = BLOCK - 1; at >= 0; at--) {
      const sum = (input[start + at] ?? 0) + (addend[at] ?? 0) + carry;
      input[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
