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
