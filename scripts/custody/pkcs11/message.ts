/**
 * What p11-kit's remoting says over a pipe (its rpc-message.h, version 0 of the protocol): a call's number, what its
 * arguments are, and these, all numbers big-endian. An unsigned long has eight bytes there, whatever the machine's has.
 */

/** A call that is made here: its number, and what its request and its answer hold. */
export interface Call {
  readonly number: number;
  readonly request: string;
  readonly response: string;
}

export const CALLS = {
  initialize: { number: 1, request: "ayyay", response: "" },
  getSlotList: { number: 4, request: "yfu", response: "au" },
  getTokenInfo: { number: 6, request: "u", response: "ssssuuuuuuuuuuuvvs" },
  openSession: { number: 10, request: "uu", response: "u" },
  login: { number: 18, request: "uuay", response: "" },
  getAttributeValue: { number: 24, request: "uufA", response: "aAu" },
  findObjectsInit: { number: 26, request: "uaA", response: "" },
  findObjects: { number: 27, request: "ufu", response: "au" },
  findObjectsFinal: { number: 28, request: "u", response: "" },
  signInit: { number: 42, request: "uMu", response: "" },
  sign: { number: 43, request: "uayfy", response: "ay" },
} as const satisfies Readonly<Record<string, Call>>;

export function byte(value: number): Buffer {
  return Buffer.from([value]);
}

export function count(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function ulong(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Bytes with their length before them. */
function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([count(bytes.length), bytes]);
}

/** An argument of bytes; null is C's. */
export function bytesOrNull(bytes: Uint8Array | null): Buffer {
  return bytes === null ? Buffer.concat([byte(0), count(0)]) : Buffer.concat([byte(1), sized(bytes)]);
}

/** An attribute to look for: a number, or bytes. */
export function attribute(type: number, value: Uint8Array | number): Buffer {
  const encoded = typeof value === "number" ? ulong(value) : sized(value);
  const size = typeof value === "number" ? encoded.length : value.length;
  return Buffer.concat([count(type), byte(1), count(size), encoded]);
}

/**
 * A mechanism without parameters. p11-kit up to 0.25.5 wants to be told that there are none, later ones want nothing,
 * and neither says which it is: a mechanism told in the other's way is a wrong key handle to it, to which it says no.
 */
export function mechanism(type: number, told: boolean): Buffer {
  return told ? Buffer.concat([count(type), count(0xffffffff)]) : count(type);
}

export function request({ number, request: kinds }: Call, parts: readonly Buffer[]): Buffer {
  return Buffer.concat([count(number), sized(Buffer.from(kinds)), ...parts]);
}

/** An answer that is not as it should be; its text holds nothing of what was said. */
export class Malformed extends Error {}

/** Reads an answer's values one after the other. @throws Malformed */
export class Answer {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new Malformed("an answer ends too soon");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  count(): number {
    return this.take(4).readUInt32BE();
  }

  ulong(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  sized(): Buffer {
    return this.take(this.count());
  }

  /** Numbers, such as slots and objects. */
  ulongs(): bigint[] {
    const there = this.byte();
    const size = this.count();
    return there === 0 ? [] : Array.from({ length: Math.min(size, 1024) }, () => this.ulong());
  }

  bytes(): Buffer {
    return this.byte() === 0 ? Buffer.alloc(this.count() * 0) : this.sized();
  }
}
