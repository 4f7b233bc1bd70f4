import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  publicEncrypt,
} from "node:crypto";
import { readCertificateParts } from "./certificate.ts";
import { context, TAG } from "./der.ts";
import {
  type Bytes,
  bitString,
  element,
  explicit,
  fromBytes,
  integer,
  oid,
  sequence,
  serialInteger,
  toBytes,
} from "./der-write.ts";
import { X509Error } from "./error.ts";
import { readPublicKeyInfo } from "./keys.ts";
import { OID } from "./oids.ts";
import { decodePem, encodePem } from "./pem.ts";

/** The chance that goes into one envelope; every part fresh for each. */
export interface EnvelopeSecrets {
  /** AES-256, 32 bytes. */
  readonly contentKey: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
  /** A new private key on the recipient's curve; null where the recipient's key is RSA. */
  readonly ephemeral: KeyObject | null;
}

/** What a new key for an envelope must be: the recipient's curve, null for RSA, `none` where no envelope is possible. */
export function envelopeCurve(certificatePem: string): "P-256" | "P-384" | null | "none" {
  const key = recipientOf(certificatePem).publicKey;
  if (key.asymmetricKeyType === "rsa") return null;
  if (key.asymmetricKeyType !== "ec") return "none";
  return key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "P-384" : "P-256";
}

/**
 * PEM "CMS": EnvelopedData (RFC 5652, 6) that only the holder of this certificate's key opens, with
 * `openssl cms -decrypt -inform PEM`. AES-256-CBC; the key by RSA-OAEP with SHA-256 (RFC 3560, 4055) or by
 * ephemeral-static ECDH with SHA-256 and AES-256 key wrap (RFC 5753). It hides, it does not authenticate: what comes
 * out has to be checked.
 * @throws X509Error for a key that only signs (Ed25519)
 */
export function envelop(content: Uint8Array, certificatePem: string, secrets: EnvelopeSecrets): string {
  const recipient = recipientOf(certificatePem);
  const agreed = recipient.publicKey.asymmetricKeyType === "ec";
  const info = agreed ? keyAgreement(recipient, secrets) : keyTransport(recipient, secrets.contentKey);
  // RFC 5652, 6.1: version 2 as soon as a recipient's information is not of version 0.
  const enveloped = sequence(integer(agreed ? 2 : 0), element(TAG.set, info), encryptedContent(content, secrets));
  return encodePem("CMS", fromBytes(sequence(oid(OID.envelopedData), explicit(0, enveloped))));
}

interface Recipient {
  readonly publicKey: KeyObject;
  /** IssuerAndSerialNumber */
  readonly id: Bytes;
}

function recipientOf(certificatePem: string): Recipient {
  const { issuer, serial, spki } = readCertificateParts(decodePem(certificatePem, "CERTIFICATE"));
  return {
    publicKey: createPublicKey({ key: spki.raw, type: "spki", format: "der" }),
    id: sequence(toBytes(issuer.raw), serialInteger(serial)),
  };
}

function encryptedContent(content: Uint8Array, { contentKey, iv }: EnvelopeSecrets): Bytes {
  const cipher = createCipheriv("aes-256-cbc", contentKey, iv);
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return sequence(
    oid(OID.data),
    sequence(oid(OID.aes256Cbc), element(TAG.octetString, toBytes(iv))),
    element(context(0, false), toBytes(encrypted)),
  );
}

/** KeyTransRecipientInfo (RFC 5652, 6.2.1) */
function keyTransport({ publicKey, id }: Recipient, contentKey: Uint8Array): Bytes {
  if (publicKey.asymmetricKeyType !== "rsa") {
    throw new X509Error(`nothing can be encrypted to a key of type ${publicKey.asymmetricKeyType ?? "secret"}`);
  }
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const encrypted = publicEncrypt({ key: publicKey, padding, oaepHash: "sha256" }, contentKey);
  const sha256 = sequence(oid(OID.sha256), element(TAG.null, ""));
  const parameters = sequence(explicit(0, sha256), explicit(1, sequence(oid(OID.mgf1), sha256)));
  return sequence(
    integer(0),
    id,
    sequence(oid(OID.rsaesOaep), parameters),
    element(TAG.octetString, toBytes(encrypted)),
  );
}

const wrap = () => sequence(oid(OID.aes256Wrap));

/** KeyAgreeRecipientInfo (RFC 5652, 6.2.2), dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753, 7.1.4) */
function keyAgreement({ publicKey, id }: Recipient, { contentKey, ephemeral }: EnvelopeSecrets): Bytes {
  if (ephemeral === null) throw new X509Error("an envelope to an elliptic curve key needs a new key on its curve");
  const own = readPublicKeyInfo(createPublicKey(ephemeral).export({ type: "spki", format: "der" }));
  const originator = sequence(sequence(oid(OID.ecPublicKey)), bitString(toBytes(own.key.content)));
  const kek = derivedKey(diffieHellman({ privateKey: ephemeral, publicKey }));
  // RFC 3394, 2.2.3.1: the initial value that proves a key was unwrapped whole.
  const cipher = createCipheriv("id-aes256-wrap", kek, Buffer.alloc(8, 0xa6));
  const wrapped = Buffer.concat([cipher.update(contentKey), cipher.final()]);
  return element(
    context(1, true),
    [
      integer(3),
      explicit(0, element(context(1, true), originator.slice(headerSize(originator)))),
      sequence(oid(OID.ecdhSha256), wrap()),
      sequence(sequence(id, element(TAG.octetString, toBytes(wrapped)))),
    ].join(""),
  );
}

/** Tag and length of an element shorter than 256 bytes: `[1] IMPLICIT` takes its contents only. */
function headerSize(encoded: Bytes): number {
  return encoded.charCodeAt(1) < 0x80 ? 2 : 3;
}

/** One block of the X9.63 derivation (SEC 1, 3.6.1) over ECC-CMS-SharedInfo (RFC 5753, 7.2) for 256 bits. */
function derivedKey(shared: Buffer): Buffer {
  const bits = element(TAG.octetString, "\0\0\x01\0");
  const info = sequence(wrap(), explicit(2, bits));
  return createHash("sha256")
    .update(shared)
    .update(Buffer.from([0, 0, 0, 1]))
    .update(fromBytes(info))
    .digest();
}
