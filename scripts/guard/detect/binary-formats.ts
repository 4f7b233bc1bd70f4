import { clear, encrypted, type Found } from "./detection.ts";
import { publicOfRaw, publicOfSsh, sshStrings } from "./public-key.ts";
import type { Work } from "./work.ts";

/** OpenSSH's own format (its PROTOCOL.key): magic, cipher, kdf, options, count, public keys, private part. */
export function openSsh(bytes: Buffer, at: number, work: Work): Found | null {
  const rest = bytes.subarray(at + 15);
  const [cipher, kdf, options] = sshStrings(rest, 3);
  if (cipher === undefined || kdf === undefined || options === undefined) return null;
  const from = 12 + cipher.length + kdf.length + options.length + 4;
  const [blob] = sshStrings(rest.subarray(from), 1);
  if (blob === undefined || rest.length < from + 8 + blob.length + 32) return null;
  const fingerprint = publicOfSsh(blob, work);
  if (cipher.toString("latin1") === "none") return clear("OpenSSH private key", fingerprint);
  const strong =
    kdf.toString("latin1") === "bcrypt" && !/3des|blowfish|cast|arcfour|^des/.test(cipher.toString("latin1"));
  return encrypted("OpenSSH private key", strong, fingerprint);
}

/** SSH 1: a line and NUL, the cipher, four zeros, then how many bits the key has. Its own encryption is 3DES by MD5. */
export function ssh1(bytes: Buffer, at: number): Found | null {
  const rest = bytes.subarray(at + 33);
  if (rest.length < 64 || (rest[0] ?? 9) > 6 || rest.readUInt32BE(1) !== 0) return null;
  const bits = rest.readUInt32BE(5);
  // The modulus, with its length again.
  return bits >= 512 && bits <= 16_384 && rest.readUInt16BE(9) === bits ? clear("SSH 1 private key") : null;
}

/** Java's keystores: JKS and JCEKS. Its encryption of keys is its own invention, or MD5 and 3DES. */
export function javaKeystore(bytes: Buffer, at: number, work: Work): Found | null {
  const version = bytes.length >= at + 12 ? bytes.readUInt32BE(at + 4) : 0;
  if (version !== 1 && version !== 2) return null;
  let cursor = at + 12;
  for (let left = bytes.readUInt32BE(at + 8); left > 0 && left < 100_000 && cursor + 14 < bytes.length; left -= 1) {
    work.charge(ENTRY);
    const tag = bytes.readUInt32BE(cursor);
    const alias = bytes.readUInt16BE(cursor + 4);
    const created = cursor + 6 + alias;
    if (created + 12 > bytes.length || bytes.readUInt16BE(created) !== 0) return null;
    if (tag === 1 || tag === 3) return encrypted("private key (Java keystore)", false);
    if (tag !== 2) return null;
    const type = version === 2 ? 2 + bytes.readUInt16BE(created + 8) : 0;
    const length = created + 8 + type;
    if (length + 4 > bytes.length) return null;
    cursor = length + 4 + bytes.readUInt32BE(length);
  }
  return null;
}

/** Looking at one entry of a keystore. */
const ENTRY = 50;

/** Tor's key of an onion service: a name in 32 bytes, then the 64 bytes of an expanded Ed25519 key. */
export function tor(bytes: Buffer, at: number): Found | null {
  const key = bytes.subarray(at + 32, at + 96);
  const isText = key.every((byte) => byte >= 0x09 && byte < 0x7f);
  return key.length === 64 && !isText && new Set(key).size > 24 ? clear("Tor onion service key") : null;
}

/** git-crypt's key file: magic, format 2, and somewhere soon a field 3 of 32 bytes. */
export function gitCryptKey(bytes: Buffer, at: number): Found | null {
  const rest = bytes.subarray(at + 12, at + 12 + 400);
  if (rest.length < 4 || rest.readUInt32BE(0) !== 2) return null;
  const field = rest.indexOf(Buffer.from("0000000300000020", "hex"));
  return field > 0 && rest.length >= field + 32 ? clear("git-crypt key, which opens every key here") : null;
}

/** A minisign secret key: `Ed`, the kdf (`Sc` or none), `B2`, salt 32, limits 16, id 8, key 64, checksum 32. */
export function minisign(bytes: Buffer, at: number, work: Work): Found | null {
  if (bytes.length < at + 142) return null;
  const kdf = bytes.toString("latin1", at + 2, at + 4);
  if (bytes.toString("latin1", at + 4, at + 6) !== "B2") return null;
  if (kdf === "Sc") return encrypted("minisign secret key", true);
  if (kdf !== "\0\0") return null;
  return clear("minisign secret key", publicOfRaw("ed25519", bytes.subarray(at + 62, at + 94), work));
}

/** A signify secret key: `Ed`, `BK`, rounds, salt 16, checksum 8, id 8, key 64. */
export function signify(bytes: Buffer, at: number, work: Work): Found | null {
  if (bytes.length < at + 104 || bytes.toString("latin1", at + 2, at + 4) !== "BK") return null;
  const rounds = bytes.readUInt32BE(at + 4);
  if (rounds > 100_000) return null;
  if (rounds > 0) return encrypted("signify secret key", true);
  return clear("signify secret key", publicOfRaw("ed25519", bytes.subarray(at + 40, at + 72), work));
}
