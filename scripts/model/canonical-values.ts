import { CARRIED_OUT } from "./paths.ts";
import { UserError } from "./problem.ts";
import { parseInstant } from "./time.ts";

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

/** An object with so many keys. With each of ours asked for, there is no room for another. */
export function fields(value: unknown, what: string, count: number): Fields {
  if (!isFields(value)) throw malformed(`${what} is no object`);
  if (Object.keys(value).length !== count) throw malformed(`${what} has not just the fields it should have`);
  return value;
}

export function textOf(value: unknown, what: string): string {
  if (typeof value !== "string") throw malformed(`${what}: text is missing`);
  return value;
}

export function textOrNull(value: unknown, what: string): string | null {
  return value === null ? null : textOf(value, what);
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw malformed(`${what}: true or false is missing`);
  return value;
}

export function whole(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw malformed(`${what}: a number is missing`);
  return value;
}

export function instant(value: unknown, what: string): number {
  const parsed = parseInstant(textOf(value, what));
  if (parsed === null) throw malformed(`${what}: an instant is missing`);
  return parsed;
}

export function texts(value: unknown, what: string): readonly string[] {
  if (!Array.isArray(value)) throw malformed(`${what}: a list is missing`);
  return value.map((item) => textOf(item, what));
}

export function word<const T extends string>(value: unknown, words: readonly T[], what: string): T {
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) throw malformed(`${what}: one of ${words.join(", ")} is missing`);
  return found;
}
