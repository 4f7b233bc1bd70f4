import { UNSEEN, unmistakable } from "../printable.ts";
import { nearest } from "../words.ts";

const LONGEST_SHOWN = 60;

/** Text from the file as a message may show it: in quotes, cut short, what is not seen as `\u{…}`. */
export function show(text: string): string {
  return `"${shortened(text, LONGEST_SHOWN)}"`;
}

/** Cut to `longest` UTF-16 units, what is not seen as `\u{…}`. */
export function shortened(text: string, longest: number): string {
  return unmistakable(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** The first character of `text` that is not seen, as `U+202E`; null when all are. */
export function unseen(text: string): string | null {
  const found = text.match(UNSEEN)?.[0];
  return found === undefined ? null : unicode(found);
}

export function unicode(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** `a, b or c` */
export function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** `did you mean …` for the nearest of the candidates, or null. */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const near = word.length > 64 ? null : nearest(word, candidates);
  return near === null ? null : `did you mean ${near}?`;
}
