import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type Context, holds, interpolate, type Status, type Value } from "./expressions.ts";
import type { Forge, Grant } from "./forge.ts";
import { Machine } from "./machine.ts";
import { type Job, readWorkflow, type Step } from "./workflow.ts";

type Outcome = "success" | "failure" | "skipped";

export interface Finished {
  readonly conclusion: "success" | "failure";
  /** Step names → outcome, of every job that ran. */
  readonly steps: ReadonlyMap<string, Outcome>;
  readonly log: string;
  /** What is on the jobs' disks afterwards. */
  readonly left: (text: string) => boolean;
}

export interface Run {
  /** The workflow's text, of the branch that the forge takes it from. */
  readonly workflow: string;
  readonly eventName: string;
  readonly event?: Context;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** Only jobs that name it get secrets of an environment. */
  readonly environmentSecrets?: Readonly<Record<string, string>>;
  /** The pull request comes from a fork. */
  readonly fork?: boolean;
  /** Main is protected: the job's own token cannot push there. */
  readonly protectedMain?: boolean;
  /** Programs in front of the system's: name → text of a script. */
  readonly programs?: Readonly<Record<string, string>>;
  /** The job that runs npm ci for real, where all others link the packages. */
  readonly installs?: string;
}

export type Kind = "github" | "forgejo";

const BOTS = { github: "github-actions[bot]", forgejo: "forgejo-actions" } as const;

/**
 * What a job's own token may do. GitHub: what the job asks for, and nothing but reading where a fork's own workflow
 * runs. Forgejo (seen with 14): it ignores `permissions`; only for a fork's pull request it cannot write, though it
 * can comment, as everybody can.
 */
const MAY: Readonly<Record<Kind, (job: Job, run: Run) => Omit<Grant, "user">>> = {
  github: ({ permissions }, { fork = false, eventName }) => {
    const reads = fork && eventName === "pull_request";
    const contents = permissions["contents"] ?? "none";
    const comments = permissions["pull-requests"] === "write" && !reads;
    return { contents: reads && contents === "write" ? "read" : contents, comments };
  },
  forgejo: (_, { fork = false }) => ({ contents: fork ? "read" : "write", comments: true }),
};

/** actions/checkout of main: URL HEADER-NAME HEADER PERSIST. In one shell, which starts git sooner than Node does. */
const CHECK_OUT = `
git init --quiet --initial-branch=main
git remote add origin "$1"
git config "$2" "$3"
git fetch --quiet origin '+refs/heads/*:refs/remotes/origin/*'
git checkout --quiet -B main refs/remotes/origin/main
[ "$4" = true ] || git config --unset "$2"
`;

/** Runs workflows as GitHub's and Forgejo's runners do, each job on a fresh machine, against a forge on loopback. */
export class Runner implements Disposable {
  readonly #forge: Forge;
  readonly #kind: Kind;
  readonly #machines: Machine[] = [];
  #runs = 0;

  constructor(forge: Forge, kind: Kind) {
    this.#forge = forge;
    this.#kind = kind;
  }

  get lastRun(): number {
    return this.#runs;
  }

  async run(run: Run): Promise<Finished> {
    const id = ++this.#runs;
    const workflow = readWorkflow(run.workflow);
    const results: Record<string, Value> = {};
    const done: JobDone[] = [];
    for (const [name, job] of Object.entries(workflow.jobs)) {
      const needed = (job.needs ?? []).map((need) => results[need]);
      const status = { failed: needed.some((value) => resultOf(value) !== "success"), cancelled: false };
      const context = this.#context(run, id, Object.fromEntries((job.needs ?? []).map((n) => [n, results[n] ?? ""])));
      if (!holds(job.if, context, status)) {
        results[name] = { result: "skipped" };
        continue;
      }
      const ended = await this.#job(job, run, context, run.installs !== name);
      results[name] = { result: ended.failed ? "failure" : "success" };
      done.push(ended);
    }
    const machines = done.map(({ machine }) => machine);
    return {
      conclusion: done.some(({ failed }) => failed) ? "failure" : "success",
      steps: new Map(done.flatMap(({ steps }) => [...steps])),
      log: machines.map(({ log }) => log).join(""),
      left: (text) => machines.some((machine) => machine.holds(text)),
    };
  }

  #context(run: Run, id: number, needs: Value): Context {
    return {
      github: {
        event: run.event ?? {},
        event_name: run.eventName,
        // Seen with Forgejo 14, whose source of 16 says so too.
        ref: this.#kind === "forgejo" && run.eventName === "schedule" ? "main" : "refs/heads/main",
        repository: "org/repo",
        server_url: this.#forge.url,
        run_id: String(id),
        run_number: String(id),
      },
      secrets: run.secrets ?? {},
      vars: run.vars ?? {},
      needs,
    };
  }

  async #job(job: Job, run: Run, base: Context, links: boolean): Promise<JobDone> {
    const machine = new Machine(run.programs);
    this.#machines.push(machine);
    const token = `job-${randomBytes(12).toString("hex")}`;
    const may = MAY[this.#kind](job, run);
    const contents = run.protectedMain && may.contents === "write" ? "read" : may.contents;
    this.#forge.admit(token, { ...may, contents, user: BOTS[this.#kind] });
    const github = { ...(typeof base["github"] === "object" ? base["github"] : {}), token };
    const secrets = { ...run.secrets, ...(job.environment === undefined ? {} : run.environmentSecrets) };
    const context = { ...base, github, secrets, runner: { temp: machine.temp } };
    const walk = new Walk(this.#forge, machine, links, job, context);
    try {
      for (const step of job.steps) await walk.take(step);
    } finally {
      this.#forge.forget(token);
    }
    return { machine, failed: walk.failed, steps: walk.steps };
  }

  [Symbol.dispose](): void {
    for (const machine of this.#machines) machine[Symbol.dispose]();
  }
}

interface JobDone {
  readonly machine: Machine;
  readonly failed: boolean;
  readonly steps: ReadonlyMap<string, Outcome>;
}

function resultOf(value: Value | undefined): Value | undefined {
  return typeof value === "object" ? value["result"] : undefined;
}

/** One job, step after step. */
class Walk {
  readonly steps = new Map<string, Outcome>();
  readonly #ids: Record<string, Value> = {};
  failed = false;
  readonly #forge: Forge;
  readonly #machine: Machine;
  readonly #links: boolean;
  readonly #job: Job;
  readonly #context: Context;

  /** `links`: packages are linked there, in place of npm ci. */
  constructor(forge: Forge, machine: Machine, links: boolean, job: Job, context: Context) {
    this.#forge = forge;
    this.#machine = machine;
    this.#links = links;
    this.#job = job;
    this.#context = context;
  }

  async take(step: Step): Promise<void> {
    const status = { failed: this.failed, cancelled: false };
    const context = { ...this.#context, steps: this.#ids };
    let outcome: Outcome = "skipped";
    if (holds(step.if, context, status)) outcome = (await this.#does(step, context, status)) ? "success" : "failure";
    if (outcome === "failure") this.failed = true;
    this.steps.set(step.name ?? step.id ?? "", outcome);
    if (step.id !== undefined) this.#ids[step.id] = { outcome };
  }

  async #does(step: Step, context: Context, status: Status): Promise<boolean> {
    const filled = (all: Readonly<Record<string, unknown>> = {}) =>
      Object.fromEntries(Object.entries(all).map(([key, text]) => [key, interpolate(String(text), context, status)]));
    const env = { ...filled(this.#job.env), ...filled(step.env) };
    const [action] = (step.uses ?? "").split("@");
    if (step.run !== undefined) return this.#script(interpolate(step.run, context, status), env);
    const inputs = filled(step.with);
    if (action === "actions/checkout") return this.#checkout(inputs, env);
    throw new Error(`not known to this runner: ${step.uses}`);
  }

  async #script(text: string, env: Readonly<Record<string, string>>): Promise<boolean> {
    const file = this.#machine.file("step.sh");
    writeFileSync(file, text);
    const temp = this.#machine.temp;
    const given = {
      RUNNER_TEMP: temp,
      GITHUB_API_URL: `${this.#forge.url}/api/v1`,
      GITHUB_REPOSITORY: "org/repo",
      GITHUB_OUTPUT: this.#machine.file("output"),
      GITHUB_STEP_SUMMARY: this.#machine.file("summary"),
    };
    const { code } = await this.#machine.run("sh", ["-e", file], { ...given, ...env });
    return code === 0;
  }

  /** As the action does: a clone by the job's token, which is left there only where that was asked for. */
  async #checkout(inputs: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>): Promise<boolean> {
    const github = this.#context["github"];
    const own = typeof github === "object" ? String(github["token"]) : "";
    const { ref, "fetch-depth": depth, "persist-credentials": persist, token = own, ...rest } = inputs;
    const { "ssh-key": key = "", ...others } = rest;
    if (ref !== "main" || depth !== "0" || key !== "" || Object.keys(others).length > 0)
      throw new Error(`not known to this runner: ${JSON.stringify(inputs)}`);
    const url = `${this.#forge.url}/org/repo`;
    const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
    const header = [`http.${this.#forge.url}/.extraheader`, `Authorization: basic ${basic}`];
    const script = ["-ec", CHECK_OUT, "checkout", url, ...header, persist ?? ""];
    const done = (await this.#machine.run("sh", script, env)).code === 0;
    if (done && this.#links) this.#machine.linkPackages();
    return done;
  }
}
