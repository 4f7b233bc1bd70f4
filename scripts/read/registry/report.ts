import { REGISTRY_FILE } from "../../model/layout.ts";
import type { Problem } from "../../model/problem.ts";
import { didYouMean, shortened } from "../../model/schema/words.ts";

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Lines and columns from offsets. Columns count UTF-16 units, as editors do. */
export class Places {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  at(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

interface Remark {
  readonly offset: number;
  readonly message: string;
  readonly hint: string | null;
}

/** A file may be wrong in a million places: this many are kept, and so many shown. */
const MOST_KEPT = 10_000;
const MOST_SHOWN = 1_000;
const LONGEST_MESSAGE = 1_000;
/** Looking for the nearest name costs time; after so many the rest goes without. */
const MOST_GUESSES = 200;
const MOST_CANDIDATES = 2_000;

/** Gathers what is wrong. */
export class Report {
  readonly #remarks: Remark[] = [];
  #dropped = 0;
  #guesses = 0;

  get clean(): boolean {
    return this.#remarks.length === 0;
  }

  add(offset: number, message: string, hint: string | null = null): void {
    if (this.#remarks.length < MOST_KEPT) this.#remarks.push({ offset, message, hint });
    else this.#dropped += 1;
  }

  /** The same with `did you mean …`, or `otherwise`, as its hint. */
  addUnknown(
    offset: number,
    message: string,
    word: string,
    known: ReadonlySet<string>,
    otherwise?: string | undefined,
  ): void {
    this.#guesses += 1;
    const guess = this.#guesses > MOST_GUESSES || known.size > MOST_CANDIDATES ? null : didYouMean(word, known);
    this.add(offset, message, guess ?? otherwise ?? null);
  }

  /** In the order of the file, fit for a terminal; what an alias repeats is said once. */
  problems(places: Places): Problem[] {
    const sorted = this.#remarks.toSorted((a, b) => a.offset - b.offset);
    const seen = new Set<string>();
    const unique = sorted.filter((remark) => {
      const key = `${remark.offset} ${remark.message}`;
      return !seen.has(key) && seen.add(key);
    });
    const problems = unique.slice(0, MOST_SHOWN).map(({ offset, message, hint }) => ({
      file: REGISTRY_FILE,
      ...places.at(offset),
      message: shortened(message, LONGEST_MESSAGE),
      hint: hint === null ? null : shortened(hint, LONGEST_MESSAGE),
    }));
    const more = unique.length - problems.length + this.#dropped;
    const last = problems.at(-1);
    if (more > 0 && last) problems.push({ ...last, message: `and ${more} more problems after this one`, hint: null });
    return problems;
  }
}
