import { type Field, found, type JsonSchema, type Presence, type Scope } from "./field.ts";
import { fileName, type ObjectValue, object, orNull, type Shape, since, type Value } from "./kept.ts";
import type { MapEntry, Node } from "./node.ts";
import { show } from "./words.ts";

/** Fields by their names in the registry; in clients.yaml `renewBefore` is `renew_before`. */
type Fields = { readonly [name: string]: Field<unknown, unknown, Presence> };

type OrNull<F> = F extends { readonly presence: "optional" } ? null : never;
type ReadAs<F> = F extends Field<infer T, infer _, infer _P> ? T : never;
type KeptAs<F> = F extends Field<infer _, infer K, infer _P> ? K : never;

/** What the registry has of such fields. */
export type KeptOf<F extends Fields> = {
  readonly [N in keyof F as F[N]["presence"] extends "beside" ? never : N]: KeptAs<F[N]> | OrNull<F[N]>;
};

/** The same, without those that the reader of the section gives. */
export type BaseOf<F extends Fields> = {
  readonly [N in keyof F as F[N]["presence"] extends "beside" | "built" ? never : N]: ReadAs<F[N]> | OrNull<F[N]>;
};

/** What clients.yaml says of such fields. */
type GivenOf<F extends Fields> = { readonly [N in keyof F]?: ReadAs<F[N]> };

/** A mapping whose fields are known. */
export interface Definition<F extends Fields = Fields> {
  readonly description: string;
  readonly fields: F;
  /** As clients.yaml has them. */
  readonly keys: { readonly [N in keyof F]: string };
  readonly names: ReadonlyMap<string, keyof F & string>;
  readonly known: ReadonlySet<string>;
  readonly required: readonly (keyof F & string)[];
  /** What counts where nothing is said. */
  readonly absent: BaseOf<F>;
  readonly kept: ObjectValue<KeptOf<F>>;
}

/** What the registry has of a definition. */
export type EntryOf<D> = D extends Definition<infer F> ? KeptOf<F> : never;

export function define<F extends Fields>(description: string, fields: F): Definition<F> {
  const all = Object.entries<Field<unknown, unknown, Presence>>(fields);
  const keys = all.map(([name]) => [name, fileName(name)] as const);
  const own = all.filter(([, { presence }]) => presence !== "built" && presence !== "beside");
  const kept = all.filter(([, { presence }]) => presence !== "beside");
  const ordered = kept.toSorted(([, a], [, b]) => (a.since ?? 0) - (b.since ?? 0));
  // Each of these has just the names of the fields, which TypeScript cannot follow through a list.
  return {
    description,
    fields,
    keys: Object.fromEntries(keys) as Definition<F>["keys"],
    names: new Map(keys.map(([name, key]) => [key, name])),
    known: new Set(keys.map(([, key]) => key)),
    required: all.filter(([, { presence }]) => presence === "required").map(([name]) => name),
    absent: Object.fromEntries(own.map(([name, { absent }]) => [name, absent ?? null])) as BaseOf<F>,
    kept: object(Object.fromEntries(ordered.map(([name, field]) => [name, keptOf(field)])) as Shape<KeptOf<F>>),
  };
}

function keptOf({ kept, presence, absent, since: n }: Field<unknown, unknown, Presence>): Value<unknown> {
  const value = presence === "optional" ? orNull(kept) : kept;
  return n === undefined ? value : since(value, absent ?? null);
}

/** One mapping of the file, its keys and values checked. */
export class Entry<F extends Fields> {
  readonly offset: number;
  /** What is said, and right. */
  readonly given: GivenOf<F>;
  /** What comes to be, but for what depends on the rest of the file. */
  readonly base: BaseOf<F>;
  readonly #definition: Definition<F>;
  readonly #entries: ReadonlyMap<string, MapEntry>;

  /** `offset`: of the entry's name, where what is missing is reported. */
  constructor(definition: Definition<F>, node: Node, what: string, offset: number, scope: Scope) {
    const { fields, names, required, absent } = definition;
    this.offset = offset;
    this.#definition = definition;
    this.#entries = mapEntries(node, what, scope);
    const given: { [N in keyof F]?: unknown } = {};
    const base: { [name: string]: unknown } = { ...absent };
    for (const entry of this.#entries.values()) {
      const name = names.get(entry.key);
      if (name === undefined) this.#unknown(entry, what, scope);
      const value = name && fields[name]?.read(entry.value, entry.key, scope);
      if (name === undefined || value === undefined) continue;
      given[name] = value;
      if (name in absent) base[name] = value;
    }
    // As the fields of these names read them.
    this.given = given as GivenOf<F>;
    this.base = base as BaseOf<F>;
    for (const name of required) this.#insistOn(definition.keys[name], what, scope);
  }

  #unknown({ key, offset }: MapEntry, what: string, { report }: Scope): void {
    const { known } = this.#definition;
    const hint = runOnHint(key, known);
    if (hint !== null) report.add(offset, `${what} has no key ${show(key)}`, hint);
    else report.addUnknown(offset, `${what} has no key ${show(key)}`, key, known, keysHint(known));
  }

  #insistOn(key: string, what: string, { report }: Scope): void {
    if (!this.#entries.has(key) && !this.keys().some((one) => runsOn(one.key, key)))
      report.add(this.offset, `${what} lacks ${key}`);
  }

  has(name: keyof F): boolean {
    return this.#entries.has(this.#definition.keys[name]);
  }

  /** Where the key stands, or else the entry. */
  at(name: keyof F): number {
    return this.#entries.get(this.#definition.keys[name])?.offset ?? this.offset;
  }

  /** Where its value stands, or else the entry. */
  valueAt(name: keyof F): number {
    return this.#entries.get(this.#definition.keys[name])?.value.offset ?? this.offset;
  }

  /** Of these fields what is given, and what counts otherwise. */
  over<D extends { readonly [name: string]: unknown }>(otherwise: D): D {
    let changed: Record<string, unknown> | null = null;
    // For each of many entries: no list of names, and nothing made where nothing is said.
    for (const name in otherwise) {
      const own = this.given[name];
      if (own === undefined) continue;
      changed ??= { ...otherwise };
      changed[name] = own;
    }
    return changed === null ? otherwise : (changed as D);
  }

  /** All of it, where nothing that must be there is wrong or missing. */
  get whole(): BaseOf<F> | undefined {
    return this.#definition.required.every((name) => name in this.given) ? this.base : undefined;
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
export function record<F extends Fields>(definition: Definition<F>): Field<BaseOf<F>, KeptOf<F>> {
  return recordAs(definition, definition.kept, definition.absent, ({ whole }) => whole);
}

/** A record that is made something of. */
export function recordAs<F extends Fields, T, K>(
  definition: Definition<F>,
  kept: Value<K>,
  blank: T,
  build: (entry: Entry<F>, scope: Scope) => T | undefined,
): Field<T, K> {
  const { fields, keys, known, required } = definition;
  const read: Field<T>["read"] = (node, what, scope) => {
    if (node.kind === "map") return build(new Entry(definition, node, what, node.offset, scope), scope);
    scope.report.add(node.offset, `${what} must be a mapping, not ${found(node)}`, keysHint(known));
    return undefined;
  };
  const type = `a mapping: ${[...known].join(", ")}`;
  const example = `{ ${required.map((name) => `${keys[name]}: ${fields[name]?.example}`).join(", ")} }`;
  return { schema: recordSchema(definition), type, example, read, kept, blank, presence: "optional" };
}

/** A definition as it is told of: to editors, in the reference. */
export type Described = Pick<Definition, "description" | "fields" | "keys" | "required">;

/** An object schema that knows its keys. */
export function recordSchema({ description, fields, keys, required }: Described): JsonSchema {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [keys[name] ?? "", schema]));
  const schema = { type: "object", description, properties, additionalProperties: false };
  return required.length > 0 ? { ...schema, required: required.map((name) => keys[name] ?? "") } : schema;
}
