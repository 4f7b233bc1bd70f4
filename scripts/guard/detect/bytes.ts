import type { Work } from "./work.ts";

/** Bytes that are added one after the other, in one buffer that grows. */
export class Bytes {
  #buffer = Buffer.allocUnsafe(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get all(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  add(bytes: readonly number[]): void {
    for (const byte of bytes) this.pushNumber(byte, 1);
  }

  /** A number of so many bytes, the most significant first. */
  pushNumber(value: number, size: number): void {
    if (this.#length + size > this.#buffer.length) this.#grow(this.#length + size);
    let rest = value;
    for (let at = this.#length + size - 1; at >= this.#length; at -= 1) {
      this.#buffer[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += size;
  }

  /** Takes back all but the first so many. */
  cut(length: number): void {
    this.#length = length;
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, least));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

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
