const ESCAPED = /\\|%[0-9A-Fa-f]{2}|&(?:#|lt|gt|quot|amp|apos)/;

/**
 * The same text, length for length, so that places stay: escapes of strings, URLs and XML become what they stand
 * for, padded with NUL, which the readers of base64 pass over; XML tags become blanks, as each line of a key in an office
 * document is a paragraph. Null where there is nothing of the kind.
 */
export function resolveEscapes(text: string): string | null {
  if (!ESCAPED.test(text)) return null;
  return text
    .replace(/\\+u00([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})(?![0-9A-Fa-f]|\\x)/g, (all, a, b) => code(all, a ?? b))
    .replace(/\\+[nrt]/g, (all) => "\n".padEnd(all.length, " "))
    .replace(/\\+(["'/])/g, (all, character: string) => joined(all, character))
    .replace(/%([0-9A-Fa-f]{2})/g, (all, hex: string) => code(all, hex))
    .replace(/&#(?:x0?([0-9a-fA-F]{1,2})|(\d{1,3}));/g, (all, hex: string | undefined, decimal: string | undefined) =>
      joined(all, String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))),
    )
    .replace(/&(lt|gt|quot|amp|apos);/g, (all, name: string) => joined(all, ENTITIES[name] ?? " "));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&", apos: "'" };

/** XML tags become blanks. */
export function withoutTags(text: string): string {
  return text.replace(/<[A-Za-z/?!][^<>]{0,400}>/g, (tag) => " ".repeat(tag.length));
}

/** A patch puts a sign before each line, and a base64 line may begin with the same. */
export function withoutDiffSigns(text: string): string {
  return text.replace(/^[+ -]/gm, " ");
}

function code(all: string, hex: string): string {
  return joined(all, String.fromCharCode(Number.parseInt(hex, 16)));
}

function joined(all: string, character: string): string {
  return character.padEnd(all.length, FILLER);
}

/** Marks a place that is no character: the streams join what is on either side of it into one word. */
const FILLER = "\x01";

const OFFSET = /^[0-9a-fA-F]{4,8}(?::[ \t]|[ \t]{2})/m;

/** A dump as xxd and hexdump -C print it, without offsets and the column of characters; null for any other text. */
export function withoutDumpColumns(text: string): string | null {
  if (!OFFSET.test(text)) return null;
  return text
    .split("\n")
    .map((line) => {
      const bytes = line.replace(/^[0-9a-fA-F]{4,8}(?::[ \t]|[ \t]{2})/, "").replace(/\|.*$/, "");
      return line.includes(": ") ? bytes.replace(/[ \t]{2,}.*$/, "") : bytes;
    })
    .join("\n");
}
