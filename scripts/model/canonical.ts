import { type Hand, SECTIONS, type Section } from "./entries.ts";
import type { Registry } from "./registry.ts";
import type { CarriedOut } from "./state.ts";
import { formatInstant } from "./time.ts";

export { parseCanonicalRegistry, parseCarriedOut } from "./canonical-parse.ts";

/** The first line of pki/registry.yaml; the rest is JSON, which is YAML. */
const CARRIED_OUT_COMMENT = "# The registry as last carried out. Written by reconcile; do not edit.\n";

/**
 * The registry as JSON: the same bytes whatever the order in clients.yaml. ASCII, a fixed order of fields, one
 * line for each entry (so that git merges it), a newline at the end. Entries are in order of their names, and so
 * are lists whose order says nothing. Instants are text, durations seconds.
 */
export function canonicalRegistry(registry: Registry): string {
  const known = written.get(registry) ?? write(registry);
  written.set(registry, known);
  return known;
}

/** A plan needs it for its digest and for pki/registry.yaml, and for 10,000 clients it takes 25 ms. */
const written = new WeakMap<Registry, string>();

const HAND: Hand = {
  instant: formatInstant,
  duration: (seconds) => seconds,
  percent: (percent) => percent,
  rate: ({ requests, per, burst }) => ({ rate: { requests, per, burst } }),
};

function write(registry: Registry): string {
  const sections = Object.entries(SECTIONS).map(([name, of]) => `"${name}":${section(name, of(registry))}`);
  return `{\n${sections.join(",\n")}\n}\n`;
}

/** pki/registry.yaml. */
export function formatCarriedOut({ version, number, registry }: CarriedOut): string {
  // Left out where there is none: so it was written before there were numbers.
  const numbered = number === 0 ? "" : `"number":${number},`;
  const body = canonicalRegistry(registry).trimEnd();
  return `${CARRIED_OUT_COMMENT}{"version":${json(version)},${numbered}"registry":${body}}\n`;
}

/**
 * What is to be carried out after what was last: a number of its own, but where nothing changes. `committed`: the number
 * in the newest commit, which is higher where an older form was brought back.
 */
export function nextCarriedOut(
  last: CarriedOut | null,
  registry: Registry,
  version: string,
  committed = 0,
): CarriedOut {
  const number = last?.number ?? 0;
  const same =
    last !== null && last.version === version && canonicalRegistry(last.registry) === canonicalRegistry(registry);
  return { registry, version, number: same ? number : Math.max(number, committed) + 1 };
}

function section(name: string, { keyed, entries, write }: Section): string {
  if (!keyed) return json(write(name, HAND));
  if (entries.size === 0) return "{}";
  const lines = [...entries.keys()].sort().map((key) => `${json(key)}:${json(write(key, HAND))}`);
  return `{\n${lines.join(",\n")}\n}`;
}

/** JSON in ASCII: everything else as \u escapes. */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x20-\x7e]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
