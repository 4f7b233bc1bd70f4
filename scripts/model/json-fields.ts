import type { EditValue } from "./plan.ts";
import { UserError } from "./problem.ts";

/** The fields of one JSON object from outside, read by name and checked; `at` says where it stands, for the error. */
export class Fields {
  readonly at: string;
  readonly #values: ReadonlyMap<string, unknown>;

  /** Throws UserError for anything but an object. */
  constructor(value: unknown, at: string) {
    this.at = at;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(at, "an object");
    this.#values = new Map(Object.entries(value));
  }

  /** Of a document that is one object. `at`: what it is. Throws UserError, with `hint`, where it is no JSON. */
  static parse(text: string, at: string, ...hints: readonly string[]): Fields {
    try {
      return new Fields(JSON.parse(text), at);
    } catch (error) {
      if (error instanceof SyntaxError) throw new UserError(`${at} is not JSON`, ...hints);
      throw error;
    }
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Text, of the given form where there is one. */
  text(key: string, form?: RegExp): string {
    const value = this.#values.get(key);
    if (typeof value === "string" && (form === undefined || form.test(value))) return value;
    throw wrong(`${this.at}.${key}`, form === undefined ? "text" : `text like ${form.source}`);
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.#values.get(key);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw wrong(`${this.at}.${key}`, `one of ${choices.join(", ")}`);
    return choice;
  }

  /** Any value that clients.yaml can have, no deeper and no longer than one there. */
  value(key: string): EditValue {
    return editValueOf(this.#values.get(key), `${this.at}.${key}`, DEEPEST);
  }

  flag(key: string): boolean {
    const value = this.#values.get(key);
    if (typeof value === "boolean") return value;
    throw wrong(`${this.at}.${key}`, "true or false");
  }

  /** A whole number that is not negative. */
  count(key: string): number {
    const value = this.#values.get(key);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw wrong(`${this.at}.${key}`, "a whole number");
  }

  orNull<T>(key: string, read: () => T): T | null {
    return this.#values.get(key) === null ? null : read();
  }

  names(key: string, form: RegExp): string[] {
    return this.list(key, (value, at) => {
      if (typeof value === "string" && form.test(value)) return value;
      throw wrong(at, `text like ${form.source}`);
    });
  }

  objects<T>(key: string, read: (fields: Fields) => T): T[] {
    return this.list(key, (value, at) => read(new Fields(value, at)));
  }

  /** The members of one that has names of its own for keys. */
  entries<T>(key: string, read: (name: string, fields: Fields) => T): T[] {
    const inner = new Fields(this.#values.get(key), `${this.at}.${key}`);
    return [...inner.#values].map(([name, value]) => read(name, new Fields(value, `${inner.at}.${name}`)));
  }

  object<T>(key: string, read: (fields: Fields) => T): T {
    return read(new Fields(this.#values.get(key), `${this.at}.${key}`));
  }

  list<T>(key: string, read: (value: unknown, at: string) => T): T[] {
    const value = this.#values.get(key);
    if (!Array.isArray(value)) throw wrong(`${this.at}.${key}`, "a list");
    return value.map((item, index) => read(item, `${this.at}.${key}[${index}]`));
  }
}

/** More than any field of clients.yaml needs; deeper or longer was not made by us. */
const DEEPEST = 4;
const LONGEST = 10_000;

function editValueOf(value: unknown, at: string, depth: number): EditValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (typeof value === "string" && value.length <= LONGEST) return value;
  if (typeof value !== "object" || depth === 0) throw wrong(at, "a value of clients.yaml");
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length > LONGEST) throw wrong(at, "a value of clients.yaml");
  const items = entries.map(([key, item]) => [key, editValueOf(item, `${at}.${key}`, depth - 1)] as const);
  return Array.isArray(value) ? items.map(([, item]) => item) : Object.fromEntries(items);
}

function wrong(at: string, expected: string): UserError {
  return new UserError(`${at} is not ${expected}`);
}
