import { cut } from "./words.ts";

/**
 * What a terminal or a log viewer acts upon, or hides, instead of showing it: controls (an ANSI escape begins with
 * one), formats such as the bidirectional overrides ("Trojan Source", Unicode TR 36), lone surrogates, private and
 * unassigned code points (\p{C}), line and paragraph separators, and everything that is drawn as nothing.
 */
export const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** The same, and blanks that look like a space and are another character. */
const MISLEADING = new RegExp(`${UNSEEN.source}|(?! )\\p{Zs}`, "gu");

/** One line of untrusted text as it may be shown: what acts or hides becomes a visible `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** The same, and no blank looks like a space that is none. */
export function unmistakable(text: string): string {
  return text.replace(MISLEADING, escaped);
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The same for text of several lines: line feeds stay. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** A message as one line of at most `most` characters; cut before as well, since what is shown may be far longer. */
export function oneLine(text: string, most = Number.POSITIVE_INFINITY): string {
  return cut(printable(text.slice(0, most + 1).replace(/\s+/g, " ")).trim(), most);
}

/**
 * Text as one word of sh: inside single quotes nothing but the single quote is special (POSIX, 2.2.2). People paste it
 * into zsh too, to which `=ls` is where ls is.
 */
export function shellWord(text: string): string {
  return /^(?!=)[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * What the runners of forges obey in a job's log, wherever it came from (a file's name, a commit's message, a server's
 * answer): a line that begins with `::`, blanks before it or not; `##[` anywhere (actions/runner, ActionCommand.cs; the
 * runners of Forgejo and Gitea take both from a line's beginning); GitLab's markers of sections. All are shown broken,
 * so that a JSON string has the same value still. In JSON none of them stands outside of a string.
 */
export function inert(text: string): string {
  return text.replaceAll("##[", "##\\u005b").replace(LEADING, "$1\\u003a:").replace(SECTION, "$1\\u003a");
}

/** `^` is the beginning of what any of them takes for a line; C#'s blanks are ours, and NEL. */
const LEADING = /^([^\S\r\n\u2028\u2029]*(?:\u0085[^\S\r\n\u2028\u2029]*)*)::/gm;
const SECTION = /(section_(?:start|end)):(?=\d)/g;
