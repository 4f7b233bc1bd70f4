/** Raised where a budget is spent: the answer is "undecided". */
export class OutOfWork extends Error {}

/** Units that each byte of a file may cost: ordinary text takes 10 to 25, a package up to 60. */
const PER_BYTE = 64;
/** Units that any file may cost, however short: about a second on a machine of 2020 (3 ns a unit). */
const PER_FILE = 350_000_000;
/** What the files of one run may take altogether beyond PER_BYTE. */
const PER_RUN = 10 * PER_FILE;

/**
 * A budget, counted in units of work and not in seconds, so that the answer is the same on every machine. A unit is
 * about one look at one byte.
 */
export class Work {
  #left: number;

  constructor(units: number) {
    this.#left = units;
  }

  get left(): number {
    return this.#left;
  }

  /** Throws OutOfWork past the budget. */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new OutOfWork();
  }
}

/** What one run of the guard may take: many files that are each just bearable are not bearable together. */
export class RunWork {
  #left: number;

  constructor(units: number = PER_RUN) {
    this.#left = units;
  }

  /** Does something with a file's budget, and counts what it took beyond what its size allows. */
  async spend<T>(size: number, use: (work: Work) => Promise<T>): Promise<T> {
    const own = PER_BYTE * size;
    const granted = own + Math.max(0, Math.min(PER_FILE - own, this.#left));
    const work = new Work(granted);
    try {
      return await use(work);
    } finally {
      this.#left -= Math.max(0, granted - Math.max(0, work.left) - own);
    }
  }
}
