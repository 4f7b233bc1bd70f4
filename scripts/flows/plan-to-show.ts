import { appendFileSync, readFileSync } from "node:fs";
import type { Plan } from "../model/plan.ts";
import { type Problem, UserError } from "../model/problem.ts";
import { planFromJson, problemsFromJson } from "../views/plan/from-json.ts";
import { planAnnotations, planOutputs, problemAnnotations, problemOutputs } from "../views/plan/github.ts";
import { planMarkdown, problemsMarkdown } from "../views/plan/markdown.ts";
import type { Places } from "../views/plan/places.ts";
import { type PreviewOptions, preview } from "./preview.ts";

/** A plan and where the entries of clients.yaml stand, or what is wrong with clients.yaml. */
export type ToShow =
  | { readonly plan: Plan; readonly places: Places; readonly problems?: never }
  | { readonly plan?: never; readonly places?: never; readonly problems: readonly Problem[] };

/** What reconcile would do. */
export async function planToShow(options: PreviewOptions): Promise<ToShow> {
  const { plan, loaded } = await preview(options);
  return loaded.registry === null ? { problems: loaded.problems } : { plan, places: loaded.places };
}

/** 100,000 clients make a plan of some 40 MB. */
const MOST_BYTES = 100 * 1024 * 1024;

/**
 * What `plan --json` wrote elsewhere, from a file or (`-`) standard input. Whoever made it is not trusted: every field
 * is checked, and views escape the messages. Throws UserError.
 */
export async function planFromFile(file: string): Promise<ToShow> {
  const text = file === "-" ? await standardInput() : read(file);
  const problems = problemsFromJson(text);
  return problems === null ? { plan: planFromJson(text), places: new Map() } : { problems };
}

function read(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length <= MOST_BYTES) return bytes.toString("utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`${file} cannot be read (${why})`);
  }
  throw tooLong(file);
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MOST_BYTES) throw tooLong("standard input");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLong(what: string): UserError {
  return new UserError(`${what} has more than ${MOST_BYTES} bytes, and no plan has`);
}

export interface GithubReport {
  /** Workflow commands, for the job's log. */
  readonly annotations: readonly string[];
  /** Variables that are not set, as anywhere else than in a job: what they are for was left out. */
  readonly missing: readonly string[];
}

/**
 * The plan for a job of GitHub Actions: its Markdown to the step's summary, its outputs to later steps, each appended
 * to the file that the environment names. Throws UserError when such a file cannot be written.
 */
export function reportToGithub(shown: ToShow, env: Readonly<Record<string, string | undefined>>): GithubReport {
  const { plan, places, problems } = shown;
  const files = {
    GITHUB_STEP_SUMMARY: plan === undefined ? problemsMarkdown(problems) : planMarkdown(plan),
    GITHUB_OUTPUT: plan === undefined ? problemOutputs() : planOutputs(plan),
  };
  const missing: string[] = [];
  for (const [variable, text] of Object.entries(files)) {
    const file = env[variable] ?? "";
    if (file === "") missing.push(variable);
    else append(variable, file, text);
  }
  return { annotations: plan === undefined ? problemAnnotations(problems) : planAnnotations(plan, places), missing };
}

function append(variable: string, file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`${variable}: ${file} cannot be written (${why})`);
  }
}
