/** Armor (RFC 9580, 6.2): headers, an empty line, base64, and a checksum that is optional. */
const ARMOR = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g;

/** Public key, public subkey, user ID, user attribute, signature, trust (RFC 9580, 5). */
const PUBLIC_TAGS: ReadonlySet<number> = new Set([6, 14, 13, 17, 2, 12]);
const SECRET_TAGS: ReadonlySet<number> = new Set([5, 7]);

/**
 * Whether the bytes are OpenPGP keys, armored or not: public ones only, or with a secret one among them; null for
 * anything else. Signatures are not checked.
 */
export function openPgpKeys(data: Uint8Array): "public" | "secret" | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const text = bytes.toString("latin1");
  if (text.includes("-----BEGIN PGP PRIVATE KEY BLOCK-----")) return "secret";
  if (!text.includes("-----BEGIN PGP")) return judge(packetTags(bytes));
  const blocks = [...text.matchAll(ARMOR)].map(([, inside = ""]) => judge(packetTags(dearmor(inside))));
  if (blocks.includes("secret")) return "secret";
  return blocks.length === 0 || blocks.includes(null) ? null : "public";
}

function judge(tags: readonly number[] | null): "public" | "secret" | null {
  if (tags === null || tags.length === 0) return null;
  if (tags.some((tag) => SECRET_TAGS.has(tag))) return "secret";
  return tags[0] === 6 && tags.every((tag) => PUBLIC_TAGS.has(tag)) ? "public" : null;
}

function dearmor(inside: string): Buffer {
  const lines = inside.replaceAll("\r", "").split("\n");
  const empty = lines.findIndex((line) => line.trim() === "");
  const body = lines.slice(empty + 1).filter((line) => !line.startsWith("="));
  return Buffer.from(body.join(""), "base64");
}

/** The tags of a sequence of packets that ends with the bytes; null where it does not. */
function packetTags(bytes: Buffer): number[] | null {
  const tags: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = packetHeader(bytes, at);
    if (header === null || header.end > bytes.length) return null;
    tags.push(header.tag);
    at = header.end;
  }
  return tags;
}

/** RFC 9580, 4.2: both formats. Keys never have partial or indeterminate lengths. */
function packetHeader(bytes: Buffer, at: number): { readonly tag: number; readonly end: number } | null {
  const first = bytes[at] ?? 0;
  if ((first & 0x80) === 0) return null;
  const number = (from: number, size: number) => (from + size <= bytes.length ? bytes.readUIntBE(from, size) : null);
  const body = (size: number, length: number | null, tag: number) =>
    length === null ? null : { tag, end: at + 1 + size + length };
  if ((first & 0x40) === 0) {
    const size = [1, 2, 4][first & 3];
    return size === undefined ? null : body(size, number(at + 1, size), (first >> 2) & 15);
  }
  const tag = first & 63;
  const one = bytes[at + 1] ?? 224;
  if (one < 192) return body(1, one, tag);
  if (one < 224) return body(2, ((one - 192) << 8) + (bytes[at + 2] ?? 0) + 192, tag);
  return one === 255 ? body(5, number(at + 2, 4), tag) : null;
}
