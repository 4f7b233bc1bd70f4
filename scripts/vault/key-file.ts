import { createHash, createSecretKey, type KeyObject } from "node:crypto";
import { UserError } from "../model/problem.ts";

/** One version of a git-crypt key. KeyObjects, so that no log or error can print their bytes by accident. */
export interface KeyVersion {
  readonly version: number;
  /** AES-256, 32 bytes. */
  readonly aes: KeyObject;
  /** HMAC-SHA1, 64 bytes. */
  readonly hmac: KeyObject;
}

export interface VaultKey {
  /** Null for git-crypt's default key. */
  readonly name: string | null;
  /** The newest first; never empty. git-crypt seals and opens with the newest. */
  readonly versions: readonly [KeyVersion, ...KeyVersion[]];
}

const MAGIC = Buffer.from("\0GITCRYPTKEY", "latin1");
const FORMAT = 2;
const HEADER = { end: 0, name: 1 } as const;
const ENTRY = { end: 0, version: 1, aes: 3, hmac: 5 } as const;
const NAME = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * Reads what `git-crypt export-key` wrote: magic, format 2, header fields, then entries of fields to the end of
 * the file; every number a big-endian u32. Fields with odd ids must be understood, even ones may be skipped.
 * Throws UserError without a byte of the file in it.
 */
export function parseKeyFile(bytes: Uint8Array): VaultKey {
  const reader = new Reader(Buffer.from(bytes));
  if (!reader.take(MAGIC.length).equals(MAGIC)) throw malformed("it does not begin as git-crypt's keys do");
  if (reader.number() !== FORMAT) throw malformed("it has another format than 2; git-crypt itself may know it");
  const header = fields(reader, [HEADER.name]);
  const name = header.get(HEADER.name)?.toString("latin1") ?? null;
  if (name !== null && !NAME.test(name)) throw malformed("its name has characters that git-crypt does not allow");
  const versions: KeyVersion[] = [];
  while (!reader.atEnd()) versions.push(entry(reader));
  const [newest, ...older] = versions.sort((a, b) => b.version - a.version);
  if (!newest) throw malformed("it holds no key");
  return { name, versions: [newest, ...older] };
}

/** The inverse: byte for byte what git-crypt writes, oldest version last as there. */
export function formatKeyFile(key: VaultKey): Buffer {
  const parts = [MAGIC, number(FORMAT)];
  if (key.name !== null) parts.push(field(HEADER.name, Buffer.from(key.name, "latin1")));
  parts.push(number(HEADER.end));
  for (const { version, aes, hmac } of key.versions) {
    parts.push(field(ENTRY.version, number(version)), field(ENTRY.aes, aes.export()));
    parts.push(field(ENTRY.hmac, hmac.export()), number(ENTRY.end));
  }
  return Buffer.concat(parts);
}

/** SHA-256 of the key file, lower-case hex: names a key without telling it. */
export function keyFingerprint(key: VaultKey): string {
  return createHash("sha256").update(formatKeyFile(key)).digest("hex");
}

function entry(reader: Reader): KeyVersion {
  const found = fields(reader, [ENTRY.version, ENTRY.aes, ENTRY.hmac]);
  const version = found.get(ENTRY.version);
  const aes = found.get(ENTRY.aes);
  const hmac = found.get(ENTRY.hmac);
  if (version?.length !== 4 || aes?.length !== 32 || hmac?.length !== 64) throw malformed("an entry is incomplete");
  return { version: version.readUInt32BE(), aes: createSecretKey(aes), hmac: createSecretKey(hmac) };
}

function fields(reader: Reader, known: readonly number[]): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let id = reader.number(); id !== 0; id = reader.number()) {
    const data = reader.take(reader.number());
    if (known.includes(id)) found.set(id, data);
    else if (id % 2 === 1) throw malformed("it needs a newer git-crypt");
  }
  return found;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw malformed("it is cut short");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function field(id: number, data: Buffer): Buffer {
  return Buffer.concat([number(id), number(data.length), data]);
}

function malformed(why: string): UserError {
  return new UserError(`this is not a git-crypt key file: ${why}`, "make one with: git-crypt export-key FILE");
}
