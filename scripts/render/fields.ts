import { UserError } from "../model/problem.ts";

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

  object<T>(key: string, read: (fields: Fields) => T): T {
    return read(new Fields(this.#values.get(key), `${this.at}.${key}`));
  }

  list<T>(key: string, read: (value: unknown, at: string) => T): T[] {
    const value = this.#values.get(key);
    if (!Array.isArray(value)) throw wrong(`${this.at}.${key}`, "a list");
    return value.map((item, index) => read(item, `${this.at}.${key}[${index}]`));
  }
}

function wrong(at: string, expected: string): UserError {
  return new UserError(`${at} is not ${expected}`);
}
