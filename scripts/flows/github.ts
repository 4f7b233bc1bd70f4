import { appendFileSync } from "node:fs";
import { UserError } from "../model/problem.ts";
import { planAnnotations, planOutputs, problemAnnotations, problemOutputs } from "../views/plan/github.ts";
import { planMarkdown, problemsMarkdown } from "../views/plan/markdown.ts";
import type { ToShow } from "./plan-to-show.ts";

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
