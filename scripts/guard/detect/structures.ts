import * as binary from "./binary-formats.ts";
import { keyAt } from "./der-keys.ts";
import { encrypted, type Found } from "./detection.ts";
import { pgpSecret } from "./pgp.ts";
import { cngEc, cngRsa, privateKeyBlob, pvk } from "./windows-keys.ts";
import type { Work } from "./work.ts";
import { ZLIB_HEADERS } from "./zlib-streams.ts";

/** What is told of the structures in bytes. */
export interface Visitor {
  found(found: Found, at: number): void;
  /** Something begins here that may be an archive: where to go on, past it where it was unpacked. */
  packed(at: number): number;
}

type Read = (bytes: Buffer, at: number, work: Work) => Found | null;

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const hex = (digits: string): Buffer => Buffer.from(digits, "hex");

const MAGIC: readonly (readonly [magic: Buffer, read: Read])[] = [
  [latin1("openssh-key-v1\0"), binary.openSsh],
  [latin1("\0GITCRYPTKEY"), binary.gitCryptKey],
  [hex("feedfeed"), binary.javaKeystore],
  [hex("cececece"), binary.javaKeystore],
  [latin1("Ed"), binary.minisign],
  [latin1("EdBK"), binary.signify],
  [latin1("SSH PRIVATE KEY FILE FORMAT 1.1\n\0"), binary.ssh1],
  [hex("3f6ff9eb0000"), () => encrypted("ssh.com private key", false)],
  [latin1("== ed25519v1-secret: type0 ==\0\0\0"), binary.tor],
  [hex("1ef1b5b0"), pvk],
  [hex("07020000"), privateKeyBlob],
  [latin1("RSA2"), cngRsa],
  [latin1("RSA3"), cngRsa],
  [latin1("ECS"), cngEc],
  [latin1("ECK"), cngEc],
];

/** How archives begin: gzip, compress, zip, Zstandard, xz, and those that unopened.ts knows. */
const ARCHIVES = ["1f8b", "1f9d", "504b", "28b5", "fd37"].concat([
  "425a",
  "377a",
  "5261",
  "0422",
  "6873",
  "4c5a",
  "4d53",
  "5d00",
  "894c",
]);

const NOTHING = 0;
const DER = 1;
const PGP = 2;
const OTHER = 3;
const ARCHIVE = 4;

/** By two bytes, what may begin there. */
const BEGINS = new Uint8Array(0x10000);
for (const byte of [0x94, 0x95, 0x96, 0x9c, 0x9d, 0x9e, 0xc5, 0xc7]) BEGINS.fill(PGP, byte << 8, (byte + 1) << 8);
// A SEQUENCE of sixteen bytes or more, with whatever form of length.
BEGINS.fill(DER, 0x3010, 0x3085);
for (const [magic] of MAGIC) BEGINS[magic.readUInt16BE(0)] = OTHER;
for (const pair of ZLIB_HEADERS) BEGINS[pair] = ARCHIVE;
for (const pair of ARCHIVES) BEGINS[hex(pair).readUInt16BE(0)] = ARCHIVE;
const BY_PAIR = Map.groupBy(MAGIC, ([magic]) => magic.readUInt16BE(0));

/** Binary structures at any offset. */
export function visitStructures(bytes: Buffer, work: Work, visitor: Visitor): void {
  work.charge(bytes.length);
  const length = bytes.length - 8;
  for (let at = 0; at < length; at += 1) {
    const kind = BEGINS[((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)];
    if (kind === NOTHING) continue;
    if (kind === DER) {
      const key = mayBeKey(bytes, at) ? keyAt(bytes, at, work) : null;
      if (key === null) continue;
      visitor.found(key.found, at);
      at = Math.max(at, key.end - 1);
    } else if (kind === PGP) {
      const found = mayBePgp(bytes, at) ? pgpSecret(bytes, at, work) : null;
      if (found !== null) visitor.found(found, at);
    } else if (kind === ARCHIVE) at = Math.max(at, visitor.packed(at) - 1);
    else visitMagic(bytes, at, work, visitor);
  }
}

function visitMagic(bytes: Buffer, at: number, work: Work, visitor: Visitor): void {
  for (const [magic, read] of BY_PAIR.get(bytes.readUInt16BE(at)) ?? []) {
    if (!standsAt(bytes, at, magic)) continue;
    work.charge(LOOK);
    const found = read(bytes, at, work);
    if (found !== null) visitor.found(found, at);
  }
}

/** Reading a header costs about as much as looking at so many bytes. */
const LOOK = 50;

function standsAt(bytes: Buffer, at: number, magic: Buffer): boolean {
  for (let index = 2; index < magic.length; index += 1) if (bytes[at + index] !== magic[index]) return false;
  return true;
}

/** A SEQUENCE whose first element is an INTEGER, or a SEQUENCE of an OID: all else is no key, and is by far the most. */
function mayBeKey(bytes: Buffer, at: number): boolean {
  const inner = at + headerSize(bytes, at);
  if (bytes[inner] === 0x02) return (bytes[inner + 1] ?? 0) < 0x85;
  return bytes[inner] === 0x30 && bytes[inner + headerSize(bytes, inner)] === 0x06;
}

function headerSize(bytes: Buffer, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return first > 0x80 && first < 0x85 ? 2 + (first & 0x7f) : 2;
}

/** By the version, which stands behind the length: 3 to 6. */
function mayBePgp(bytes: Buffer, at: number): boolean {
  const tag = bytes[at] ?? 0;
  const first = bytes[at + 1] ?? 0;
  const old = (tag & 0x40) === 0;
  const size = old ? 1 + (1 << (tag & 3)) : first < 192 ? 2 : first < 224 ? 3 : 6;
  const version = bytes[at + size] ?? 0;
  return version >= 3 && version <= 6;
}
