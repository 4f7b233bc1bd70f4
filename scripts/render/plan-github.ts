import { REGISTRY_FILE } from "../model/paths.ts";
import type { Plan, Refusal, Warning } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import { printable } from "./printable.ts";
import { figures } from "./words.ts";

/** A place in clients.yaml; lines and columns count from 1. */
type Place = Pick<Problem, "line" | "column">;
/** Where sections (`clients`) and entries (`clients.alice`) stand. */
export type Places = ReadonlyMap<string, Place>;

interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
  /** Null where no file is to blame. */
  readonly file: string | null;
  readonly place: Place | null;
}

/** GitHub shows so many of each level for a step, and drops the others without a word. */
const MOST_SHOWN = 10;

/** Workflow commands, one a line, that mark what is refused, and warnings, at the lines of clients.yaml. */
export function planAnnotations({ refusals, warnings }: Plan, places: Places): string[] {
  return commands([
    ...refusals.map((refusal) => annotation("error", refusal, places)),
    ...warnings.map((warning) => annotation("warning", warning, places)),
  ]);
}

/** The same for a clients.yaml that cannot be read. */
export function problemAnnotations(problems: readonly Problem[]): string[] {
  return commands(
    problems.map(({ file, line, column, message, hint }) => ({
      level: "error",
      title: REGISTRY_FILE,
      message: hint === null ? message : `${message} (${hint})`,
      file,
      place: { line, column },
    })),
  );
}

function annotation(level: Annotation["level"], said: Refusal | Warning, places: Places): Annotation {
  const { code, message } = said;
  const edited = code === "StateEdited" ? /^(pki\/.*) is changed on this branch/s.exec(message)?.[1] : undefined;
  const place = edited === undefined ? placeOf(said, places) : { line: 1, column: 1 };
  return { level, title: code, message, file: edited ?? (place === null ? null : REGISTRY_FILE), place };
}

const IDENTITIES = ["clients", "servers", "signers"];

/** Whom a message is about, by the words with which the planner begins it. */
const ABOUT: { readonly [C in (Refusal | Warning)["code"]]?: readonly [sections: readonly string[], words: RegExp] } = {
  BadRequest: [IDENTITIES, /^pki\/reqs\/([^/]+)\.req: /],
  RequestReplaced: [IDENTITIES, /^(\S+): /],
  RequestExtensionsIgnored: [IDENTITIES, /^(\S+): /],
  NameReused: [IDENTITIES, /^(\S+) had certificates/],
  NoContact: [["clients"], /^no contact is given for ([^\s,]+)/],
  SensitiveGroup: [["groups"], /^sensitive group (\S+) /],
  LastSensitiveClient: [["groups"], /^sensitive group (\S+) /],
};
/** Messages about a section as a whole. */
const SECTION: { readonly [C in (Refusal | Warning)["code"]]?: string } = {
  AuthorityChanged: "authority",
  TooManyLosses: "clients",
  Unsigned: "limits",
};

function placeOf({ code, message }: Refusal | Warning, places: Places): Place | null {
  const [sections, words] = ABOUT[code] ?? [[], /$^/];
  const name = words.exec(message)?.[1];
  const keys = name === undefined ? [SECTION[code] ?? ""] : sections.map((section) => `${section}.${name}`);
  return keys.map((key) => places.get(key)).find((place) => place !== undefined) ?? null;
}

function commands(all: readonly Annotation[]): string[] {
  return (["error", "warning"] as const).flatMap((level) => {
    const these = all.filter((one) => one.level === level);
    if (these.length <= MOST_SHOWN) return these.map(command);
    const left = these.length - MOST_SHOWN + 1;
    const message = `and ${figures(left)} more, all in the step's summary`;
    const rest: Annotation = { level, title: "And more", message, file: null, place: null };
    return [...these.slice(0, MOST_SHOWN - 1), rest].map(command);
  });
}

/** A few times what the page of annotations shows. */
const LONGEST = 4000;

/** `::error file=…,line=…,col=…,title=…::message` */
function command({ level, title, message, file, place }: Annotation): string {
  const fields = [
    ...(file === null ? [] : [`file=${property(file)}`]),
    ...(place === null ? [] : [`line=${place.line}`, `col=${place.column}`]),
    `title=${property(title)}`,
  ];
  const lines = message.slice(0, LONGEST).split(/\r?\n/).map(printable);
  return `::${level} ${fields.join(",")}::${data(lines.join("\n"))}`;
}

/** Escapes as the runner undoes them (actions/toolkit, packages/core/src/command.ts); `%` first. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(printable(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** What later steps may ask for, as lines for the file that GITHUB_OUTPUT names. */
export function planOutputs({ digest, changes, summary, refusals }: Plan): string {
  return outputs({
    digest,
    changes: String(changes.length > 0),
    lose: String(summary.lose),
    refused: String(refusals.length > 0),
  });
}

/** The same for a clients.yaml that cannot be read: no digest, and refused. */
export function problemOutputs(): string {
  return outputs({ digest: "", changes: "false", lose: "0", refused: "true" });
}

/** `name<<DELIMITER`, value, DELIMITER: a delimiter that the value holds is made longer until it does not. */
function outputs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      let delimiter = "END_OF_VALUE";
      while (value.includes(delimiter)) delimiter += "_";
      return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
    })
    .join("");
}

/**
 * Text for a job's log, in which a line that begins with `::`, blanks before it or not, or holds `##[` anywhere is a
 * command to the runner (actions/runner, ActionCommand.cs): both are shown broken.
 */
export function inertLog(text: string): string {
  return text.replaceAll("##[", "##\\u{5b}").replace(/^(\s*):(?=:)/gm, "$1\\u{3a}");
}
