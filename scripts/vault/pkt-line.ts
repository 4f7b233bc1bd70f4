import { readSync, writeSync } from "node:fs";

/** Payload of the largest packet: 65520 bytes less four of length (gitprotocol-common(5), "pkt-line Format"). */
const LARGEST = 65516;

/**
 * git's packets over two file descriptors: four hex digits of length, themselves included, then the payload; `0000`
 * is a flush. Synchronous, for git asks for one file after the other and waits for each.
 */
export class PacketPipe {
  readonly #input: number;
  readonly #output: number;
  readonly #chunk = Buffer.allocUnsafe(1 << 16);
  #buffered = Buffer.alloc(0);

  constructor(input: number, output: number) {
    this.#input = input;
    this.#output = output;
  }

  /** Text lines up to a flush, without line feeds; null where git has hung up. */
  readLines(): string[] | null {
    const lines: string[] = [];
    for (;;) {
      const packet = this.#readPacket();
      if (packet === "end") return null;
      if (packet === "flush") return lines;
      lines.push(packet.toString("utf8").replace(/\n$/, ""));
    }
  }

  /** A file's bytes up to a flush; null where git has hung up. */
  readContent(): Buffer | null {
    const parts: Buffer[] = [];
    for (;;) {
      const packet = this.#readPacket();
      if (packet === "end") return null;
      if (packet === "flush") return Buffer.concat(parts);
      parts.push(packet);
    }
  }

  /** Lines, each a packet, and a flush. */
  writeLines(...lines: readonly string[]): void {
    this.#write([...lines.map((line) => packet(Buffer.from(`${line}\n`))), FLUSH]);
  }

  /** A file's bytes and a flush. */
  writeContent(bytes: Uint8Array): void {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += LARGEST) parts.push(packet(bytes.subarray(at, at + LARGEST)));
    this.#write([...parts, FLUSH]);
  }

  #readPacket(): Buffer | "flush" | "end" {
    const header = this.#take(4);
    if (header === null) return "end";
    const digits = header.toString("latin1");
    const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (length === 0) return "flush";
    if (!(length >= 4)) throw new Error("git sent something that is no packet");
    return this.#take(length - 4) ?? "end";
  }

  #take(length: number): Buffer | null {
    const parts = [this.#buffered];
    let total = this.#buffered.length;
    while (total < length) {
      const count = readSync(this.#input, this.#chunk);
      if (count === 0) return null;
      parts.push(Buffer.from(this.#chunk.subarray(0, count)));
      total += count;
    }
    const all = parts.length === 1 ? this.#buffered : Buffer.concat(parts);
    this.#buffered = all.subarray(length);
    return all.subarray(0, length);
  }

  #write(parts: readonly Uint8Array[]): void {
    writeAll(this.#output, Buffer.concat(parts));
  }
}

/** To the last byte, also where the other side of a pipe reads slowly. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

const FLUSH = Buffer.from("0000");

function packet(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, "0")), payload]);
}
