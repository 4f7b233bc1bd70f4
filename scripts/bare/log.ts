import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync, writeSync } from "node:fs";

const LARGE = 1_000_000;
const KEEP = 5;

/** A new file once it is large: `log.1` is the one before, `log.5` the oldest. Only while holding the lock. */
export function rotate(log: string): void {
  if (sizeOf(log) < LARGE) return;
  for (let age = KEEP - 1; age >= 1; age -= 1)
    if (existsSync(`${log}.${age}`)) renameSync(`${log}.${age}`, `${log}.${age + 1}`);
  renameSync(log, `${log}.1`);
}

/** Whole lines at the end of the log, at once: somebody is reading it. */
export function writer(log: string): (text: string) => void {
  return (text) => {
    const file = openSync(log, "a");
    try {
      writeSync(file, text.endsWith("\n") ? text : `${text}\n`);
    } finally {
      closeSync(file);
    }
  };
}

/** What is written to a log from now on, across a rotation. */
export class Follower implements Disposable {
  readonly #log: string;
  #file: number | null;
  #at: number;

  constructor(log: string) {
    this.#log = log;
    this.#file = existsSync(log) ? openSync(log, "r") : null;
    this.#at = this.#file === null ? 0 : fstatSync(this.#file).size;
  }

  /** The bytes since the last call. */
  read(): Buffer {
    const parts = this.#file === null ? [] : [this.#rest(this.#file)];
    if (this.#isNew()) {
      this[Symbol.dispose]();
      this.#file = openSync(this.#log, "r");
      this.#at = 0;
      parts.push(this.#rest(this.#file));
    }
    return Buffer.concat(parts);
  }

  #rest(file: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#at));
    const length = readSync(file, bytes, 0, bytes.length, this.#at);
    this.#at += length;
    return bytes.subarray(0, length);
  }

  #isNew(): boolean {
    const now = statSync(this.#log, { throwIfNoEntry: false });
    return now !== undefined && (this.#file === null || now.ino !== fstatSync(this.#file).ino);
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
