import type { Edit } from "../../model/plan.ts";
import { cut } from "../../model/words.ts";
import { formatValue, quoted } from "../../plan/format-value.ts";
import { listingOf, who } from "./crowd.ts";
import { NAMED, namesIn, type Room, type Statement } from "./statement.ts";

type Entry = readonly [name: string, edits: readonly Edit[]];

/**
 * `NEW a (contact: a@example.com), b (contact: b@example.com): groups: [lab]`: the field that differs most stands beside
 * each name, those that agree in the others share a line, and what all agree in is said once.
 */
export function entries(word: string, what: string, those: readonly Entry[], side: "from" | "to"): Statement[] {
  const { own, common } = fieldsOf(those, side);
  const rest = (edits: readonly Edit[]) => edits.filter(({ field }) => field !== own && !common.has(field));
  const alike = Map.groupBy(those, ([, edits]) => JSON.stringify(rest(edits).map((edit) => [edit.field, edit[side]])));
  // Of entries that are all alike, one line says everything.
  const apart = alike.size > 1;
  const shared = (those[0]?.[1] ?? []).filter(({ field }) => common.has(field));
  const say = sayFields(side);
  const whole = (room: Room) => `${word}, all of them: ${say(shared, room)}`;
  return [
    ...[...alike.values()].map((same) => {
      const edits = [...rest(same[0]?.[1] ?? []), ...(apart ? [] : shared)];
      const names = same.map(([name, all]) => ({ name, own: all.filter(({ field }) => field === own) }));
      return entry({ word, what, names, edits, say });
    }),
    ...(apart && shared.length > 0 ? [{ tone: "plain", what, size: 0, say: whole } as const] : []),
  ];
}

/** The field in which the entries differ most, where they do; and those in which all agree. */
function fieldsOf(
  those: readonly Entry[],
  side: "from" | "to",
): { readonly own: string | null; readonly common: ReadonlySet<string> } {
  const values = new Map<string, { count: number; readonly different: Set<string> }>();
  for (const [, edits] of those) {
    for (const { field, [side]: value } of edits) {
      const known = values.get(field) ?? { count: 0, different: new Set() };
      known.count++;
      known.different.add(typeof value === "string" ? `"${value}` : JSON.stringify(value));
      values.set(field, known);
    }
  }
  const common = [...values].filter(([, { count, different }]) => count === those.length && different.size === 1);
  const most = [...values].sort(([, a], [, b]) => b.different.size - a.different.size)[0];
  const own = most !== undefined && most[1].different.size > 1 ? most[0] : null;
  return { own, common: new Set(common.map(([field]) => field)) };
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
  const listed = () => names.map(({ name, own }) => ({ name, note: say(own, room) }));
  return { tone: "plain", what, size: names.length, say: line, ...listingOf(what, names.length, listed) };
}
