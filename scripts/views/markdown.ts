import { oneLine } from "../model/printable.ts";
import { cut } from "../model/words.ts";
import { wrap } from "./wrap.ts";

/** Code blocks scroll instead of breaking lines; this many columns fit a comment. */
const WIDTH = 96;

/**
 * Untrusted text for a line of a code block: one line of it, at most `most` characters, and no backtick, without which
 * no fence can be closed (CommonMark 0.31, 4.5). Mentions, references, links and HTML mean nothing in a code block.
 */
export function inert(text: string, most = Number.POSITIVE_INFINITY): string {
  return cut(oneLine(text, most).replaceAll("`", "\\u{60}"), most);
}

/** Lines of a diff block: the symbol in the first column of each, the text behind it, later lines further in. */
export function diffLines(symbol: string, text: string): string[] {
  return wrap(text.trim(), WIDTH, { first: `${symbol} `, rest: `${symbol}    ` });
}

/** A code block that is coloured by the first column (`+` green, `-` red, `!` orange); nothing without lines. */
export function diffBlock(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["```diff", ...lines, "```"];
}

/** Paragraphs and blocks that a reader opens; `summary` is ours. */
export function folded(summary: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<details><summary>${summary}</summary>`, "", ...lines, "", "</details>"];
}
