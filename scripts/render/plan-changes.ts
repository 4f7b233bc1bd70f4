import type { Change, Definition, Issue, Renew } from "../model/plan.ts";
import { type ChangeKind, show, type View } from "./kinds.ts";
import type { Style } from "./style.ts";
import { figures } from "./words.ts";
import { wrap } from "./wrap.ts";

/** How a kind of change is drawn: its symbol in the first column, its colour, its place, and the words for many. */
interface Look {
  readonly symbol: string;
  readonly paint: keyof Style;
  readonly order: number;
  readonly what: "certificate" | "definition" | "CRL" | "file";
  readonly done: string;
}

/**
 * Certificates appear (+), follow (~), go on (>), pause (|) and go (-); a definition shifts meaning (*). What is merely
 * rewritten has no symbol. The other symbols of a plan: `=` rename, `#` sensitive group, `?` warning, `!` refusal.
 */
export const LOOK: Readonly<Record<ChangeKind, Look>> = {
  definition: { symbol: "*", paint: "bold", order: 0, what: "definition", done: "changed" },
  issue: { symbol: "+", paint: "green", order: 1, what: "certificate", done: "issued" },
  renew: { symbol: "~", paint: "yellow", order: 2, what: "certificate", done: "renewed" },
  release: { symbol: ">", paint: "cyan", order: 3, what: "certificate", done: "released" },
  hold: { symbol: "|", paint: "magenta", order: 4, what: "certificate", done: "held" },
  revoke: { symbol: "-", paint: "red", order: 5, what: "certificate", done: "revoked" },
  crl: { symbol: " ", paint: "dim", order: 6, what: "CRL", done: "signed" },
  file: { symbol: " ", paint: "dim", order: 7, what: "file", done: "written" },
};

/** Changes kind by kind, in the order in which they are shown. */
export function byKind(changes: readonly Change[]): Change[][] {
  const groups = Map.groupBy(changes, ({ kind }) => kind);
  return [...groups].sort(([a], [b]) => LOOK[a].order - LOOK[b].order).map(([, alike]) => alike);
}

/** Of long lists so many are shown one by one. */
const SHOWN = 20;

export interface Entry {
  readonly what: string;
  readonly because: string;
  /** To be compared character by character: on a line of its own. */
  readonly proof: string;
}

const ENTRY: View<Entry> = {
  issue: (change) => ({ what: `issue ${certificate(change)}`, because: change.message, proof: fingerprint(change) }),
  renew: (change) => ({ what: `renew ${certificate(change)}`, because: change.message, proof: fingerprint(change) }),
  revoke: ({ identity, serial, reason, cause, message }) => {
    return { what: `revoke ${identity}: ${reason} (${cause})`, because: message, proof: `serial ${serial}` };
  },
  hold: ({ identity, serial, message }) => ({ what: `hold ${identity}`, because: message, proof: `serial ${serial}` }),
  release: ({ identity, serial, message }) => {
    return { what: `release ${identity}`, because: message, proof: `serial ${serial}` };
  },
  definition: (change) => ({ what: definition(change), because: "", proof: "" }),
  crl: ({ number, reason, message }) => ({ what: `sign CRL ${number} (${reason})`, because: message, proof: "" }),
  file: ({ path, reason, message }) => ({ what: `write ${path} (${reason})`, because: message, proof: "" }),
};

function certificate({ identity, profile, key, reason }: Issue | Renew): string {
  return `${identity}: ${profile}, ${key === "managed" ? "key managed here" : "key from its request"} (${reason})`;
}

function fingerprint(change: Issue | Renew): string {
  return change.fingerprint === null ? "" : `key ${change.fingerprint}`;
}

/** One word for what the planner calls added or removed; else the fields that change. */
function definition({ section, name, fields }: Definition): string {
  return `${section === name ? section : `${section} ${name}`}: ${fields.join(", ")}`;
}

/** One change in words. */
export function entryOf(change: Change): Entry {
  return show(change, ENTRY);
}

/** One change: what, why, and what to compare. */
export function changeLines(change: Change, style: Style, width: number): string[] {
  const { what, because, proof } = entryOf(change);
  const { symbol, paint } = LOOK[change.kind];
  const first = `  ${symbol} `;
  return [
    ...wrap(what, width, { first, paint: style[paint] }),
    ...(because === "" ? [] : wrap(`(because ${because})`, width, { first: "    ", paint: style.dim })),
    ...(proof === "" ? [] : wrap(proof, width, { first: "    " })),
  ];
}

/** The lines of the first SHOWN entries, and how many are left. */
export function fold<T>(entries: readonly T[], lines: (entry: T) => readonly string[]): string[] {
  const shown = entries.slice(0, SHOWN).flatMap(lines);
  const left = entries.length - SHOWN;
  return left > 0 ? [...shown, `    … and ${figures(left)} more`] : shown;
}
