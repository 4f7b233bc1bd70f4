import { type ListNode, type MapEntry, type Node, resolvePlain, type ScalarNode } from "../../model/schema/node.ts";

/**
 * Reads the plain part of YAML that clients.yaml is nearly always written in: block mappings, lists of scalars,
 * flow collections, plain or quoted scalars without escapes, comments. It costs one pass: 10,000
 * clients take some 20 ms, where the complete parser takes 700. Null when the text holds anything else, be it
 * an error or only unusual; then the complete parser has the word. The tests hold the two against each other.
 */
export function readSimple(text: string): Node | null {
  try {
    return new SimpleReader(text).document();
  } catch (error) {
    if (error === UNUSUAL) return null;
    throw error;
  }
}

const UNUSUAL = new Error("not simple YAML");
const MAX_DEPTH = 8;

// Sticky, without alternatives that overlap: each is linear.
const KEY = /([A-Za-z0-9_][A-Za-z0-9._/-]{0,127}):(?= |\r?\n|$)/y;
const PLAIN =
  /[A-Za-z0-9/_.~\u00c0-\u1fff](?:[A-Za-z0-9/_.~\u00c0-\u1fff@%+=()<>&*!?,'"-]|:(?=[A-Za-z0-9/])| (?=[A-Za-z0-9/_.~\u00c0-\u1fff@%+=()<>&*!?,'"-])){0,2000}/y;
const FLOW_PLAIN =
  /[A-Za-z0-9/_.~\u00c0-\u1fff](?:[A-Za-z0-9/_.~\u00c0-\u1fff@%+=()<>&*!?'"-]|:(?=[A-Za-z0-9/])| (?=[A-Za-z0-9/_.~\u00c0-\u1fff@%+=()<>&*!?'"-])){0,2000}/y;
const DOUBLE = /"([^"\\\r\n]*)"/y;
const SINGLE = /'([^'\r\n]*)'(?!')/y;
const REST = / *(?: #[^\n]*)?\r?(?:\n|$)/y;
const EMPTY_LINE = / *(?:#[^\n]*)?\r?(?:\n|$)/y;

class SimpleReader {
  readonly #text: string;
  #at = 0;
  /** Of the next line that says something; -1 at the end. */
  #indent = 0;
  /** Of the block that holds the flow collection being read: its further lines must be deeper. */
  #inside = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Node {
    this.#nextLine();
    const root = this.#block(0, 0);
    if (this.#at < this.#text.length) throw UNUSUAL;
    return root;
  }

  /** Goes past blank lines and comments to the next line that says something, and measures it. */
  #nextLine(): void {
    while (this.#at < this.#text.length && this.#match(EMPTY_LINE));
    const start = this.#at;
    this.#spaces();
    this.#indent = this.#at === this.#text.length ? -1 : this.#at - start;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  #take(pattern: RegExp): RegExpExecArray {
    const match = this.#match(pattern);
    if (!match) throw UNUSUAL;
    return match;
  }

  #block(indent: number, depth: number): Node {
    if (depth > MAX_DEPTH || this.#indent !== indent) throw UNUSUAL;
    return this.#char() === "-" ? this.#blockList(indent) : this.#blockMap(indent, depth);
  }

  #blockMap(indent: number, depth: number): Node {
    const offset = this.#at;
    const entries: MapEntry[] = [];
    while (this.#indent === indent) {
      const start = this.#at;
      const key = this.#take(KEY)[1] ?? "";
      entries.push({ key, offset: start, value: this.#blockValue(indent, depth) });
    }
    if (this.#indent > indent) throw UNUSUAL;
    return { kind: "map", offset, entries };
  }

  #blockValue(indent: number, depth: number): Node {
    const offset = this.#at;
    if (!this.#match(REST)) return this.#inlineValue(indent, depth);
    this.#nextLine();
    if (this.#indent > indent) return this.#block(this.#indent, depth + 1);
    if (this.#indent === indent && this.#char() === "-") return this.#blockList(indent);
    return { kind: "scalar", offset, value: null, text: "" };
  }

  /** A value that ends on its line; a deeper line after it would go on with it, which is not simple. */
  #inlineValue(indent: number, depth: number): Node {
    this.#spaces();
    this.#inside = indent;
    const value = this.#value(PLAIN, depth);
    this.#take(REST);
    this.#nextLine();
    if (this.#indent > indent) throw UNUSUAL;
    return value;
  }

  #blockList(indent: number): ListNode {
    const offset = this.#at;
    const items: Node[] = [];
    while (this.#indent === indent && this.#char() === "-") {
      if (this.#text[this.#at + 1] !== " ") throw UNUSUAL;
      this.#at += 1;
      items.push(this.#inlineValue(indent, MAX_DEPTH));
    }
    return { kind: "list", offset, items };
  }

  #char(): string {
    return this.#text[this.#at] ?? "";
  }

  #spaces(): void {
    while (this.#text.charCodeAt(this.#at) === 32) this.#at += 1;
  }

  #value(plain: RegExp, depth: number): Node {
    const char = this.#char();
    if (char === "{" || char === "[") {
      if (depth > MAX_DEPTH) throw UNUSUAL;
      return char === "{" ? this.#flowMap(depth + 1) : this.#flowList(depth + 1);
    }
    return this.#scalar(plain, char);
  }

  #scalar(plain: RegExp, char: string): ScalarNode {
    const offset = this.#at;
    if (char === '"' || char === "'") {
      const text = this.#take(char === '"' ? DOUBLE : SINGLE)[1] ?? "";
      return { kind: "scalar", offset, value: text, text };
    }
    const text = this.#take(plain)[0];
    return { kind: "scalar", offset, value: resolvePlain(text), text };
  }

  #flowMap(depth: number): Node {
    const offset = this.#at;
    const entries: MapEntry[] = [];
    this.#flow("}", () => {
      const start = this.#at;
      const key = this.#take(KEY)[1] ?? "";
      this.#spaces();
      entries.push({ key, offset: start, value: this.#value(FLOW_PLAIN, depth) });
    });
    return { kind: "map", offset, entries };
  }

  #flowList(depth: number): ListNode {
    const offset = this.#at;
    const items: Node[] = [];
    this.#flow("]", () => {
      items.push(this.#value(FLOW_PLAIN, depth));
    });
    return { kind: "list", offset, items };
  }

  #flow(end: string, item: () => void): void {
    this.#at += 1;
    this.#gap();
    while (this.#char() !== end) {
      item();
      this.#gap();
      if (this.#char() === end) break;
      if (this.#char() !== ",") throw UNUSUAL;
      this.#at += 1;
      this.#gap();
    }
    this.#at += 1;
  }

  /** Between the items of a flow collection: spaces, comments, line breaks. */
  #gap(): void {
    if (this.#match(REST)) {
      this.#nextLine();
      if (this.#indent <= this.#inside) throw UNUSUAL;
    } else this.#spaces();
  }
}
