import {
  badStart,
  closesNothing,
  Found,
  insistOnEnd,
  isBlank,
  lineEnd,
  nextLine,
  noColon,
  noSpace,
  refuseMarker,
  type Slip,
  STRANGE_BLANK,
  secondColon,
  skipBlanks,
  skipQuoted,
  strangeBlank,
} from "./yaml-slip.ts";
import { skipFlow } from "./yaml-slip-flow.ts";
import { type Level, misplaced } from "./yaml-slip-indent.ts";

/**
 * The first slip in a text that YAML does not take, or reads as something else than was meant; null where none is
 * certain. One pass over the text, which goes by what registries look like: short keys, values on their lines.
 */
export function findSlip(text: string): Slip | null {
  try {
    new Lines(text).scan();
    return null;
  } catch (error) {
    if (error instanceof Found) return error.slip;
    throw error;
  }
}

const ROOT = -1;
/** `- - -`: more of them in one line are no registry's. */
const MOST_DASHES = 32;
const PROPERTY = /[&!][^\s,[\]{}]*/y;
const ALIAS = /\*[^\s,[\]{}]+/y;

class Lines {
  readonly #text: string;
  #at = 0;
  readonly #levels: Level[] = [];
  /** How far the key or dash stands in that has no value yet; null when the last has one. */
  #open: number | null = ROOT;
  /** The same of the last plain value, which may go on in deeper lines. */
  #plain: number | null = null;
  /** The same of a block scalar, all of whose deeper lines are text. */
  #literal: number | null = null;
  #begun = false;
  /** Where text began that is a value on a line of its own: more likely a key without its colon. */
  #bare: number | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    while (this.#at < this.#text.length) this.#line();
  }

  #line(): void {
    const text = this.#text;
    const start = this.#at;
    refuseMarker(text, start);
    let from = start;
    while (text[from] === " ") from += 1;
    const end = lineEnd(text, start);
    this.#at = nextLine(text, start);
    if (from >= end || text[from] === "#") return;
    if (this.#literal !== null && from - start > this.#literal) return;
    this.#literal = null;
    if (from === start && this.#document(start, end)) return;
    if (text[from] === "\t") {
      const more = skipBlanks(text, from);
      if (more >= end || text[more] === "#") return;
      throw new Found(from, "a tab stands in the indentation", "write spaces: YAML takes nothing else there");
    }
    if (STRANGE_BLANK.test(text[from] ?? "")) throw strangeBlank(text, from);
    this.#begun = true;
    this.#entry(from, from - start, end);
  }

  /** Lines that are about the document. */
  #document(start: number, end: number): boolean {
    if (this.#text[start] === "%")
      throw new Found(start, "directives such as %YAML are not used here", "take this line out");
    if (/^\.\.\.\s*$/.test(this.#text.slice(start, Math.min(end, start + 40))) && this.#goesOn())
      throw new Found(start, "the YAML document ends here, and more comes after it", "take this line out");
    if (!/^---(?:[ \t]|$)/.test(this.#text.slice(start, Math.min(end, start + 4)))) return false;
    if (this.#begun)
      throw new Found(start, "a second YAML document begins here, and one is read", "take this line out");
    return true;
  }

  #goesOn(): boolean {
    return this.#begun && this.#text.slice(this.#at).trim() !== "";
  }

  #entry(from: number, indent: number, end: number): void {
    const text = this.#text;
    let at = from;
    let depth = indent;
    for (let dashes = 0; text[at] === "-" && isBlank(text[at + 1]); dashes++) {
      const next = this.#dash(at, depth);
      if (next >= end || text[next] === "#" || dashes >= MOST_DASHES) return;
      depth += next - at;
      at = next;
    }
    const colon = this.#colonOf(at, end);
    if (colon === null) this.#noKey(at, depth, end);
    else this.#field(at, colon, depth, end);
  }

  #field(from: number, colon: number, indent: number, end: number): void {
    this.#checkKey(from, colon);
    this.#level(indent, "map", from);
    this.#value(colon + 1, indent, end);
  }

  /** Where what comes after a dash begins. */
  #dash(from: number, indent: number): number {
    this.#level(indent, "list", from);
    this.#open = indent;
    this.#plain = null;
    return skipBlanks(this.#text, from + 1);
  }

  /** Where the colon is that ends the key which begins here; null where there is none. */
  #colonOf(from: number, end: number): number | null {
    const text = this.#text;
    const first = text[from] ?? "";
    if (first === "{" || first === "[") return null;
    let at = from;
    if (first === '"' || first === "'") {
      at = skipBlanks(text, skipQuoted(text, from));
      return text[at] === ":" ? at : null;
    }
    for (; at < end; at++) {
      if (text[at] === ":" && isBlank(text[at + 1])) return at;
      if (text[at] === "#" && isBlank(text[at - 1])) return null;
      if (STRANGE_BLANK.test(text[at] ?? "") && (text[at - 1] === ":" || text[at + 1] === ":" || isBlank(text[at - 1])))
        throw strangeBlank(text, at);
    }
    return null;
  }

  /** What stands before the colon may have swallowed an earlier one, or a bracket that wants one. */
  #checkKey(from: number, colon: number): void {
    const text = this.#text;
    const key = text.slice(from, colon);
    if (key.startsWith('"') || key.startsWith("'")) return;
    const char = key.charAt(0);
    if (char === "}" || char === "]") throw closesNothing(from, char);
    const inner = key.indexOf(":");
    if (inner >= 0) throw noSpace(from + inner);
    const bracket = key.search(/[[{]/);
    if (bracket >= 0) throw noColon(from + bracket, key.charAt(bracket));
  }

  /** A line without a key: the value of a key above it, the rest of one, or a slip. */
  #noKey(from: number, indent: number, end: number): void {
    const text = this.#text;
    const first = text[from] ?? "";
    if (this.#plain !== null && indent > this.#plain) return;
    const open = this.#open;
    const written = text.slice(from, end);
    if (first === "}" || first === "]") throw closesNothing(from, first);
    const isValue = open !== null && indent > open;
    if (isValue && "{[\"'&*!|>".includes(first)) {
      this.#value(from, open, end);
      return;
    }
    const colon = /^[\w.-]+(?=:\S)/.exec(written)?.[0];
    if (colon !== undefined) throw noSpace(from + colon.length);
    const bracket = /^[\w.-]+[ \t]*(?=[[{])/.exec(written)?.[0];
    if (bracket !== undefined) throw noColon(from + bracket.length, text[from + bracket.length] ?? "");
    if (/^-[\w"'{[]/.test(written)) throw new Found(from, "there is no space after this dash", "put one there");
    if (!isValue) throw this.#keyless(from);
    this.#value(from, open, end);
    // What comes after a dash is a value like others.
    if (this.#levels.at(-1)?.kind !== "list") this.#bare = from;
  }

  #keyless(from: number): Found {
    return new Found(this.#bare ?? from, "this line has no colon", "a name or field ends in one: alice: or csr: true");
  }

  /** Fits a line's indentation to the blocks it may belong to. */
  #level(indent: number, kind: Level["kind"], from: number): void {
    const levels = this.#levels;
    let deeper: Level | undefined;
    while ((levels.at(-1)?.indent ?? ROOT) > indent) deeper = levels.pop();
    // A list may stand as far in as the key it belongs to.
    if (kind === "map" && levels.at(-1)?.kind === "list" && levels.at(-2)?.indent === indent) levels.pop();
    const top = levels.at(-1);
    const mayBegin = this.#open !== null && (indent > this.#open || (kind === "list" && indent === this.#open));
    if (top?.indent === indent && top.kind === kind) top.members += 1;
    else if (mayBegin) levels.push({ indent, kind, first: from, members: 1 });
    else if (this.#bare !== null) throw this.#keyless(from);
    else throw misplaced(this.#text, { indent, kind, first: from, members: 1 }, [...levels.slice(-2), deeper]);
    this.#bare = null;
  }

  #value(from: number, indent: number, end: number): void {
    const text = this.#text;
    let at = skipBlanks(text, from);
    this.#plain = null;
    for (let property = match(PROPERTY, text, at); property > at; property = match(PROPERTY, text, at))
      at = skipBlanks(text, property);
    if (at >= end || (text[at] === "#" && isBlank(text[at - 1]))) {
      this.#open = indent;
      return;
    }
    this.#open = null;
    const char = text[at] ?? "";
    if (char === "|" || char === ">") this.#literal = indent;
    else if (char === "{" || char === "[") this.#closed(skipFlow(text, at, indent));
    else if (char === '"' || char === "'") this.#closed(skipQuoted(text, at));
    else if (char === "*" && match(ALIAS, text, at) > at) this.#closed(match(ALIAS, text, at));
    else this.#plainValue(at, indent, end);
  }

  #closed(after: number): void {
    insistOnEnd(this.#text, after);
    this.#at = nextLine(this.#text, after);
  }

  #plainValue(from: number, indent: number, end: number): void {
    const text = this.#text;
    const char = text[from] ?? "";
    if (char === "-" && isBlank(text[from + 1]))
      throw new Found(from, "a list with dashes begins on a line of its own", "or write it in brackets: [staff, ops]");
    if (char === "}" || char === "]") throw closesNothing(from, char);
    if ("@`%,".includes(char)) throw badStart(from, char);
    for (let at = from; at < end; at++) {
      if (text[at] === "#" && isBlank(text[at - 1])) break;
      if (text[at] === ":" && isBlank(text[at + 1])) throw secondColon(text, from, at, end);
    }
    this.#plain = indent;
  }
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
