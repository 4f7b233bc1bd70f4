import type { Edit, Plan } from "../../model/plan.ts";
import { formatChange, quoted } from "../../plan/format-value.ts";
import { listingOf, plainNames, who } from "./crowd.ts";
import { entries } from "./entries.ts";
import { changedEdits, isWhole, type People } from "./people.ts";
import { namesIn, type Room, type Statement } from "./statement.ts";

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

/** `END unit-0036: 2027-03-31 → 2029-03-31`, `lifetime: 90d → 10y for 438 clients (a … z)` */
function changes(edits: readonly Edit[]): Statement[] {
  const same = Map.groupBy(edits.toSorted(inOrder), ({ field, from, to }) => JSON.stringify([field, from, to]));
  return [...same.values()].flatMap((alike) => {
    const names = alike.map(({ name }) => name);
    return alike.slice(0, 1).map((edit) => change(edit, names));
  });
}

function change({ field, from, to }: Edit, names: readonly string[]): Statement {
  const word = WORDS.get(field);
  const say = (room: Room) => {
    const values = formatChange(from, to, room.characters);
    if (names.length > namesIn(room)) return `${word ?? quoted(field)}: ${values} for ${who(names, room)}`;
    return word === undefined
      ? `clients ${who(names, room)} ${quoted(field)}: ${values}`
      : `${word} ${who(names, room)}: ${values}`;
  };
  const title = `${word ?? quoted(field)}: ${formatChange(from, to, 40)}`;
  return {
    tone: "edit",
    what: `changes of ${quoted(field)}`,
    size: names.length,
    say,
    ...listingOf(title, names.length, () => plainNames(names)),
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
      ? ["Certificates that are out keep their ends, but with shorten: true; a lifetime counts from the next one on."]
      : []),
    ...(fields.has("renew_before")
      ? ["renew_before moves the day of the next renewal, and no certificate's end."]
      : []),
    ...(fields.has("overlap") ? ["An overlap also counts for certificates that are out and have a successor."] : []),
  ];
  return sentences.map((sentence) => ({ tone: "plain", what: "notes", size: 1, say: () => `(${sentence})` }));
}
