/** A slip of the pen in YAML: where it is, and not where a parser gives up. */
export interface Slip {
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
  /** Never what was meant, also where YAML takes it. */
  readonly always: boolean;
}

/** How a scan ends that has found one. */
export class Found extends Error {
  readonly slip: Slip;

  constructor(offset: number, message: string, hint: string, always = false) {
    super(message);
    this.slip = { offset, message, hint, always };
  }
}

/** Blanks that YAML takes for letters: they look like a space, and separate nothing. */
export const STRANGE_BLANK = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;

/** Spaces and tabs from here on: where they end. */
export function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at += 1;
  if (STRANGE_BLANK.test(text[at] ?? "")) throw strangeBlank(text, at);
  return at;
}

export function strangeBlank(text: string, at: number): Found {
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  return new Found(at, `the blank U+${code} looks like a space, and is none to YAML`, "write a plain space", true);
}

/** Where the line of this offset ends, without its line end. */
export function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  const end = feed < 0 ? text.length : feed;
  return end > from && text[end - 1] === "\r" ? end - 1 : end;
}

/** The beginning of the next line. */
export function nextLine(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  return feed < 0 ? text.length : feed + 1;
}

export function isBlank(char: string | undefined): boolean {
  return char === undefined || char === " " || char === "\t" || char === "\n" || char === "\r";
}

const MARKER = /[<=>|]{7}(?=[ \r\n]|$)/y;

/** git's conflict markers, at the beginning of a line. */
export function refuseMarker(text: string, start: number): void {
  MARKER.lastIndex = start;
  const found = MARKER.exec(text)?.[0];
  if (found === undefined || found !== found.charAt(0).repeat(7)) return;
  throw new Found(
    start,
    "git's conflict markers: two versions of these lines are in the file",
    "keep one, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>",
  );
}

const ESCAPES = '0abtnvfre "/\\N_LPxuU\t';

/** The end of the quoted text that begins here, which must be on its line: nothing in a registry is longer. */
export function skipQuoted(text: string, from: number): number {
  const quote = text[from] ?? "";
  for (let at = from + 1; at < text.length && text[at] !== "\n"; at++) {
    const char = text[at];
    if (char === "\\" && quote === '"') {
      at += 1;
      insistOnEscape(text, at);
    } else if (char === quote) {
      if (quote === '"' || text[at + 1] !== "'") return at + 1;
      at += 1;
    }
  }
  throw new Found(from, `this ${quote} is not closed on its line`, `put another ${quote} where the text ends`);
}

function insistOnEscape(text: string, at: number): void {
  const letter = text[at] ?? "\n";
  if (letter === "\n" || letter === "\r" || ESCAPES.includes(letter)) return;
  throw new Found(at - 1, `\\${letter} is no escape in double quotes`, "write \\\\ for a backslash");
}

/** After something that has closed: only a comment may follow on its line. */
export function insistOnEnd(text: string, after: number): void {
  const at = skipBlanks(text, after);
  const char = text[at];
  if (at >= lineEnd(text, after) || (char === "#" && at > after)) return;
  if (char === "#") throw new Found(at, "a comment begins here without a space before it", "put a space before the #");
  if (char === "}" || char === "]") throw closesNothing(at, char);
  if (char === ",")
    throw new Found(at, "this comma separates nothing", "take it out, or put { before the first of these");
  const closed = text[after - 1] ?? "";
  throw new Found(at, `there is something after the closing ${closed}`, "take it out, or begin a new line with it");
}

export function closesNothing(at: number, char: string): Found {
  const opening = char === "}" ? "{" : "[";
  return new Found(at, `this ${char} closes nothing`, `take it out, or put ${opening} where it begins`);
}

export function badStart(at: number, char: string): Found {
  return new Found(at, `a value cannot begin with ${char}`, "put it in quotes");
}

export function noSpace(colon: number): Found {
  return new Found(colon, "there is no space after this colon", "put one there");
}

export function noColon(at: number, next: string): Found {
  return new Found(at, `there is no colon before the ${next}`, `write : ${next}`);
}

export function secondColon(text: string, from: number, colon: number, end: number): Found {
  const opened = /[}\]]\s*(?:#|$)/.test(text.slice(from, end));
  const hint = opened
    ? "put { before what belongs to the first"
    : "take one out, or put quotes around text with a colon";
  return new Found(opened ? from : colon, opened ? "there is no { before this" : "there is a second colon", hint);
}
