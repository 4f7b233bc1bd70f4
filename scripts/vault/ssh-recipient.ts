import {
  constants,
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  publicEncrypt,
} from "node:crypto";
import type { Recipient, Stanza } from "age-encryption";

/** The wire format of public keys (RFC 4253, 6.6; RFC 8709, 4): strings with a length of four bytes before each. */
function strings(wire: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < wire.length; ) {
    const length = wire.readUInt32BE(at);
    if (at + 4 + length > wire.length) throw new RangeError("a string is cut short");
    parts.push(wire.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
}

/**
 * The recipient of a line `ssh-ed25519 AAAA…` or `ssh-rsa AAAA…`; null for anything else, short RSA keys and what is
 * no point of the curve included. The library knows age's own keys only; this is what age does (its package agessh), so
 * that `age -d -i ~/.ssh/id_ed25519` opens the file.
 * @param stanza makes the library's own kind of header line
 */
export async function sshRecipient(line: string, stanza: StanzaMaker): Promise<Recipient | null> {
  const [type, base64 = ""] = line.split(/\s+/);
  if ((type !== "ssh-ed25519" && type !== "ssh-rsa") || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const { ed25519: curve } = await import("@noble/curves/ed25519.js");
  try {
    const wire = Buffer.from(base64, "base64");
    const [name, first, second] = strings(wire);
    if (name?.toString("latin1") !== type || first === undefined) return null;
    if (type === "ssh-ed25519") return ed25519(wire, curve.utils.toMontgomery(first), stanza);
    return second === undefined ? null : rsa(wire, { exponent: first, modulus: second }, stanza);
  } catch {
    return null;
  }
}

type StanzaMaker = (args: string[], body: Uint8Array) => Stanza;

/** age knows an SSH key by the first four bytes of its hash. */
const tagOf = (wire: Buffer) => unpadded(createHash("sha256").update(wire).digest().subarray(0, 4));

const unpadded = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

const LEAST_RSA_BITS = 2048;

function rsa(wire: Buffer, key: { exponent: Buffer; modulus: Buffer }, stanza: StanzaMaker): Recipient | null {
  const number = (bytes: Buffer) => bytes.subarray(bytes[0] === 0 ? 1 : 0).toString("base64url");
  const jwk = { kty: "RSA", n: number(key.modulus), e: number(key.exponent) };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  if ((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS) return null;
  return {
    wrapFileKey: (fileKey) => {
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const oaepLabel = Buffer.from("age-encryption.org/v1/ssh-rsa");
      const body = publicEncrypt({ key: publicKey, padding, oaepHash: "sha256", oaepLabel }, fileKey);
      return [stanza(["ssh-rsa", tagOf(wire)], body)];
    },
  };
}

/** @param recipient the key's Edwards point as one of Curve25519 (RFC 7748, 4.1) */
function ed25519(wire: Buffer, recipient: Uint8Array, stanza: StanzaMaker): Recipient {
  return {
    wrapFileKey: (fileKey) => {
      const label = "age-encryption.org/v1/ssh-ed25519";
      const ephemeral = generateKeyPairSync("x25519");
      const share = rawPublic(ephemeral.publicKey);
      const tweak = Buffer.from(hkdfSync("sha256", "", wire, label, 32));
      const shared = x25519(privateKey(tweak), x25519(ephemeral.privateKey, recipient));
      const salt = Buffer.concat([share, recipient]);
      const wrapping = Buffer.from(hkdfSync("sha256", shared, salt, label, 32));
      // A key that is used once: a nonce of zeros (age's specification).
      const cipher = createCipheriv("chacha20-poly1305", wrapping, Buffer.alloc(12), { authTagLength: 16 });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [stanza(["ssh-ed25519", tagOf(wire), unpadded(share)], body)];
    },
  };
}

/** What stands before the 32 bytes in PKCS#8 and SubjectPublicKeyInfo (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI = Buffer.from("302a300506032b656e032100", "hex");

const privateKey = (scalar: Buffer) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, scalar]), format: "der", type: "pkcs8" });

const rawPublic = (key: KeyObject) => key.export({ format: "der", type: "spki" }).subarray(-32);

function x25519(secret: KeyObject, point: Uint8Array): Buffer {
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, point]), format: "der", type: "spki" });
  return diffieHellman({ privateKey: secret, publicKey });
}
