import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Plan } from "../../../scripts/model/plan.ts";
import { environment } from "../support/repository.ts";
import type { Answered, Asked } from "./flows-process.ts";

/** A plan, or what a person was told in place of one. */
export type Answer = { readonly plan: Plan; readonly error: null } | { readonly plan: null; readonly error: string };

const PROGRAM = fileURLToPath(new URL("flows-process.ts", import.meta.url));

/** What programs need to run; each variable more is copied for each git. */
const NEEDED = /^(?:PATH|HOME|TMPDIR|NODE_COMPILE_CACHE.*|GIT_CONFIG_.*)$/;

/** plan and reconcile, one after the other, in one process of their own. */
export class Flows implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #over = new AbortController();

  /** `key`: of the vault, as GATEHOUSE_KEY has it. */
  constructor(key: string) {
    const env = Object.fromEntries(Object.entries(environment()).filter(([name]) => NEEDED.test(name)));
    // Little memory for what is soon forgotten: it stays small.
    const execArgv = ["--max-semi-space-size=1"];
    this.#process = fork(PROGRAM, { serialization: "advanced", execArgv, env: { ...env, GATEHOUSE_KEY: key } });
    this.#process.once("exit", (code) =>
      this.#over.abort(new Error(`the process of the flows has ended with ${code}`)),
    );
  }

  /** `plan --base --head --now` */
  planAt(root: string, base: string, head: string, now: number): Promise<Answer> {
    return this.#ask({ do: "plan", root, base, head, now });
  }

  /** `reconcile --now`, and `--allow-losses` where so many are allowed; the plan is the one that it showed. */
  reconcileAt(root: string, now: number, allowLosses: number | null = null): Promise<Answer> {
    return this.#ask({ do: "reconcile", root, now, allowLosses });
  }

  async #ask(asked: Asked): Promise<Answer> {
    this.#process.send(asked);
    const [answer] = (await once(this.#process, "message", { signal: this.#over.signal })) as [Answered];
    if ("bug" in answer) throw new Error(answer.bug);
    return "plan" in answer ? { plan: answer.plan, error: null } : { plan: null, error: answer.told };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.disconnect();
    await once(this.#process, "exit");
  }
}

/** Why an answer refuses: its refusals' codes, `Error` in place of a plan; empty when it does not. */
export function codesOf({ plan }: Answer): string[] {
  return plan === null ? ["Error"] : [...new Set(plan.refusals.map(({ code }) => code))].sort();
}
