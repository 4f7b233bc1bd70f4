import { figures } from "../../model/words.ts";
import type { Style } from "../style.ts";
import type { Level } from "./length-limit.ts";

/** What a statement is, and with it how it is drawn. */
export type Tone =
  | "alarm"
  | "sensitive"
  | "meaning"
  | "loss"
  | "pause"
  | "rename"
  | "gain"
  | "edit"
  | "renewal"
  | "plain"
  | "warning"
  | "refusal";

interface Look {
  /** On a terminal, where every tone has its own; none is blank, so that what goes on never looks like what begins. */
  readonly symbol: string;
  /** In a diff block, where three are coloured: `+` green, `-` red, `!` orange. */
  readonly diff: string;
  paint(style: Style, line: string): string;
}

export const LOOKS: Readonly<Record<Tone, Look>> = {
  alarm: { symbol: "!", diff: "!", paint: ({ bold, red }, line) => bold(red(line)) },
  sensitive: { symbol: "#", diff: "!", paint: ({ bold, magenta }, line) => bold(magenta(line)) },
  meaning: { symbol: "*", diff: "!", paint: ({ bold }, line) => bold(line) },
  loss: { symbol: "-", diff: "-", paint: ({ red }, line) => red(line) },
  pause: { symbol: "|", diff: "-", paint: ({ magenta }, line) => magenta(line) },
  rename: { symbol: "=", diff: "!", paint: ({ cyan }, line) => cyan(line) },
  gain: { symbol: "+", diff: "+", paint: ({ green }, line) => green(line) },
  edit: { symbol: "~", diff: "!", paint: ({ yellow }, line) => yellow(line) },
  renewal: { symbol: "~", diff: "!", paint: ({ yellow }, line) => yellow(line) },
  plain: { symbol: "·", diff: " ", paint: (_, line) => line },
  warning: { symbol: "?", diff: "!", paint: ({ yellow }, line) => yellow(line) },
  refusal: { symbol: "!", diff: "!", paint: ({ bold, red }, line) => bold(red(line)) },
};

/** One line of a plan, before it is known how wide the page is and how much room there is. */
export interface Statement {
  readonly tone: Tone;
  /** What it is counted as where it is left out: `clients that gain`. */
  readonly what: string;
  /** How many of those it stands for. */
  readonly size: number;
  say(room: Room): string;
  /** Where it is asked for in clients.yaml, the best first: `clients.alice`, `clients`. */
  readonly about?: readonly string[];
  /** The names of a crowd, for which the sentence has only a number. */
  readonly listing?: Listing;
}

/** How much of one statement is said. */
export interface Room extends Level {
  /** Crowds of up to so many are listed by name below the sentences. */
  readonly listed: number;
}

export interface Listing {
  readonly title: string;
  readonly size: number;
  /** Worked out when it is shown: a crowd may be everybody. */
  names(): readonly Name[];
}

export interface Name {
  readonly name: string;
  /** What is not the same for all of the list; empty where everything is. */
  readonly note: string;
}

/** More names than this are a number in the sentence, and a list of their own below. */
export const NAMED = 10;

/** So many names fit a sentence. */
export function namesIn({ names }: Level): number {
  return Math.min(names, NAMED);
}

/** Of long lists so many statements of one sort are shown on a terminal. */
const SHOWN = 20;

/** The first of each sort, and one that counts the rest; the order stays. */
export function fold(statements: readonly Statement[]): Statement[] {
  return [...Map.groupBy(statements, ({ what }) => what)].flatMap(([what, alike]) => {
    if (alike.length <= SHOWN) return alike;
    const left = alike.slice(SHOWN).reduce((sum, { size }) => sum + size, 0);
    const rest: Statement = { tone: "plain", what, size: left, say: () => `… and ${figures(left)} more ${what}` };
    return [...alike.slice(0, SHOWN), rest];
  });
}

/** The names for which sentences have numbers alone; those of two sentences in one list where they are the same. */
export function listings(statements: readonly Statement[]): Statement[] {
  const all = Map.groupBy(
    statements.flatMap(({ listing }) => listing ?? []),
    ({ names }) => JSON.stringify(names()),
  );
  return [...all.values()].flatMap((same) => {
    const titles = [...new Set(same.map(({ title }) => title))].join("; ");
    return same.slice(0, 1).map((one) => {
      const names = one.names();
      const say = (room: Room) => `${titles} (${figures(names.length)}): ${listed(names, room.names)}`;
      return { tone: "plain", what: "lists of names", size: 1, say };
    });
  });
}

/** `a, b (no end), c (until 2027-06-30)`: those of one note together. */
function listed(names: readonly Name[], most: number): string {
  const notes = [...Map.groupBy(names, ({ note }) => note).values()].flat().slice(0, most);
  const parts = notes.map(({ name, note }, index) =>
    note === "" || notes[index + 1]?.note === note ? name : `${name} (${note})`,
  );
  const left = names.length - notes.length;
  return `${parts.join(", ")}${left > 0 ? `, … and ${figures(left)} more (plan --json has all)` : ""}`;
}
