import { DIGEST, OBJECT_ID } from "../model/content.ts";
import { ALLOW_FILE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { readText } from "../model/text.ts";
import { type Instant, parseInstant } from "../model/time.ts";
import { findSlip } from "../model/yaml-slip-lines.ts";

/** What pki/guard-allow.yaml excepts, by blob id or by the public key's SHA-256; nothing once it has expired. */
export interface Allow {
  readonly blobs: ReadonlySet<string>;
  readonly publicKeys: ReadonlySet<string>;
}

export const NOTHING_ALLOWED: Allow = { blobs: new Set(), publicKeys: new Set() };

const FIELDS = ["blob", "public_key", "reason", "expires"];
const LARGEST = 256 * 1024;

/**
 * Reads the exceptions: a list of `{ blob: ID, reason: TEXT, expires: INSTANT }` or `{ public_key: sha256:HEX, … }`. No
 * globs, no paths: what is excepted is these very bytes. Throws UserError with the entry's number.
 */
export async function parseAllow(bytes: Uint8Array, now: Instant): Promise<Allow> {
  if (bytes.length > LARGEST) throw wrong("it is far too large");
  const text = readText(bytes)?.text;
  if (text === undefined) throw wrong("it is not UTF-8; save it as that");
  const { parse } = await import("yaml");
  const document = parsed(text, () => parse(text, { schema: "failsafe", maxAliasCount: 0, logLevel: "error" }));
  const blobs = new Set<string>();
  const publicKeys = new Set<string>();
  if (document === null || document === undefined || document === "") return { blobs, publicKeys };
  if (!Array.isArray(document)) throw wrong("a list of exceptions is wanted");
  for (const [index, entry] of document.entries()) {
    const { blob, publicKey, expires } = readEntry(entry, `exception ${index + 1}`);
    if (expires <= now) continue;
    if (blob !== null) blobs.add(blob);
    if (publicKey !== null) publicKeys.add(publicKey);
  }
  return { blobs, publicKeys };
}

function parsed(text: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    const slip = findSlip(text);
    if (slip === null) throw wrong("it is not YAML");
    const line = text.slice(0, slip.offset).split("\n").length;
    throw wrong(`line ${line}: ${slip.message} (${slip.hint})`);
  }
}

function readEntry(entry: unknown, which: string) {
  if (typeof entry !== "object" || entry === null) throw wrong(`${which} is not a mapping`);
  const fields = new Map(Object.entries(entry));
  const unknown = [...fields.keys()].find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw wrong(`${which} has a field that is none of ${FIELDS.join(", ")}`);
  const text = (name: string): string | null => {
    const value = fields.get(name);
    return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
  };
  const [blob, publicKey, expires] = [text("blob"), text("public_key"), parseInstant(text("expires") ?? "")];
  if ((blob === null) === (publicKey === null)) throw wrong(`${which} needs either blob or public_key`);
  if (blob !== null && !OBJECT_ID.test(blob)) throw wrong(`${which}: blob is not the full id of a blob`);
  if (publicKey !== null && !DIGEST.test(publicKey)) throw wrong(`${which}: public_key is not sha256: and 64 digits`);
  if (text("reason") === null) throw wrong(`${which} has no reason`);
  if (expires === null) throw wrong(`${which} has no date in expires, such as 2027-06-30`);
  return { blob, publicKey, expires };
}

function wrong(why: string): UserError {
  return new UserError(`${ALLOW_FILE}: ${why}; nothing is excepted until it is mended`);
}
