import type { Context } from "./expressions.ts";
import type { Forge } from "./forge.ts";
import type { House } from "./house.ts";
import { type Finished, type Run, Runner } from "./runner.ts";
import { readWorkflow, startsOnPull, startsOnPush, startsOnRun, type Workflow } from "./workflow.ts";

/** What was done to a pull request. */
type Action = "opened" | "synchronize" | "edited";

/** GitHub, or Forgejo, with their workflows, as far as a person sees them: what happens after what they do. */
export class Actions implements Disposable {
  readonly forge: Forge;
  readonly #runner: Runner;
  readonly #directory: string;
  readonly #key: string;

  constructor(forge: Forge, house: House, directory: ".github" | ".forgejo") {
    this.forge = forge;
    this.#directory = directory;
    this.#key = house.key;
    this.#runner = new Runner(forge, directory === ".github" ? "github" : "forgejo");
  }

  /** A pull request into main was opened, pushed to or edited: the run of main's workflow Plan that this sets off. */
  async look(number: number, more: Partial<Run> = {}, action: Action = "opened"): Promise<Finished> {
    const runs = await this.pulled(number, more, action);
    const plan = runs.get("Plan of pull_request_target");
    if (plan === undefined) throw new Error(`no run, only ${[...runs.keys()].join(", ")}`);
    return plan;
  }

  /**
   * Everything that a pull request sets off, by the workflow's name and the event's: workflows of its merge with its
   * base for pull_request, main's for pull_request_target, and main's once more after each run.
   */
  async pulled(number: number, more: Partial<Run> = {}, action: Action = "opened"): Promise<Map<string, Finished>> {
    const { head, base } = this.forge.pull(number);
    const event: Context = {
      action,
      pull_request: { number: String(number), head: { sha: head }, base: { ref: base } },
    };
    const runs = new Map<string, Finished>();
    for (const [eventName, commit] of [
      ["pull_request", this.forge.merged(number)],
      ["pull_request_target", "main"],
    ] as const)
      for (const [text, workflow] of this.#workflows(commit)) {
        if (!startsOnPull(workflow, eventName, base, action)) continue;
        const done = await this.#runner.run({ workflow: text, eventName, event, ...more });
        runs.set(`${workflow.name} of ${eventName}`, done);
        await this.#afterRun(workflow.name, eventName, head, done);
      }
    return runs;
  }

  async #afterRun(name: string, event: string, head: string, { conclusion }: Finished): Promise<void> {
    const id = String(this.#runner.lastRun);
    const run = { id, name, event, head_sha: head, conclusion, html_url: `${this.forge.url}/runs/${id}` };
    for (const [text, workflow] of this.#workflows("main"))
      if (startsOnRun(workflow, name))
        await this.#runner.run({ workflow: text, eventName: "workflow_run", event: { workflow_run: run } });
  }

  /** What a push of these paths to main sets off; null: nothing. */
  async afterPush(paths: readonly string[], more: Partial<Run> = {}): Promise<Finished | null> {
    return this.startsMain(paths) ? this.main("push", more) : null;
  }

  startsMain(paths: readonly string[]): boolean {
    return startsOnPush(readWorkflow(this.#main()), "main", paths);
  }

  main(eventName: "push" | "schedule", more: Partial<Run> = {}): Promise<Finished> {
    const secrets = { GATEHOUSE_KEY: this.#key };
    const given = this.#directory === ".github" ? { environmentSecrets: secrets } : { secrets };
    return this.#runner.run({ workflow: this.#main(), eventName, ...given, ...more });
  }

  #main(): string {
    return this.forge.text("main", `${this.#directory}/workflows/main.yml`);
  }

  #workflows(commit: string): [text: string, workflow: Workflow][] {
    const names = this.forge.git("ls-tree", "--name-only", commit, `${this.#directory}/workflows/`).split("\n");
    return names.map((name) => {
      const text = this.forge.text(commit, name);
      return [text, readWorkflow(text)];
    });
  }

  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }
}
