import type { Edit, EditValue } from "../model/plan.ts";
import type { Client, Registry } from "../model/registry.ts";
import type { Written } from "../model/schema/kept.ts";
import { SECTION_NAMES, sectionOf } from "../model/schema/sections.ts";
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
  return SECTION_NAMES.flatMap((section) => {
    const [was, is] = [before === null ? null : sectionOf(before, section), sectionOf(after, section)];
    const pairs: readonly Pair<object>[] =
      section === "clients" ? clients : pairUp(was?.byName ?? new Map<string, object>(), is.byName, () => null);
    return pairs
      .filter(({ same }) => !same)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name, previously }) => {
        // Of two, both values are told; of one that comes or goes, what it says.
        const both = is.byName.has(name) && was?.byName.has(previously ?? name) === true;
        return compareEntry({ section, name }, was?.show(previously ?? name, both) ?? null, is.show(name, both));
      });
  });
}

function compareEntry(at: Pick<Edit, "section" | "name">, was: Written | null, is: Written | null): readonly Edit[] {
  const edits = Object.keys({ ...was, ...is }).map((field) => {
    return { ...at, field, from: was?.[field] ?? null, to: is?.[field] ?? null };
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
