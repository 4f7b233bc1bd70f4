import { CARRIED_OUT, NAME } from "../layout.ts";
import { UserError } from "../problem.ts";
import { formatDuration, formatInstant, parseInstant } from "../time.ts";

/** A value of clients.yaml as it is written there; null: not there. */
export type EditValue = string | number | boolean | null | readonly EditValue[] | { readonly [key: string]: EditValue };

/** An entry, or a section that has none, as fields and values. */
export type Written = { readonly [field: string]: EditValue };

/**
 * One kind of value: how pki/registry.yaml keeps it, and how a plan shows it. Methods, which TypeScript compares both
 * ways: so that fields of every kind go into one record.
 */
export interface Value<T> {
  /** As pki/registry.yaml has it. Lists whose order says nothing are in order. */
  write(value: T): EditValue;
  /** The inverse of `write`. `what`: the entry, such as clients.alice. @throws UserError for what `write` never gives */
  read(value: unknown, what: string): T;
  /** As clients.yaml says it. */
  show(value: T): EditValue;
  /** The fields of clients.yaml that say it, where it is more than the one of its own name. */
  showFields?(value: T): Written;
  /** Where it is this, the field is not written: so were files from before there was such a field. */
  readonly leftOut?: T;
}

/** The values of an object, in the order in which they are written. A field that is forgotten does not compile. */
export type Shape<T> = { readonly [K in keyof T]-?: Value<T[K]> };

export function malformed(why: string): UserError {
  return new UserError(
    `${CARRIED_OUT} is not as reconcile writes it: ${why}`,
    `restore it from git: git checkout HEAD -- ${CARRIED_OUT}, then run npm run reconcile`,
  );
}

export type Fields = { readonly [key: string]: unknown };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function plain<T extends EditValue>(is: (value: unknown) => value is T, missing: string): Value<T> {
  const read = (value: unknown, what: string) => {
    if (!is(value)) throw malformed(`${what}: ${missing} is missing`);
    return value;
  };
  return { write: (value) => value, show: (value) => value, read };
}

export const text = plain((value) => typeof value === "string", "text");
export const flag = plain((value) => typeof value === "boolean", "true or false");
export const whole = plain(
  (value): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0,
  "a number",
);
export const texts = plain(
  (value): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === "string"),
  "a list",
);

/** A list that is a set. */
export const names: Value<readonly string[]> = { ...texts, write: inOrder, show: inOrder };

function inOrder(list: readonly string[]): readonly string[] {
  return list.length < 2 ? list : list.toSorted();
}

/** Seconds. A duration of odd seconds, which no clients.yaml can ask for, is shown as a number. */
export const duration: Value<number> = {
  ...whole,
  show: (seconds) => (seconds % 60 === 0 ? formatDuration(seconds) : seconds),
};

export const percent: Value<number> = { ...whole, show: (value) => `${value}%` };

export const instant: Value<number> = {
  write: formatInstant,
  show: formatInstant,
  read: (value, what) => {
    const at = parseInstant(text.read(value, what));
    if (at === null) throw malformed(`${what}: an instant is missing`);
    return at;
  },
};

export function word<const T extends string>(words: readonly T[]): Value<T> {
  return plain((value): value is T => words.some((one) => one === value), `one of ${words.join(", ")}`);
}

export function orNull<T>({ write, show, read }: Value<T>): Value<T | null> {
  return {
    write: (value) => (value === null ? null : write(value)),
    show: (value) => (value === null ? null : show(value)),
    read: (value, what) => (value === null ? null : read(value, what)),
  };
}

/** A field that was added later, and that files do not have where it is `leftOut`. */
export function since<T>(value: Value<T>, leftOut: T): Value<T> {
  return { ...value, leftOut };
}

/** The name of a field in clients.yaml: `renewBefore` → `renew_before`. */
export function fileName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export interface ObjectValue<T> extends Value<T> {
  write(value: T): Written;
  /** `all`: fields that were added later too, where they are as ever. */
  show(value: T, all?: boolean): Written;
}

/** An object with just these fields. */
export function object<T extends object>(shape: Shape<T>): ObjectValue<T> {
  const keys = Object.keys(shape) as (keyof T & string)[];
  const fields = keys.map((key) => fieldOf<T, typeof key>(key, shape[key]));
  const gather = (entry: T, how: "write" | "show", all = false) => {
    const gathered: Record<string, EditValue> = {};
    for (const field of fields) field[how](entry, gathered, all);
    return gathered;
  };
  const read = (value: unknown, what: string) => {
    if (!isFields(value)) throw malformed(`${what} is no object`);
    const entry: Partial<T> = {};
    const there = fields.filter((field) => field.read(value, entry, what)).length;
    if (Object.keys(value).length !== there) throw notJust(what);
    // Each field of the shape, and so of T, is there.
    return entry as T;
  };
  return { write: (entry) => gather(entry, "write"), show: (entry, all) => gather(entry, "show", all), read };
}

interface Field<T> {
  readonly write: (entry: T, into: Record<string, EditValue>) => void;
  readonly show: (entry: T, into: Record<string, EditValue>, all: boolean) => void;
  /** Whether it is there. */
  readonly read: (written: Fields, into: Partial<T>, what: string) => boolean;
}

function fieldOf<T, K extends keyof T & string>(key: K, value: Value<T[K]>): Field<T> {
  const { leftOut, showFields } = value;
  const shown = fileName(key);
  return {
    write: (entry, into) => {
      if (leftOut === undefined || entry[key] !== leftOut) into[key] = value.write(entry[key]);
    },
    show: (entry, into, all) => {
      if (!all && leftOut !== undefined && entry[key] === leftOut) return;
      if (showFields === undefined) into[shown] = value.show(entry[key]);
      else Object.assign(into, showFields(entry[key]));
    },
    read: (written, into, what) => {
      const there = written[key] !== undefined;
      const read = there ? value.read(written[key], what) : leftOut;
      // What `write` leaves out is not there, and all else is.
      if (read === undefined || there === (leftOut !== undefined && read === leftOut)) throw notJust(what);
      into[key] = read;
      return there;
    },
  };
}

const notJust = (what: string): UserError => malformed(`${what} has not just the fields it should have`);

/** The values of an object without their names, in order: for caches of many. */
export function list<T extends object>(shape: Shape<T>): Value<T> {
  const keys = Object.keys(shape) as (keyof T & string)[];
  const { read: readNamed, write: writeNamed } = object(shape);
  const write = (entry: T) => {
    const named = writeNamed(entry);
    return keys.map((key) => named[key] ?? null);
  };
  const read = (value: unknown, what: string) => {
    if (!Array.isArray(value) || value.length !== keys.length) throw malformed(`${what} is no list of ${keys.length}`);
    return readNamed(Object.fromEntries(keys.map((key, at) => [key, value[at]])), what);
  };
  return { write, show: write, read };
}

/** A section's entries by name. Null: there is no such entry. */
export interface Entries {
  readonly byName: ReadonlyMap<string, object>;
  /** As clients.yaml says it. `all`: fields that were added later too, where they are as ever. */
  readonly show: (name: string, all?: boolean) => Written | null;
  /** As pki/registry.yaml has it. */
  readonly write: (name: string) => Written | null;
}

/** A section as a whole. */
export interface KeptSection<T> extends Value<T> {
  readonly entries: (section: T) => Entries;
}

/** A section that has no entries counts as one with its own name. */
export function one<T extends object>(name: string, value: ObjectValue<T>): KeptSection<T> {
  return { ...value, entries: (section) => entriesOf(new Map([[name, section]]), value) };
}

/** Entries by name, in order of their names. */
export function many<T extends object>(value: ObjectValue<T>): KeptSection<ReadonlyMap<string, T>> {
  const each = (entries: ReadonlyMap<string, T>, write: (entry: T) => EditValue) =>
    Object.fromEntries([...entries].map(([name, entry]) => [name, write(entry)]));
  return {
    write: (entries) => each(entries, value.write),
    show: (entries) => each(entries, (entry) => value.show(entry)),
    read: (written, what) => readEntries(written, what, value),
    entries: (section) => entriesOf(section, value),
  };
}

function entriesOf<T extends object>(byName: ReadonlyMap<string, T>, value: ObjectValue<T>): Entries {
  const as = (how: "show" | "write") => (name: string, all?: boolean) => {
    const entry = byName.get(name);
    return entry === undefined ? null : value[how](entry, all);
  };
  return { byName, show: as("show"), write: as("write") };
}

function readEntries<T>(written: unknown, what: string, { read }: Value<T>): ReadonlyMap<string, T> {
  if (!isFields(written)) throw malformed(`${what} is no object`);
  // Objects put keys that look like numbers first.
  const names = Object.keys(written).sort();
  return new Map(
    names.map((name) => {
      if (!NAME.test(name)) throw malformed(`${what} has an entry whose name is none`);
      return [name, read(written[name], `${what}.${name}`)];
    }),
  );
}
