import {
  badStart,
  closesNothing,
  Found,
  isBlank,
  lineEnd,
  noColon,
  noSpace,
  refuseMarker,
  STRANGE_BLANK,
  skipBlanks,
  skipQuoted,
  strangeBlank,
} from "./yaml-slip.ts";

interface Bracket {
  readonly char: "{" | "[";
  readonly offset: number;
  /** How far the line stands in on which it opens. */
  readonly indent: number;
  /** What the item at hand has so far: nothing, its key and colon, or all. */
  part: "nothing" | "key" | "whole";
  /** Where the key of the item at hand ended; nowhere, and in which line. */
  colon: number;
}

const CLOSING = { "{": "}", "[": "]" } as const;

/**
 * The end of the flow collection that begins here: brackets in pairs, commas between items, colons after keys. `indent`
 * is that of the block it stands in: a line that is not indented further does not belong to it.
 * @throws Found
 */
export function skipFlow(text: string, from: number, indent: number): number {
  return new Flow(text, from, indent).end();
}

class Flow {
  readonly #text: string;
  readonly #indent: number;
  readonly #open: Bracket[] = [];
  #at: number;
  /** Where the last thing ended that was no blank. */
  #last: number;
  /** Where the line began, and how far it stands in. */
  #line: number;
  #depth: number;
  /** The first bracket of which the lines say that it should have been closed before. */
  #suspect: Bracket | null = null;

  constructor(text: string, from: number, indent: number) {
    this.#text = text;
    this.#indent = indent;
    this.#at = from;
    this.#last = from;
    this.#line = from;
    this.#depth = indent;
  }

  end(): number {
    do {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.#unclosed();
      if (char === "\n") this.#newLine();
      else if (isBlank(char)) this.#at += 1;
      else if (char === "#" && isBlank(this.#text[this.#at - 1])) this.#at = lineEnd(this.#text, this.#at);
      else {
        this.#token(char);
        this.#last = this.#at;
      }
    } while (this.#open.length > 0);
    return this.#at;
  }

  #token(char: string): void {
    if (char === "{" || char === "[") this.#begin(char);
    else if (char === "}" || char === "]") this.#close(char);
    else if (char === ",") this.#comma();
    else if (char === '"' || char === "'") this.#quoted();
    else if (char === ":" && this.#endsKey(this.#at)) this.#colon();
    else this.#plain();
  }

  #newLine(): void {
    this.#at += 1;
    refuseMarker(this.#text, this.#at);
    const start = this.#at;
    this.#at = skipBlanks(this.#text, this.#at);
    const char = this.#text[this.#at];
    if (char === "\n" || char === "\r" || char === "#" || char === undefined) return;
    const closes = char === "}" || char === "]";
    const depth = this.#at - start;
    if (!closes && depth <= this.#indent) throw this.#unclosed();
    this.#suspectBy(depth, closes);
    this.#line = start;
    this.#depth = depth;
  }

  /**
   * A line that begins as far left as the one on which a bracket opened goes on after it, unless it closes it; one that
   * closes something and begins farther left closes another. Both say so only once brackets do not come out even.
   */
  #suspectBy(depth: number, closes: boolean): void {
    const top = this.#top();
    if (top === undefined || this.#suspect !== null) return;
    const goesOn = !closes && depth <= top.indent && this.#open.length > 1;
    if (goesOn || (closes && depth < top.indent)) this.#suspect = top;
  }

  #top(): Bracket | undefined {
    return this.#open.at(-1);
  }

  #begin(char: "{" | "["): void {
    const top = this.#top();
    if (top?.part === "whole") throw this.#missing(top);
    this.#open.push({ char, offset: this.#at, indent: this.#depth, part: "nothing", colon: -1 });
    this.#at += 1;
  }

  #close(char: "}" | "]"): void {
    const top = this.#top();
    if (top === undefined || CLOSING[top.char] !== char) {
      if (this.#open.some((one) => CLOSING[one.char] === char)) throw this.#unclosed(char);
      throw closesNothing(this.#at, char);
    }
    this.#open.pop();
    this.#at += 1;
    this.#whole();
  }

  /** An item, or the value of one, is complete. */
  #whole(): void {
    const top = this.#top();
    if (top !== undefined) top.part = "whole";
  }

  #unclosed(before?: string): Found {
    const open = this.#suspect ?? this.#top();
    const char = open?.char ?? "{";
    const there = this.#suspect === null ? before : undefined;
    const message = `this ${char} is not closed${there === undefined ? "" : ` before the ${there}`}`;
    const where = there === undefined ? "where it ends" : `before the ${there}`;
    return new Found(open?.offset ?? this.#at, message, `put ${CLOSING[char]} ${where}`);
  }

  #missing({ char }: Bracket): Found {
    const hint = `put , between what are two, or ${CLOSING[char]} where it ends`;
    return new Found(this.#last, `a comma is missing here, or a ${CLOSING[char]}`, hint);
  }

  #comma(): void {
    const top = this.#top();
    if (top?.part === "nothing") throw new Found(this.#at, "there is nothing before this comma", "take it out");
    if (top !== undefined) top.part = "nothing";
    this.#at += 1;
  }

  #quoted(): void {
    const top = this.#top();
    if (top?.part === "whole") throw this.#missing(top);
    const end = skipQuoted(this.#text, this.#at);
    const next = this.#text[end] ?? "";
    if (!isBlank(next) && !",}]:#".includes(next))
      throw new Found(
        end,
        "there is something after the closing quote",
        "a quote within the text is written twice: ''",
      );
    this.#at = end;
    this.#whole();
  }

  /** A colon that ends a key: before a blank, a bracket or a comma, or after a quote. */
  #endsKey(at: number): boolean {
    const next = this.#text[at + 1];
    return isBlank(next) || ",[]{}".includes(next ?? "") || "\"'".includes(this.#text[at - 1] ?? "");
  }

  #colon(): void {
    const top = this.#top();
    if (top !== undefined) {
      top.part = "key";
      top.colon = this.#at;
    }
    this.#at += 1;
  }

  #plain(): void {
    const text = this.#text;
    const top = this.#top();
    const start = this.#at;
    const end = this.#plainEnd(start);
    const keyed = text[end] === ":";
    const first = text[start] ?? "";
    if ("@`%".includes(first) || (first === "*" && end === start + 1)) throw badStart(start, first);
    if (text[start] === "-" && isBlank(text[start + 1]))
      throw new Found(start, "within brackets a list has commas and no dashes", "take the dash out");
    if (top?.part === "whole" && (keyed || !this.#continues())) throw this.#missing(top);
    if (top?.part === "key" && keyed) throw this.#secondKey(start, end, top);
    this.#insistOnColon(start, end, keyed, top);
    this.#at = end;
    this.#whole();
  }

  /** Text may go on in the next line: what ended before was plain, too. */
  #continues(): boolean {
    return !"}]\"'".includes(this.#text[this.#last - 1] ?? "");
  }

  #plainEnd(start: number): number {
    const { length } = this.#text;
    let at = start;
    for (; at < length; at++) {
      const char = this.#text[at] ?? "";
      if (char === "\n" || char === "\r" || ",[]{}".includes(char)) break;
      if (char === ":" && this.#endsKey(at)) break;
      if (char === "#" && isBlank(this.#text[at - 1])) break;
      if (STRANGE_BLANK.test(char) && this.#atEdge(at)) throw strangeBlank(this.#text, at);
    }
    while (isBlank(this.#text[at - 1])) at -= 1;
    return at;
  }

  /** Beside a blank, a bracket, a comma or a colon, where a space would mean something. */
  #atEdge(at: number): boolean {
    const edge = (char: string | undefined) => isBlank(char) || ",:[]{}".includes(char ?? "");
    return edge(this.#text[at - 1]) || edge(this.#text[at + 1]);
  }

  /** `a: true b: 1`: the second key is the last word of what looks like the value of the first. */
  #secondKey(start: number, end: number, top: Bracket): Found {
    if (top.colon < this.#line) return new Found(top.colon, "there is no { after this colon", "put { after it");
    const word = this.#text.slice(start, end).search(/\s\S*$/);
    if (word >= 0) {
      this.#last = start + word;
      return this.#missing(top);
    }
    return new Found(end, "there is a second colon", "take one out, or put quotes around text that has a colon");
  }

  #insistOnColon(start: number, end: number, keyed: boolean, top: Bracket | undefined): void {
    if (top?.char !== "{" || top.part !== "nothing" || keyed) return;
    const next = this.#text[skipBlanks(this.#text, end)] ?? "";
    const colon = this.#text.slice(start, end).indexOf(":");
    if (colon >= 0) throw noSpace(start + colon);
    if (next === "{" || next === "[") throw noColon(end, next);
  }
}
