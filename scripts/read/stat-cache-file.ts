import { createHash, hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { UserError } from "../model/problem.ts";

/** Path from the top; size in bytes, mtime and ctime in milliseconds, inode; as JSON, what was read. */
export type CacheEntry = readonly [
  path: string,
  size: number,
  modified: number,
  changed: number,
  inode: number,
  packed: unknown,
];

interface CacheFile {
  /** Unix seconds, by this machine's clock, just before it was written. */
  readonly written: number;
  readonly entries: readonly CacheEntry[];
}

/** Raised whenever the format changes. */
const FORMAT = "gatehouse state cache 1";

/** Four lines: the format, the code that read, when, SHA-256 of all the rest; then JSON. */
export function encodeCache({ written, entries }: CacheFile): Buffer {
  const body = Buffer.from(`${FORMAT}\n${codeDigest()}\n${written}\n${JSON.stringify(entries)}`);
  return Buffer.concat([Buffer.from(`${hash("sha256", body)}\n`), body]);
}

/** The inverse. Throws UserError for what another version wrote, or is damaged in any way. */
export function decodeCache(bytes: Buffer): CacheFile {
  const start = bytes.indexOf(10) + 1;
  const body = bytes.subarray(start);
  if (bytes.toString("latin1", 0, start) !== `${hash("sha256", body)}\n`) throw new UserError("is damaged");
  const head = body.toString("latin1", 0, HEAD_BYTES).split("\n", 3);
  const [format, code, written] = head;
  if (format !== FORMAT || code !== codeDigest()) throw new UserError("was written by another version");
  const entries: unknown = JSON.parse(body.toString("utf8", head.join("\n").length + 1));
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new UserError("does not hold entries");
  return { written: Number(written), entries };
}

const HEAD_BYTES = 256;

function isEntry(value: unknown): value is CacheEntry {
  if (!Array.isArray(value) || value.length !== 6 || typeof value[0] !== "string") return false;
  for (let at = 1; at < 5; at += 1) if (typeof value[at] !== "number") return false;
  return true;
}

let code: string | undefined;

/**
 * Of everything that decides what reading a file gives: our own code, whose mistakes may be mended without a new
 * version number, and Node with its OpenSSL.
 */
function codeDigest(): string {
  if (code !== undefined) return code;
  const digest = createHash("sha256").update(`${process.version} ${process.versions.openssl}\n`);
  for (const room of ["read", "x509", "model", "system"]) {
    const directory = new URL(`../${room}/`, import.meta.url);
    for (const name of readdirSync(directory).sort()) {
      if (name.endsWith(".ts")) digest.update(`${name}\n`).update(readFileSync(new URL(name, directory)));
    }
  }
  code = digest.digest("hex");
  return code;
}
