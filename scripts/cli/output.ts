import { inert } from "../model/printable.ts";
import { COLOUR, PLAIN, type Style } from "../views/style.ts";
import type { Environment } from "./swallowed.ts";

/** Where text goes: a stream of the process, or a test's. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Set by GitHub, Forgejo, Gitea, GitLab, and by nearly everybody else who runs jobs. */
const RUNNERS = ["CI", "GITHUB_ACTIONS", "FORGEJO_ACTIONS", "GITEA_ACTIONS", "GITLAB_CI"] as const;

/**
 * The stream, through which no text can tell a forge's runner what to do: all that a command of ours writes goes this
 * way. A container may be told nothing of the job it is in, so only a person's terminal gets text as it is.
 */
export function forLog(stream: Output, env: Environment): Output {
  const job = RUNNERS.some((name) => (env[name] ?? "") !== "");
  if (stream.isTTY === true && !job) return stream;
  const { isTTY, columns } = stream;
  const rest = { ...(isTTY === undefined ? {} : { isTTY }), ...(columns === undefined ? {} : { columns }) };
  return { ...rest, write: (text) => stream.write(inert(text)) };
}

/** Whole lines: a final line feed is added where it is missing. */
export function lines(stream: Output): (text: string) => void {
  return (text) => void stream.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** What a program of CI's says, beside the commands, which have the same from run.ts. */
export const ciOutput = {
  out: lines(forLog(process.stdout, process.env)),
  say: lines(forLog(process.stderr, process.env)),
} as const;

/**
 * Colour for one stream. FORCE_COLOR decides where it is set (0 and false: off); else NO_COLOR (non-empty,
 * https://no-color.org) and TERM=dumb switch it off; else it is for terminals.
 */
export function styleFor(stream: { readonly isTTY?: boolean }, env: Environment): Style {
  return wantsColour(stream.isTTY === true, env) ? COLOUR : PLAIN;
}

function wantsColour(terminal: boolean, env: Environment): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if ((env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") return false;
  return terminal;
}
