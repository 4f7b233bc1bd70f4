import type { Edit, Plan } from "../model/plan.ts";
import { listingOf, plainNames, who } from "./plan-crowd.ts";
import { changedEdits, isWhole, type People } from "./plan-people.ts";
import { NAMED, namesIn, type Room, type Statement } from "./plan-statement.ts";
import { arrow, formatValue, quoted } from "./plan-value.ts";
import { cut } from "./words.ts";

/** Words for the fields that a reviewer looks for first; every other field stands under its own name. */
const WORDS = new Map([
  ["expires", "END"],
  ["home", "HOME"],
  ["contact", "CONTACT"],
]);

/**
 * What differs in the entries of clients, with both values, whatever the field: entries that come and go in a line
 * each, the same change of many in one. Of ends the latest first: the furthest is what somebody would hide.
 */
export function editStatements(plan: Plan, people: People): Statement[] {
  const comes = [...people.edits].filter(([, those]) => isWhole(those, "from"));
  const goes = [...people.edits].filter(([, those]) => isWhole(those, "to"));
  const rest = changedEdits(people);
  return [
    ...changes(rest),
    ...notes(plan, rest),
    ...entries("NEW", "entries that are new", comes, "to"),
    ...entries("GONE", "entries that are gone", goes, "from"),
  ];
}

type Entry = readonly [name: string, edits: readonly Edit[]];

/**
 * `NEW a (contact: a@example.com), b (contact: b@example.com): groups: [lab]`: the field that differs most stands beside
 * each name, those that agree in the others share a line, and what all agree in is said once.
 */
function entries(word: string, what: string, those: readonly Entry[], side: "from" | "to"): Statement[] {
  const value = (edit: Edit) => JSON.stringify([edit.field, edit[side]]);
  const every = those.flatMap(([, edits]) => edits);
  const held = Map.groupBy(every, value);
  const answers = [...Map.groupBy(every, ({ field }) => field)].map(
    ([field, edits]) => [field, new Set(edits.map(value)).size] as const,
  );
  const [own = "", most = 0] = answers.sort(([, a], [, b]) => b - a)[0] ?? [];
  const isOwn = (edit: Edit) => most > 1 && edit.field === own;
  const isCommon = (edit: Edit) => held.get(value(edit))?.length === those.length;
  const rest = (edits: readonly Edit[]) => edits.filter((edit) => !isOwn(edit) && !isCommon(edit));
  const alike = Map.groupBy(those, ([, edits]) => JSON.stringify(rest(edits).map(value)));
  // Of entries that are all alike, one line says everything.
  const apart = alike.size > 1;
  const common = (those[0]?.[1] ?? []).filter(isCommon);
  const say = sayFields(side);
  const whole: Statement[] =
    apart && common.length > 0
      ? [{ tone: "plain", what, size: 0, say: (room) => `${word}, all of them: ${say(common, room)}` }]
      : [];
  return [
    ...[...alike.values()].map((same) => {
      const edits = [...rest(same[0]?.[1] ?? []), ...(apart ? [] : common)];
      const names = same.map(([name, all]) => ({ name, own: all.filter(isOwn) }));
      return entry({ word, what, names, edits, say });
    }),
    ...whole,
  ];
}

type Say = (edits: readonly Edit[], room: Room) => string;

const sayFields =
  (side: "from" | "to"): Say =>
  (edits, { characters }) =>
    edits.map((edit) => `${quoted(edit.field)}: ${cut(formatValue(edit[side]), characters)}`).join("; ");

interface Entries {
  readonly word: string;
  readonly what: string;
  readonly names: readonly { readonly name: string; readonly own: readonly Edit[] }[];
  readonly edits: readonly Edit[];
  readonly say: Say;
}

function entry({ word, what, names, edits, say }: Entries): Statement {
  const line = (room: Room) => {
    const known = names.map(({ name, own }) => (own.length === 0 ? name : `${name} (${say(own, room)})`));
    const all = names.map(({ name }) => name);
    const whom = all.length > namesIn(room) ? who(all, room) : known.join(", ");
    return `${word} ${whom}${edits.length === 0 ? "" : `: ${say(edits, room)}`}`;
  };
  const room: Room = { names: NAMED, characters: 100, listed: 0 };
  const listed = names.map(({ name, own }) => ({ name, note: say(own, room) }));
  return { tone: "plain", what, size: names.length, say: line, ...listingOf(what, listed) };
}

/** `END unit-0036: 2027-03-31 → 2029-03-31`, `lifetime: 90d → 10y for 438 clients (a … z)` */
function changes(edits: readonly Edit[]): Statement[] {
  const same = Map.groupBy(edits.toSorted(inOrder), ({ field, from, to }) => JSON.stringify([field, from, to]));
  return [...same.values()].flatMap((alike) =>
    alike.slice(0, 1).map((edit) =>
      change(
        edit,
        alike.map(({ name }) => name),
      ),
    ),
  );
}

function change({ field, from, to }: Edit, names: readonly string[]): Statement {
  const word = WORDS.get(field);
  const say = (room: Room) => {
    const values = arrow(from, to, room.characters);
    if (names.length > namesIn(room)) return `${word ?? quoted(field)}: ${values} for ${who(names, room)}`;
    return `${word === undefined ? "clients" : word} ${who(names, room)}${word === undefined ? ` ${quoted(field)}` : ""}: ${values}`;
  };
  const title = `${word ?? quoted(field)}: ${arrow(from, to, 40)}`;
  return {
    tone: "edit",
    what: `changes of ${quoted(field)}`,
    size: names.length,
    say,
    ...listingOf(title, plainNames(names)),
  };
}

/** Field by field, ends first and of them the latest. */
function inOrder(a: Edit, b: Edit): number {
  if (a.field !== b.field) return a.field === "expires" ? -1 : b.field === "expires" ? 1 : a.field < b.field ? -1 : 1;
  return a.field === "expires" ? compare(end(b), end(a)) : 0;
}

const end = ({ to }: Edit) => (typeof to === "string" ? to : "~");
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const CERTIFIED = ["servers", "signers"];

/** What such a change does not do, although its words may sound so. */
function notes({ edits }: Plan, ofClients: readonly Edit[]): Statement[] {
  const others = edits.filter(({ section, from, to }) => CERTIFIED.includes(section) && from !== null && to !== null);
  const fields = new Set([...ofClients, ...others].map(({ field }) => field));
  const sentences = [
    ...(fields.has("lifetime")
      ? ["Certificates that are out keep their ends: a lifetime counts from the next one on."]
      : []),
    ...(fields.has("renew_before")
      ? ["renew_before moves the day of the next renewal, and no certificate's end."]
      : []),
    ...(fields.has("overlap") ? ["An overlap also counts for certificates that are out and have a successor."] : []),
  ];
  return sentences.map((sentence) => ({ tone: "plain", what: "notes", size: 1, say: () => `(${sentence})` }));
}
