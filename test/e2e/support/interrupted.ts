import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Repository, runProgram } from "./repository.ts";
import { Scratch } from "./scratch.ts";

const CHILD = fileURLToPath(new URL("interrupted-child.ts", import.meta.url));

/**
 * A run of reconcile as SIGKILL would leave it before each of its file operations: a repository for each, in their
 * order. The run is a process of its own, which takes a copy where GATEHOUSE_FAULT would kill it, so that its lock is
 * a dead one's.
 */
export class Interrupted implements Disposable {
  readonly #scratch: Scratch;
  readonly count: number;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.count = readdirSync(scratch.path).length;
  }

  static async run(repository: Repository, now: string): Promise<Interrupted> {
    using twin = repository.copy();
    const scratch = new Scratch("interrupted");
    const { code, stderr } = await runProgram(process.execPath, [CHILD, twin.root, now, scratch.path]);
    if (code !== 0) throw new Error(stderr);
    return new Interrupted(scratch);
  }

  /** As it was before the Nth operation, from 1 on. */
  before(operation: number): Repository {
    return Repository.found(this.#scratch.at(String(operation)));
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}
