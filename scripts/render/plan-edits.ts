import type { Edit, Plan } from "../model/plan.ts";
import { listingOf, plainNames, who } from "./plan-crowd.ts";
import { isWhole, type People } from "./plan-people.ts";
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
export function editStatements(plan: Plan, { edits }: People): Statement[] {
  const comes = [...edits].filter(([, those]) => isWhole(those, "from"));
  const goes = [...edits].filter(([, those]) => isWhole(those, "to"));
  const whole = new Set([...comes, ...goes].map(([name]) => name));
  const rest = [...edits].flatMap(([name, those]) => (whole.has(name) ? [] : those));
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
 * each name, and those that agree in all others share a line.
 */
function entries(word: string, what: string, those: readonly Entry[], side: "from" | "to"): Statement[] {
  const value = (edit: Edit) => JSON.stringify(edit[side]);
  const fields = Map.groupBy(
    those.flatMap(([, edits]) => edits),
    ({ field }) => field,
  );
  const answers = [...fields].map(([field, edits]) => [field, new Set(edits.map(value)).size] as const);
  const [own = "", most = 0] = answers.sort(([, a], [, b]) => b - a)[0] ?? [];
  const isOwn = ({ field }: Edit) => most > 1 && field === own;
  const alike = Map.groupBy(those, ([, edits]) =>
    JSON.stringify(edits.filter((edit) => !isOwn(edit)).map((edit) => [edit.field, value(edit)])),
  );
  const say = (edits: readonly Edit[], { characters }: Room) =>
    edits.map((edit) => `${quoted(edit.field)}: ${cut(formatValue(edit[side]), characters)}`).join("; ");
  return [...alike.values()].map((same): Statement => {
    const common = (same[0]?.[1] ?? []).filter((edit) => !isOwn(edit));
    const names = same.map(([name, edits]) => ({ name, edits: edits.filter(isOwn) }));
    const line = (room: Room) => {
      const known = names.map(({ name, edits }) => (edits.length === 0 ? name : `${name} (${say(edits, room)})`));
      const whom =
        names.length > namesIn(room)
          ? who(
              names.map(({ name }) => name),
              room,
            )
          : known.join(", ");
      return `${word} ${whom}: ${say(common, room)}`;
    };
    const listed = names.map(({ name, edits }) => ({
      name,
      note: say(edits, { names: NAMED, characters: 100, listed: 0 }),
    }));
    return { tone: "plain", what, size: names.length, say: line, ...listingOf(what, listed) };
  });
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
