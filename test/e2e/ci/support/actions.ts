import type { Context } from "./expressions.ts";
import type { Forge } from "./forge.ts";
import type { House } from "./house.ts";
import { type Finished, type Run, Runner } from "./runner.ts";
import { readWorkflow, startsOnPush } from "./workflow.ts";

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
    this.#runner = new Runner(forge, directory === ".github" ? "github-actions[bot]" : "forgejo-actions");
  }

  /** A pull request was opened or pushed to. GitHub takes the workflow as the branch has it, Forgejo main's. */
  async look(number: number, more: Partial<Run> = {}): Promise<{ plan: Finished; comment: Finished | null }> {
    const head = this.forge.git("rev-parse", `refs/pull/${number}/head`);
    const event: Context = { pull_request: { number: String(number), head: { sha: head } } };
    if (this.#directory === ".forgejo")
      return { plan: await this.#start("plan", "main", "pull_request_target", event, more), comment: null };
    const plan = await this.#start("plan", head, "pull_request", event, { readOnly: true, ...more });
    const run = {
      id: String(this.#runner.lastRun),
      event: "pull_request",
      head_sha: head,
      conclusion: plan.conclusion,
      html_url: `${this.forge.url}/runs/${this.#runner.lastRun}`,
    };
    return { plan, comment: await this.#start("comment", "main", "workflow_run", { workflow_run: run }) };
  }

  /** What a push of these paths to main sets off; null: nothing. */
  async afterPush(paths: readonly string[], more: Partial<Run> = {}): Promise<Finished | null> {
    return this.startsMain(paths) ? this.main("push", more) : null;
  }

  startsMain(paths: readonly string[]): boolean {
    return startsOnPush(readWorkflow(this.#file("main", "main")), "main", paths);
  }

  main(eventName: "push" | "schedule", more: Partial<Run> = {}): Promise<Finished> {
    const secrets = { GATEHOUSE_KEY: this.#key };
    const given = this.#directory === ".github" ? { environmentSecrets: secrets } : { secrets };
    return this.#start("main", "main", eventName, {}, { ...given, ...more });
  }

  #start(name: string, commit: string, eventName: string, event: Context, more: Partial<Run> = {}): Promise<Finished> {
    return this.#runner.run({ workflow: this.#file(name, commit), eventName, event, ...more });
  }

  #file(name: string, commit: string): string {
    return this.forge.text(commit, `${this.#directory}/workflows/${name}.yml`);
  }

  [Symbol.dispose](): void {
    this.#runner[Symbol.dispose]();
  }
}
