import type { Field, Scope } from "./field.ts";
import { Report } from "./report.ts";
import { readSimple } from "./simple.ts";

const NONE: ReadonlySet<string> = new Set();
const names = { repositories: NONE, services: NONE, groups: NONE, clients: NONE, servers: NONE, signers: NONE };

/**
 * The field, with what counts where it is not there, written as clients.yaml would say it: one text for the reader, the
 * editor's schema and the reference.
 * @throws Error where the field itself would refuse that
 */
export function unless<T>(field: Field<T>, written: string): Field<T> & { readonly fallback: T } {
  const tree = readSimple(`value: ${written}\n`);
  const report = new Report();
  const scope: Scope = { report, now: 0, names, hasRequest: () => false, hasSigning: () => false };
  const node = tree?.kind === "map" ? tree.entries[0]?.value : undefined;
  const fallback = node && field.read(node, "value", scope);
  if (fallback === undefined || !report.clean) throw new Error(`no ${field.type}: ${written}`);
  return { ...field, otherwise: `\`${written}\``, fallback };
}

/** The field, with words for what counts where it is not there: it depends on the rest of the file. */
export function otherwise<T>(field: Field<T>, words: string): Field<T> {
  return { ...field, otherwise: words };
}
