import { fileName, type Hand, SECTIONS, type Written } from "../model/entries.ts";
import type { Edit, EditValue } from "../model/plan.ts";
import type { Client, Registry } from "../model/registry.ts";
import { formatDuration, formatInstant } from "../model/time.ts";
import { isSame, type Pair, pairUp } from "./pairs.ts";

/**
 * Every field that differs, in the order of clients.yaml's sections, then by name. Knows no list of fields: whatever
 * pki/registry.yaml keeps is compared. `clients`: as pairUp makes them, so that a renamed client is compared with itself.
 * Nothing to compare with: everything comes.
 */
export function compareRegistries(
  before: Registry | null,
  after: Registry,
  clients: readonly Pair<Client>[],
): readonly Edit[] {
  if (before === after) return [];
  return Object.entries(SECTIONS).flatMap(([section, of]) => {
    const [was, is] = [before === null ? null : of(before), of(after)];
    const pairs: readonly Pair<object>[] =
      section === "clients" ? clients : pairUp(was?.entries ?? new Map<string, object>(), is.entries, () => null);
    return pairs
      .filter(({ same }) => !same)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name, previously }) =>
        compareEntry({ section, name }, was?.write(previously ?? name, AS_IN_FILE) ?? null, is.write(name, AS_IN_FILE)),
      );
  });
}

/** As clients.yaml has it. A duration of odd seconds, which no clients.yaml can ask for, stays a number. */
const AS_IN_FILE: Hand = {
  instant: formatInstant,
  duration: (seconds) => (seconds % 60 === 0 ? formatDuration(seconds) : seconds),
  percent: (percent) => `${percent}%`,
  rate: ({ requests, per, burst }) => ({ rate: `${requests}r/${per}`, burst }),
};

function compareEntry(at: Pick<Edit, "section" | "name">, was: Written | null, is: Written | null): readonly Edit[] {
  const edits = Object.keys({ ...was, ...is }).map((field) => {
    return { ...at, field: fileName(field), from: was?.[field] ?? null, to: is?.[field] ?? null };
  });
  if (was !== null && is !== null) return edits.filter(({ from, to }) => !isSame(from, to));
  const speaking = edits.filter(({ from, to }) => says(from) || says(to));
  // An entry that says nothing, such as an empty group, comes and goes all the same.
  return speaking.length > 0 ? speaking : edits.filter(({ from, to }) => from !== to);
}

/** Whether a value says anything that its absence would not. */
function says(value: EditValue): boolean {
  return value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
}
