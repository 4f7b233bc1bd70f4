import type { Instant } from "../model/time.ts";
import { dottedOid, readTime } from "./der-values.ts";
import { X509Error } from "./error.ts";

/** Identifier octets (X.690, 8.1.2) of what certificates, requests and CRLs are made of. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A context-specific tag: `[number]`. */
export function context(number: number, constructed: boolean): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

/**
 * An element of DER (X.690), and a cursor over its contents: definite, minimal lengths, low tag numbers, everything
 * within bounds; each failure is an X509Error with the offset. It goes only where its caller leads it, so depth is the
 * caller's. `start` is its identifier octet, `from` the first octet of the contents. Buffers are made only on demand:
 * they would be half of the time that a certificate takes.
 */
export class Der {
  readonly bytes: Buffer;
  readonly start: number;
  readonly from: number;
  readonly end: number;
  private position: number;

  constructor(bytes: Buffer, start = 0, from = 0, end = bytes.length) {
    this.bytes = bytes;
    this.start = start;
    this.from = from;
    this.end = end;
    this.position = from;
  }

  /** The same element, not yet read. */
  again(): Der {
    return new Der(this.bytes, this.start, this.from, this.end);
  }

  /** The element's own identifier octet. */
  get type(): number {
    return this.byte(this.start);
  }

  /** The whole element, tag and length included. */
  get raw(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The same as a binary string: what to compare, and to look up. */
  get key(): string {
    return this.bytes.toString("latin1", this.start, this.end);
  }

  get content(): Buffer {
    return this.bytes.subarray(this.from, this.end);
  }

  /** Octets of the contents. */
  get size(): number {
    return this.end - this.from;
  }

  /** An octet of the contents; -1 beyond them. */
  at(index: number): number {
    return index < this.size ? this.byte(this.from + index) : -1;
  }

  /** The contents in upper-case hex, from this octet on. */
  hex(skip = 0): string {
    return this.bytes.toString("hex", this.from + skip, this.end).toUpperCase();
  }

  /** What is not yet read of the contents, as a binary string. */
  get rest(): string {
    return this.bytes.toString("latin1", this.position, this.end);
  }

  get atEnd(): boolean {
    return this.position === this.end;
  }

  /** Tag of the next element; -1 at the end. */
  get tag(): number {
    return this.position < this.end ? this.byte(this.position) : -1;
  }

  fail(message: string): X509Error {
    return new X509Error(`${message} (at byte ${this.position})`);
  }

  /** The next element, which must have this tag. */
  next(tag: number, what: string): Der {
    if (this.tag !== tag) throw this.fail(`${what} is missing or of the wrong type`);
    return this.any(what);
  }

  /** The next element if it has this tag. */
  optional(tag: number, what: string): Der | null {
    return this.tag === tag ? this.any(what) : null;
  }

  /** The next element, whatever its tag. */
  any(what: string): Der {
    const start = this.position;
    const from = this.skip(what);
    return new Der(this.bytes, start, from, this.position);
  }

  /** Insists that nothing follows. */
  finish(what: string): void {
    if (!this.atEnd) throw this.fail(`there are bytes after ${what}`);
  }

  /** An INTEGER: two's complement, minimal (X.690, 8.3.2). */
  integer(what: string): Der {
    return this.next(TAG.integer, what).checkedInteger(what);
  }

  checkedInteger(what: string): Der {
    const first = this.at(0);
    const second = this.at(1);
    if (first < 0) throw this.fail(`${what} is an empty INTEGER`);
    const padded = second >= 0 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (padded) throw this.fail(`${what} is not a minimal INTEGER`);
    return this;
  }

  /** Dotted form. */
  oid(what: string): string {
    if (this.tag !== TAG.oid) throw this.fail(`${what} is missing or of the wrong type`);
    const from = this.skip(what);
    return this.dotted(what, from, this.position);
  }

  checkedOid(what: string): string {
    return this.dotted(what, this.from, this.end);
  }

  private dotted(what: string, from: number, end: number): string {
    const dotted = dottedOid(this.bytes, from, end);
    if (dotted === null) throw this.fail(`${what} is not an object identifier`);
    return dotted;
  }

  /** DER writes only 00 and FF (X.690, 11.1). */
  boolean(what: string): boolean {
    if (this.tag !== TAG.boolean) throw this.fail(`${what} is missing or of the wrong type`);
    const from = this.skip(what);
    const value = this.byte(from);
    if (this.position - from !== 1 || (value !== 0 && value !== 0xff)) throw this.fail(`${what} is no BOOLEAN`);
    return value === 0xff;
  }

  /** A BIT STRING of whole octets: its contents without the count of unused bits. */
  bits(what: string): Der {
    const { bytes, start, from, end, size } = this.next(TAG.bitString, what);
    if (size < 1 || bytes[from] !== 0) throw this.fail(`${what} is not a BIT STRING of whole bytes`);
    return new Der(bytes, start, from + 1, end);
  }

  /** UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5 has them. */
  time(what: string): Instant {
    const { tag } = this;
    const from = this.skip(what);
    const instant = readTime(tag, this.bytes, from, this.position);
    if (instant === null) throw this.fail(`${what} is not a time that RFC 5280 allows, or lies before 1970`);
    return instant;
  }

  private byte(position: number): number {
    return this.bytes[position] ?? -1;
  }

  /** Steps over the next element; says where its contents begin. */
  private skip(what: string): number {
    if ((this.tag & 0x1f) === 0x1f) throw this.fail(`${what} ends early or has a tag that nothing here has`);
    this.position += 1;
    const length = this.length(what);
    const from = this.position;
    if (length > this.end - from) throw this.fail(`${what} is longer than what holds it`);
    this.position = from + length;
    return from;
  }

  private length(what: string): number {
    const first = this.position < this.end ? this.byte(this.position++) : -1;
    if (first < 0x80 && first >= 0) return first;
    const size = first & 0x7f;
    if (first === 0x80) throw this.fail(`${what} has an indefinite length: BER, not DER`);
    if (first < 0 || size > 4 || size > this.end - this.position) throw this.fail(`${what} has an impossible length`);
    let length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + this.byte(this.position++);
    const least = size === 1 ? 0x80 : 256 ** (size - 1);
    if (length < least) throw this.fail(`${what} has a length that is not minimal: BER, not DER`);
    return length;
  }
}

/** The one element that these bytes are, with nothing after it. */
export function readDer(bytes: Buffer, tag: number, what: string): Der {
  return inside(new Der(bytes), tag, what);
}

/** The one element that the contents of another are, with nothing after it. */
export function inside(holder: Der, tag: number, what: string): Der {
  const outer = holder.again();
  const element = outer.next(tag, what);
  outer.finish(what);
  return element;
}
