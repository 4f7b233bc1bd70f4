import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parse } from "yaml";
import type { Forge } from "./forge.ts";
import type { House } from "./house.ts";
import { Machine } from "./machine.ts";

type Variables = Readonly<Record<string, string>>;

interface Rule {
  readonly if: string;
  readonly when?: "never";
}

interface Job {
  readonly rules: readonly Rule[];
  readonly script: readonly string[];
  readonly variables?: Variables;
  readonly environment?: { readonly name: string; readonly action?: "access" };
}

const JOB_KEYS = ["rules", "script", "variables", "environment", "resource_group", "interruptible", "timeout"];

/** The runner's clone: URL COMMIT */
const CLONE = `
git init --quiet --initial-branch=none
git remote add origin "$1"
git fetch --quiet origin '+refs/heads/*:refs/remotes/origin/*' "$2"
`;

export interface Finished {
  readonly conclusion: "success" | "failure";
  readonly log: string;
  readonly left: (text: string) => boolean;
}

/** GitLab as its runner sees it: rules decide which jobs a pipeline has, variables are scoped, scripts are one shell. */
export class GitLab implements Disposable {
  readonly forge: Forge;
  readonly #machines: Machine[] = [];
  readonly #key: string;

  constructor(forge: Forge, house: House) {
    this.forge = forge;
    this.#key = house.key;
    forge.admit("comment-token", { contents: "read", comments: true, user: "project_1_bot" });
    forge.admit("push-token", { contents: "write", comments: false, user: "project_2_bot" });
  }

  /** What a pipeline of a commit's .gitlab-ci.yml runs: names of jobs → how they ended. */
  async pipeline(commit: string, given: Variables): Promise<Record<string, Finished>> {
    const file: Record<string, unknown> = parse(this.forge.text(commit, ".gitlab-ci.yml"));
    const { default: defaults, variables, ...jobs } = file;
    if (defaults === undefined) throw new Error("no image");
    const ended: Record<string, Finished> = {};
    for (const [name, job] of Object.entries(jobs)) {
      if (!isJob(job)) throw new Error(`not known to this runner: ${name}`);
      const rule = job.rules.find(({ if: condition }) => decide(condition, given));
      if (rule === undefined || rule.when === "never") continue;
      ended[name] = await this.#job(job, { ...asVariables(variables), ...given }, commit);
    }
    return ended;
  }

  /** A merge request was opened or pushed to: a pipeline by the branch's file, without protected variables. */
  mergeRequest(number: number): Promise<Record<string, Finished>> {
    const commit = this.forge.git("rev-parse", `refs/merge-requests/${number}/head`);
    return this.pipeline(commit, {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
      CI_MERGE_REQUEST_PROJECT_PATH: "org/repo",
      CI_COMMIT_REF_PROTECTED: "false",
    });
  }

  main(source: "push" | "schedule", more: Variables = {}): Promise<Record<string, Finished>> {
    return this.pipeline(this.forge.git("rev-parse", "main"), {
      CI_PIPELINE_SOURCE: source,
      CI_COMMIT_BRANCH: "main",
      CI_COMMIT_REF_PROTECTED: "true",
      ...more,
    });
  }

  async #job(job: Job, given: Variables, commit: string): Promise<Finished> {
    const machine = new Machine();
    this.#machines.push(machine);
    const token = `job-${randomBytes(12).toString("hex")}`;
    this.forge.admit(token, { contents: "read", comments: false, user: "job" });
    const variables = this.#variables(job, given, commit, token);
    // The runner's part: a clone of everything, and with GIT_CHECKOUT=false an empty tree.
    if (variables["GIT_CHECKOUT"] !== "false" || variables["GIT_DEPTH"] !== "0") throw new Error("not known here");
    const origin = this.forge.url.replace("//", `//gitlab-ci-token:${token}@`);
    await machine.run("sh", ["-ec", CLONE, "clone", `${origin}/org/repo.git`, commit], {});
    machine.linkPackages();
    const file = machine.file("script.sh");
    writeFileSync(file, job.script.join("\n"));
    const { code } = await machine.run("sh", ["-e", file], variables);
    this.forge.forget(token);
    const conclusion = code === 0 ? "success" : "failure";
    return { conclusion, log: machine.log, left: (text) => machine.holds(text) };
  }

  #variables(job: Job, given: Variables, commit: string, token: string): Variables {
    const { protocol, hostname, port } = new URL(this.forge.url);
    const known = {
      ...given,
      ...(given["CI_COMMIT_REF_PROTECTED"] === "true" ? this.#secrets(job.environment?.name) : {}),
      CI_COMMIT_SHA: commit,
      CI_JOB_TOKEN: token,
      CI_SERVER_PROTOCOL: protocol.replace(":", ""),
      CI_SERVER_HOST: hostname,
      CI_SERVER_PORT: port,
      CI_PROJECT_ID: "1",
      CI_PROJECT_URL: `${this.forge.url}/org/repo`,
      CI_API_V4_URL: `${this.forge.url}/api/v4`,
      CI_JOB_URL: `${this.forge.url}/org/repo/-/jobs/1`,
    };
    return { ...known, ...expand(job.variables ?? {}, known) };
  }

  /** Protected variables, by the environment that they are for. */
  #secrets(environment: string | undefined): Variables {
    if (environment === undefined) return {};
    const secrets = { GATEHOUSE_KEY: this.#key, GATEHOUSE_PUSH_TOKEN: "push-token" };
    return { GATEHOUSE_COMMENT_TOKEN: "comment-token", ...(environment === "gatehouse" ? secrets : {}) };
  }

  [Symbol.dispose](): void {
    for (const machine of this.#machines) machine[Symbol.dispose]();
  }
}

function isJob(value: unknown): value is Job {
  if (typeof value !== "object" || value === null) return false;
  return Object.keys(value).every((key) => JOB_KEYS.includes(key)) && "rules" in value && "script" in value;
}

function asVariables(value: unknown): Variables {
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, text]) => [key, String(text)]));
}

/** `$NAME` in a variable's value; one that nobody has set is empty. */
function expand(variables: Variables, known: Variables): Variables {
  const filled = (text: string) => text.replace(/\$([A-Z][A-Z0-9_]*)/g, (_, name: string) => known[name] ?? "");
  return Object.fromEntries(Object.entries(variables).map(([key, text]) => [key, filled(String(text))]));
}

/** `$A == "x" && $B == "y"`: all that the rules here say. @throws Error for anything else */
function decide(condition: string, variables: Variables): boolean {
  return condition.split(" && ").every((part) => {
    const [, name = "", text] = /^\$([A-Z_]+) == "([^"]*)"$/.exec(part) ?? [];
    if (text === undefined) throw new Error(`not known to this runner: ${part}`);
    return (variables[name] ?? "") === text;
  });
}
