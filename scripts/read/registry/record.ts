import type { Field, JsonSchema, Scope } from "./field.ts";
import { found } from "./field.ts";
import type { MapEntry, Node } from "./node.ts";
import { show } from "./words.ts";

/** A mapping with fields that are known: T maps each key, as written in the file, to what is read from it. */
export interface RecordDefinition<T> {
  readonly description: string;
  readonly fields: { readonly [K in keyof T]: Field<T[K]> };
  readonly required: readonly (keyof T & string)[];
  /** Keys to come. */
  readonly later?: readonly string[];
  readonly known: ReadonlySet<string>;
}

export function define<T>(definition: Omit<RecordDefinition<T>, "known">): RecordDefinition<T> {
  return { ...definition, known: new Set(Object.keys(definition.fields)) };
}

/** One mapping of the file, its keys checked; values are read, and complained of, by `get`. */
export class Entry<T> {
  readonly offset: number;
  readonly #definition: RecordDefinition<T>;
  readonly #scope: Scope;
  readonly #entries: ReadonlyMap<string, MapEntry>;

  /** `offset`: of the entry's name, where what is missing is reported. */
  constructor(definition: RecordDefinition<T>, node: Node, what: string, offset: number, scope: Scope) {
    this.offset = offset;
    this.#definition = definition;
    this.#scope = scope;
    this.#entries = mapEntries(node, what, scope);
    const { known } = definition;
    for (const { key, offset: place } of this.#entries.values()) {
      if (known.has(key)) continue;
      if (definition.later?.includes(key)) scope.report.add(place, `${key} comes in a later version`);
      const hint = runOnHint(key, known);
      if (hint !== null) scope.report.add(place, `${what} has no key ${show(key)}`, hint);
      else scope.report.addUnknown(place, `${what} has no key ${show(key)}`, key, known, keysHint(known));
    }
    for (const key of definition.required) {
      if (!this.#entries.has(key) && !this.keys().some((one) => runsOn(one.key, key)))
        scope.report.add(offset, `${what} lacks ${key}`);
    }
  }

  has(key: keyof T & string): boolean {
    return this.#entries.has(key);
  }

  /** The value; undefined when there is none, or one that is wrong, which is reported. To be called once a key. */
  get<K extends keyof T & string>(key: K): T[K] | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#definition.fields[key].read(entry.value, key, this.#scope);
  }

  /** The value, or what counts where there is none; of a key that has such a fallback. */
  or<K extends keyof T & string>(key: K): T[K] {
    const value = this.get(key) ?? this.#definition.fields[key].fallback;
    if (value === undefined) throw new Error(`${key} has no fallback`);
    return value;
  }

  /** Where the key stands, or else the entry. */
  at(key: keyof T & string): number {
    return this.#entries.get(key)?.offset ?? this.offset;
  }

  /** Keys that are there. */
  keys(): readonly MapEntry[] {
    return [...this.#entries.values()];
  }
}

/** `csr:true` or `csr true`, which to YAML are one key. */
function runsOn(written: string, key: string): boolean {
  return written.startsWith(key) && /^[ :]./.test(written.slice(key.length, key.length + 2));
}

function runOnHint(written: string, known: ReadonlySet<string>): string | null {
  if (UNSPACED.test(written)) return SPACE;
  const key = [...known].find((one) => runsOn(written, one));
  return key === undefined ? null : `a colon goes after ${key}`;
}

const UNSPACED = /^[\w.-]+:\S/;
const SPACE = "a space goes after the colon";

/** What makes a mapping of what somebody wrote for one. */
function mapHint(node: Node): string | null {
  if (node.kind === "list" && node.items.length > 0) return "write each name without a dash, and with a colon after it";
  return node.kind === "scalar" && UNSPACED.test(node.text) ? SPACE : null;
}

function keysHint(known: ReadonlySet<string>): string {
  return `its keys are ${[...known].join(", ")}`;
}

/** The entries of a mapping by key, the first of each; nothing at all counts as an empty mapping. */
export function mapEntries(node: Node, what: string, scope: Scope): ReadonlyMap<string, MapEntry> {
  const entries = new Map<string, MapEntry>();
  if (node.kind === "scalar" && node.value === null) return entries;
  if (node.kind !== "map") {
    scope.report.add(node.offset, `${what} must be a mapping, not ${found(node)}`, mapHint(node));
    return entries;
  }
  for (const entry of node.entries) {
    if (entries.has(entry.key)) scope.report.add(entry.offset, `${what} has the key ${show(entry.key)} twice`);
    else entries.set(entry.key, entry);
  }
  return entries;
}

/** A record as a field of another. */
export function record<T, R>(
  definition: RecordDefinition<T>,
  build: (entry: Entry<T>, scope: Scope) => R | undefined,
): Field<R> {
  const read: Field<R>["read"] = (node, what, scope) => {
    if (node.kind === "map") return build(new Entry(definition, node, what, node.offset, scope), scope);
    scope.report.add(node.offset, `${what} must be a mapping, not ${found(node)}`, keysHint(definition.known));
    return undefined;
  };
  const fields = Object.entries<Field<unknown>>(definition.fields);
  const needed = fields.filter(([key]) => definition.required.some((one) => one === key));
  const type = `a mapping: ${fields.map(([key]) => key).join(", ")}`;
  const example = `{ ${needed.map(([key, field]) => `${key}: ${field.example}`).join(", ")} }`;
  return { schema: recordSchema(definition), read, type, example };
}

/** A definition as it is told of: to editors, in the reference. */
export interface Described {
  readonly description: string;
  readonly fields: { readonly [key: string]: Field<unknown> };
  readonly required: readonly string[];
}

/** An object schema that knows its keys. */
export function recordSchema(definition: Described): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [key, { schema }] of Object.entries(definition.fields)) properties[key] = schema;
  const schema = { type: "object", description: definition.description, properties, additionalProperties: false };
  return definition.required.length > 0 ? { ...schema, required: [...definition.required] } : schema;
}
