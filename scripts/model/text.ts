/** A file that a person's program wrote, as text: no byte order mark, line ends as they were. */
export interface Text {
  readonly text: string;
  readonly encoding: "UTF-8" | "UTF-16";
}

/**
 * The text of these bytes: UTF-8 or UTF-16 (what a Windows shell's `>` writes), with a byte order mark or without.
 * Null where no reading is certain. Without a mark, UTF-16 is what has a NUL as the same half of at least every second
 * character, and never as the other half: no text in UTF-8 has any.
 */
export function readText(bytes: Uint8Array): Text | null {
  const order = markOf(bytes) ?? orderOf(bytes);
  if (order === "utf-32") return null;
  const text = decoded(bytes, order);
  return text === null ? null : { text, encoding: order === "utf-8" ? "UTF-8" : "UTF-16" };
}

type Order = "utf-8" | "utf-16le" | "utf-16be";

/** Unicode 23.8, by its byte order mark. UTF-32 is written by nobody's editor, and its mark begins as UTF-16's. */
function markOf(bytes: Uint8Array): Order | "utf-32" | null {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "utf-32" : "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  return a === 0 && b === 0 && c === 0xfe && d === 0xff ? "utf-32" : null;
}

function orderOf(bytes: Uint8Array): Order {
  if (!bytes.includes(0)) return "utf-8";
  const zeros = [0, 0];
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (even === 0 && odd * 4 >= bytes.length) return "utf-16le";
  return odd === 0 && even * 4 >= bytes.length ? "utf-16be" : "utf-8";
}

/** The decoder takes a mark at the start off. */
function decoded(bytes: Uint8Array, order: Order): string | null {
  try {
    return new TextDecoder(order, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The text with every line ended by LF: CR LF is Windows', a lone CR that of old Macs. */
export function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/** A file as programs that know nothing of all this read it: UTF-8, lines ended by LF. What is no text is left as UTF-8 has it. */
export function plainText(bytes: Uint8Array | null): string {
  return bytes === null ? "" : withLineFeeds(readText(bytes)?.text ?? new TextDecoder().decode(bytes));
}
