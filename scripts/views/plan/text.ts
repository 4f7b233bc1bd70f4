import type { Plan } from "../../model/plan.ts";
import { oneLine } from "../../model/printable.ts";
import { formatInstant } from "../../model/time.ts";
import type { Style } from "../style.ts";
import { wrap } from "../wrap.ts";
import { isEmpty } from "./headline.ts";
import { type Review, reviewOf } from "./review.ts";
import { fold, LOOKS, listings, NAMED, type Room, type Statement } from "./statement.ts";

export interface TextOptions {
  readonly style: Style;
  /** Columns. */
  readonly width: number;
}

/** Values may be longer than any screen; messages are ours, and say what to do at their ends. */
const VALUES: Room = { names: NAMED, characters: 400, listed: 80 };
const MESSAGES: Room = { ...VALUES, characters: Number.POSITIVE_INFINITY };
const NAMES: Room = { ...VALUES, names: VALUES.listed };

/**
 * A plan for a reviewer with one minute: how many, alarms, what shifts meaning, who loses and gains what and why, which
 * fields differ, certificates and keys, the rest in a line each, and last, where the eye rests, what is refused. Long
 * lists are folded, but never alarms, definitions and refusals: nothing may hide behind a crowd.
 */
export function planText(plan: Plan, options: TextOptions): string {
  const review = reviewOf(plan);
  const [access, edits] = [fold(review.access), fold(review.edits)];
  const lists = shortLists([...review.alarms, ...access, ...edits]);
  const titled = (title: string, statements: readonly Statement[], room = VALUES) =>
    statements.length === 0 ? [] : [options.style.bold(title), ...lines(statements, options, room)];
  const sections = [
    [...opening(plan, review, options), ...lines(review.alarms, options, VALUES)],
    isEmpty(plan) ? [] : made(plan, review, options),
    titled("Definitions, policy, code", review.definitions),
    titled("Who loses and gains access", access),
    titled("Changed in clients.yaml", edits),
    titled("Certificates", fold(review.certificates)),
    titled("Names in full", fold(lists), NAMES),
    review.rest.flatMap(({ tone, say }) => {
      return wrap(oneLine(say(VALUES)), options.width, { paint: (line) => LOOKS[tone].paint(options.style, line) });
    }),
    titled("Warnings", fold(review.warnings), MESSAGES),
    titled("Refused", review.refusals, MESSAGES),
  ];
  const filled = sections.filter((section) => section.length > 0).map((section) => section.join("\n"));
  return `${filled.join("\n\n")}\n`;
}

/** Lists that fit a screen, each name once: whom an earlier list names is found there. */
function shortLists(statements: readonly Statement[]): Statement[] {
  const named = new Set<string>();
  return listings(
    statements.filter(({ listing }) => {
      if (listing === undefined || listing.size > VALUES.listed) return false;
      const names = listing.names().map(({ name }) => name);
      if (names.every((name) => named.has(name))) return false;
      for (const name of names) named.add(name);
      return true;
    }),
  );
}

function opening(plan: Plan, review: Review, { style, width }: TextOptions): string[] {
  if (isEmpty(plan)) {
    const instant = formatInstant(plan.asOf);
    return wrap(`Nothing to do: as of ${instant}, pki/ is what clients.yaml asks for.`, width);
  }
  return wrap(review.headline, width, { paint: style.bold });
}

function made({ digest }: Plan, { figures }: Review, { style, width }: TextOptions): string[] {
  return [...wrap(figures, width), ...wrap(`digest ${digest}`, width, { paint: style.dim })];
}

function lines(statements: readonly Statement[], { style, width }: TextOptions, room: Room): string[] {
  return statements.flatMap(({ tone, say }) => {
    const { symbol, paint } = LOOKS[tone];
    // One line of it, whatever it holds: what is not ours to say begins no line.
    return wrap(oneLine(say(room)), width, { first: `  ${symbol} `, paint: (line) => paint(style, line) });
  });
}
