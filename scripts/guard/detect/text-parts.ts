import type { Work } from "./work.ts";

/** Part of a text around a place; it is paid for, as it will be searched some times. */
export function around(text: string, at: number, before: number, after: number, work: Work): string {
  work.charge(before + after);
  return text.slice(Math.max(0, at - before), at + after);
}

/** Characters of base64 in a text, without what strings in code and quoting put around a line. */
export function base64(text: string): string {
  const words = text.match(/[A-Za-z0-9+/]+/g) ?? [];
  return words.filter((word) => /[A-Za-z0-9]/.test(word)).join("");
}

/** base64 of either alphabet as base64url. */
export function base64url(text: string): string {
  return Buffer.from(text, "base64").toString("base64url");
}

/** `XXXX…`, `<your key>`: the same few characters again and again. Of 32 random ones some 24 differ. */
export function isPlaceholder(word: string): boolean {
  return new Set(word.slice(0, 64)).size < 10;
}
