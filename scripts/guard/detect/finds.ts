import type { Detection, Found } from "./detection.ts";
import type { Work } from "./work.ts";

/** Enough for anybody to see what is wrong. */
const MOST_FOUND = 50;
/** Telling whether it is known. */
const KNOWN = 2000;
const NEWLINE = 10;

/** Raised where enough was found. */
export class Enough extends Error {}

/** From an offset in the bytes at hand to one in the file; null inside of containers. */
export type Place = ((offset: number) => number) | null;

/** What was found in a file, each key once. */
export class Finds {
  readonly #all = new Map<string, Detection>();
  readonly #file: Buffer;
  readonly #work: Work;

  constructor(file: Buffer, work: Work) {
    this.#file = file;
    this.#work = work;
  }

  get size(): number {
    return this.#all.size;
  }

  get all(): Detection[] {
    return [...this.#all.values()];
  }

  /** Throws Enough. */
  add(found: Found, via: readonly string[], place: Place, offset: number): void {
    this.#work.charge(KNOWN);
    const key = `${found.kind} ${found.publicKey}`;
    // The same key read in another way can come out damaged: one line for both.
    const nameless = `${found.kind} ${null}`;
    const known = found.publicKey === null && this.all.some(({ kind }) => kind === found.kind);
    if (known || this.#all.has(key) || this.#isOpened(found)) return;
    this.#all.delete(nameless);
    this.#all.set(key, { ...found, via, line: place === null ? null : this.#lineOf(place(offset)) });
    if (this.#all.size >= MOST_FOUND) throw new Enough();
  }

  /** What could not be looked at, or not as deep. */
  limit(code: Detection["code"], kind: string, via: readonly string[]): void {
    this.add({ code, level: code === "NotLookedInto" ? "warn" : "block", kind, publicKey: null }, via, null, 0);
  }

  undecided(): void {
    const message = "asks for more work than a search may take: nobody can say what is in it";
    this.#all.set("", { code: "Undecided", level: "block", kind: message, publicKey: null, via: [], line: null });
  }

  /** Whether it is a key whose passphrase was known when it was read whole. */
  #isOpened({ kind }: Found): boolean {
    const [family = ""] = kind.split(",");
    return family !== kind && this.all.some((other) => other.kind.startsWith(`${family} behind `));
  }

  #lineOf(offset: number): number {
    this.#work.charge(offset);
    let line = 1;
    for (let at = 0; at < offset; at += 1) if (this.#file[at] === NEWLINE) line += 1;
    return line;
  }
}
