import { CARRIED_OUT } from "./layout.ts";
import { UserError } from "./problem.ts";
import type { Registry } from "./registry.ts";
import { type Fields, isFields, malformed, object, since, text, whole } from "./schema/kept.ts";
import { REGISTRY, SECTION_NAMES } from "./schema/sections.ts";
import type { CarriedOut } from "./state.ts";

/** The first line of pki/registry.yaml; the rest is JSON, which is YAML. */
const CARRIED_OUT_COMMENT = "# The registry as last carried out. Written by reconcile; do not edit.\n";

/**
 * How pki/registry.yaml is written. It rises when an older Gatehouse could misread what a newer one writes; a field
 * that files leave out where it says nothing (see `since`) is no new format.
 */
export const FORMAT = 1;

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

function write(registry: Registry): string {
  const keyed: ReadonlySet<string> = new Set(SECTION_NAMES.filter((name) => registry[name] instanceof Map));
  const sections = Object.entries(REGISTRY.write(registry)).map(([name, section]) => {
    return `${json(name)}:${keyed.has(name) && isFields(section) ? lines(section) : json(section)}`;
  });
  return `{\n${sections.join(",\n")}\n}\n`;
}

function lines(entries: Fields): string {
  // Objects put keys that look like numbers first.
  const names = Object.keys(entries).sort();
  return names.length === 0 ? "{}" : `{\n${names.map((name) => `${json(name)}:${json(entries[name])}`).join(",\n")}\n}`;
}

/** pki/registry.yaml. */
export function formatCarriedOut({ registry, ...head }: CarriedOut): string {
  const body = canonicalRegistry(registry).trimEnd();
  return `${CARRIED_OUT_COMMENT}${json(HEAD.write(head)).slice(0, -1)},"registry":${body}}\n`;
}

/** What pki/registry.yaml says of itself, before the registry. */
export type CarriedOutHead = Omit<CarriedOut, "registry">;

/** Files from before there were formats, or numbers, have none. */
const HEAD = object<CarriedOutHead>({ format: since(whole, 0), version: text, number: since(whole, 0) });

/** The longest head that is looked for, in characters. */
const HEAD_LENGTH = 400;

/** The head alone, without reading the registry, of whatever stands there; null where that does not begin with one. */
export function headOfCarriedOut(content: string): CarriedOutHead | null {
  const [, head] = /^#[^\n]*\n(\{[^\n]*),"registry":\{\n/.exec(content.slice(0, HEAD_LENGTH)) ?? [];
  try {
    return head === undefined ? null : HEAD.read(JSON.parse(`${head}}`), "the document");
  } catch {
    return null;
  }
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
    last !== null &&
    !isOfOtherVersion(last, version) &&
    canonicalRegistry(last.registry) === canonicalRegistry(registry);
  // Past the highest there is no number that could be read back: then main's history doubts what does not rise.
  const higher = Math.min(Math.max(number, committed) + 1, Number.MAX_SAFE_INTEGER);
  return { registry, format: FORMAT, version, number: same ? number : higher };
}

/** Whether a Gatehouse that writes files otherwise carried this out: what differs then need not be anybody's edit. */
export function isOfOtherVersion(last: CarriedOutHead, version: string): boolean {
  return last.version !== version || last.format !== FORMAT;
}

/**
 * The inverse of canonicalRegistry: its entries come in order of their names. Throws UserError for anything
 * that is not of that form, such as what a merge left behind.
 */
export function parseCanonicalRegistry(text: string): Registry {
  return registryOf(parse(text), text);
}

/**
 * pki/registry.yaml. Throws UserError for what is not of formatCarriedOut's form, and where headOfCarriedOut would say
 * otherwise. Not every other spelling is found here (white space, equal keys in one line): it shows as edited by hand.
 */
export function parseCarriedOut(content: string): CarriedOut {
  if (!content.startsWith("# ")) throw malformed("its first line is no comment");
  const body = content.slice(content.indexOf("\n") + 1);
  const { registry, ...written } = fieldsOf(parse(body));
  const { format } = written;
  if (typeof format === "number" && format > FORMAT) throw laterFormat(format);
  const head = HEAD.read(written, "the document");
  // JSON.parse lets the last of two equal keys win, wherever it stands; who asks for the head alone would have another.
  const first = headOfCarriedOut(content);
  if (first === null || json(HEAD.write(first)) !== json(HEAD.write(head)))
    throw malformed("what it says of itself is not at its beginning");
  return { ...head, registry: registryOf(registry, body) };
}

function fieldsOf(document: unknown): Fields {
  if (!isFields(document)) throw malformed("the document is no object");
  return document;
}

function laterFormat(format: number): UserError {
  return new UserError(
    `${CARRIED_OUT} is in format ${format}, which a later version of Gatehouse wrote; this one knows ${FORMAT}`,
    "take over that version: docs/upgrade.md",
  );
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    const conflict = /^(?:<{7}|={7}|>{7})/m.test(content);
    throw malformed(conflict ? "it holds the marks of a merge conflict" : "it is cut short or changed by hand");
  }
}

function registryOf(value: unknown, content: string): Registry {
  const registry = REGISTRY.read(value, "the registry");
  if (countLines(content) !== expectedLines(registry))
    throw malformed("an entry stands there twice, or lines were broken");
  return registry;
}

/** One line for each entry: JSON.parse lets the last of two equal keys win, and says nothing. */
function expectedLines(registry: Registry): number {
  const sizes = Object.values(registry).map((section) => (section instanceof Map ? section.size : 0));
  return sizes.reduce((sum, size) => sum + (size > 0 ? size + 2 : 1), 2);
}

function countLines(content: string): number {
  let count = 0;
  for (let at = content.indexOf("\n"); at >= 0; at = content.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** JSON in ASCII: everything else as \u escapes. */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x20-\x7e]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
