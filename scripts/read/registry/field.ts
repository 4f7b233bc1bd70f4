import type { Instant } from "../../model/time.ts";
import type { Node, Scalar } from "./node.ts";
import type { Report } from "./report.ts";
import { show, unicode, unseen } from "./words.ts";

/** JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: Json };
type Json = string | number | boolean | null | readonly Json[] | JsonSchema;

export const NAMED_SECTIONS = ["repositories", "services", "groups", "clients", "servers", "signers"] as const;
export type NamedSection = (typeof NAMED_SECTIONS)[number];

/** What the fields need to know of the rest of the file and of the world. */
export interface Scope {
  readonly report: Report;
  readonly now: Instant;
  /** The names that each section defines. */
  readonly names: Readonly<Record<NamedSection, ReadonlySet<string>>>;
  readonly hasRequest: (name: string) => boolean;
  readonly strays?: ReadonlyMap<string, string> | undefined;
  readonly hasSigning: (file: string) => boolean;
  /** What is wrong with the file for this type of repository; absent where nobody looked into files. */
  readonly signingProblem?: (file: string, type: string) => string | null;
}

/**
 * One definition of a value: how it is read, and how editors are told of it. `read` says what is wrong to the
 * scope's report, as `what`, and then returns undefined.
 */
export interface Field<T> {
  readonly schema: JsonSchema;
  readonly read: (node: Node, what: string, scope: Scope) => T | undefined;
  /** For the reference: what may stand there, in words, and something that may. */
  readonly type: string;
  readonly example: string;
  /** For the reference: what counts where nothing is said. */
  readonly otherwise?: string;
  /** The same as a value, where it is one and the same for every file. */
  readonly fallback?: T;
}

/** `a port, such as 443 or 8443` → its type and its first example. */
function inWords(mustBe: string): Pick<Field<unknown>, "type" | "example"> {
  const [, type = mustBe, examples = ""] = /^(.*?),? such as (.*)$/.exec(mustBe) ?? [];
  return { type, example: examples.split(/,? or |, | of /)[0] ?? "" };
}

/** What stands there instead of what was asked for. */
export function found(node: Node): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  return node.value === null ? "nothing" : show(node.text);
}

/** A scalar that `parse` makes sense of; null from it is an error: `what must be …, not "…"`. */
export function scalar<T>(
  schema: JsonSchema,
  mustBe: string,
  parse: (value: Scalar, text: string) => T | null,
  hint: string | null = null,
): Field<T> {
  const read: Field<T>["read"] = (node, what, scope) => {
    const value = node.kind === "scalar" && node.value !== null ? parse(node.value, node.text) : null;
    if (value !== null) return value;
    scope.report.add(node.offset, `${what} must be ${mustBe}, not ${found(node)}`, hint);
    return undefined;
  };
  return { schema, read, ...inWords(mustBe) };
}

export interface TextRules {
  readonly description: string;
  /** As it stands in the JSON schema; without flags. */
  readonly pattern: string;
  /** `a DNS name such as pkg.example.com` */
  readonly mustBe: string;
  readonly longest?: number;
  /** What a pattern cannot say: the value as the registry keeps it, or what is wrong with it. */
  readonly refine?: (text: string) => { readonly value: string } | { readonly wrong: string };
}

const LONGEST = 1_000;

/** Text. Nothing unseen, whatever the pattern says, and no number or boolean, which want quotes. */
export function text(rules: TextRules): Field<string> {
  const { description, pattern, mustBe, longest = LONGEST } = rules;
  const regex = new RegExp(pattern, "u");
  const wrong = (value: string): string | null => {
    const hidden = unseen(value);
    if (hidden !== null) return `may not hold the character ${hidden}, which is not seen`;
    if ([...value.slice(0, 2 * longest + 2)].length > longest) return `may have ${longest} characters at most`;
    return regex.test(value) ? null : `must be ${mustBe}, not ${show(value)}${culprit(value)}`;
  };
  const read: Field<string>["read"] = (node, what, scope) => {
    const value = plainText(node, what, mustBe, scope);
    if (value === undefined) return undefined;
    const refined = rules.refine?.(value) ?? { value };
    const message = wrong(value) ?? ("wrong" in refined ? refined.wrong : null);
    if (message === null && "value" in refined) return refined.value;
    scope.report.add(node.offset, `${what} ${message}`);
    return undefined;
  };
  return { schema: { type: "string", description, pattern, maxLength: longest }, read, ...inWords(mustBe) };
}

/** Names the character that text for a file can never have, since a pattern alone does not point at it. */
function culprit(value: string): string {
  const character = /[\s"'`$;{}\\]/u.exec(value)?.[0];
  if (character === undefined || character === " ") return "";
  return character.trim() === "" ? ` (${unicode(character)})` : ` (it has a ${character})`;
}

function plainText(node: Node, what: string, mustBe: string, scope: Scope): string | undefined {
  if (node.kind === "scalar" && typeof node.value === "string") return node.value;
  const other = node.kind === "scalar" && node.value !== null;
  const message = other
    ? `${what} must be text, and ${show(node.text)} is read as a ${typeof node.value}`
    : `${what} must be ${mustBe}, not ${found(node)}`;
  scope.report.add(node.offset, message, other ? `put it in quotes: "${node.text.slice(0, 60)}"` : null);
  return undefined;
}

/** What makes a list of what somebody wrote for one. */
function listHint(node: Node): string | null {
  if (node.kind !== "scalar" || node.value === null) return null;
  if (node.text.startsWith("-")) return "a space goes after each dash";
  return `in brackets: [${node.text.slice(0, 60).replace(/^\[|\]$/g, "")}]`;
}

export interface Located<T> {
  readonly value: T;
  readonly offset: number;
}

/** The same field, with the place of its value. */
export function located<T>(field: Field<T>): Field<Located<T>> {
  const read: Field<Located<T>>["read"] = (node, what, scope) => {
    const value = field.read(node, what, scope);
    return value === undefined ? undefined : { value, offset: node.offset };
  };
  return { schema: field.schema, read, type: field.type, example: field.example };
}

/** One of a few words. */
export function oneOf<const T extends string>(description: string, words: readonly T[]): Field<T> {
  const known: ReadonlySet<string> = new Set(words);
  const read: Field<T>["read"] = (node, what, scope) => {
    const word = node.kind === "scalar" ? words.find((candidate) => candidate === node.value) : undefined;
    if (word !== undefined) return word;
    const message = `${what} must be ${words.length > 1 ? "one of " : ""}${words.join(", ")}, not ${found(node)}`;
    scope.report.addUnknown(node.offset, message, node.kind === "scalar" ? node.text : "", known);
    return undefined;
  };
  return { schema: { enum: [...words], description }, read, type: words.join(", "), example: words[0] ?? "" };
}

/** A list without repetition. `key` says what makes two items the same. */
export function list<T>(
  description: string,
  item: Field<T>,
  options: { readonly least?: number; readonly key?: (value: T) => string } = {},
): Field<readonly T[]> {
  const { least = 0, key = String } = options;
  const read: Field<readonly T[]>["read"] = (node, what, scope) => {
    if (node.kind !== "list") {
      scope.report.add(node.offset, `${what} must be a list, not ${found(node)}`, listHint(node));
      return undefined;
    }
    if (node.items.length < least) scope.report.add(node.offset, `${what} may not be empty`);
    const values = new Map<string, T>();
    for (const child of node.items) {
      const value = item.read(child, what, scope);
      if (value === undefined) continue;
      if (values.has(key(value))) scope.report.add(child.offset, `${what} has ${show(key(value))} twice`);
      values.set(key(value), value);
    }
    return [...values.values()];
  };
  const schema = { type: "array", description, items: item.schema, uniqueItems: true };
  const words = { type: `list: ${item.type}`, example: `[${item.example}]` };
  return { schema: least > 0 ? { ...schema, minItems: least } : schema, read, ...words };
}

/** A name that another section defines. */
export function nameOf(description: string, section: NamedSection): Field<string> {
  const one = section === "repositories" ? "repository" : section.slice(0, -1);
  const read: Field<string>["read"] = (node, what, scope) => {
    // A name such as 2020 or true needs no quotes where it is defined, so neither where it is used.
    const name = node.kind === "scalar" && node.value !== null ? node.text : null;
    if (name !== null && scope.names[section].has(name)) return name;
    const message =
      name === null
        ? `${what} must be the name of a ${one}, not ${found(node)}`
        : `${what}: there is no ${one} ${show(name)}`;
    scope.report.addUnknown(
      node.offset,
      message,
      name ?? "",
      scope.names[section],
      namesHint(section, scope.names[section]),
    );
    return undefined;
  };
  const words = { type: `the name of a ${one}`, example: EXAMPLES[section] };
  return { schema: { type: ["string", "number", "boolean"], description }, read, ...words };
}

const EXAMPLES: Readonly<Record<NamedSection, string>> = {
  repositories: "packages",
  services: "db",
  groups: "staff",
  clients: "alice",
  servers: "pkg.example.com",
  signers: "build01",
};

const MOST_NAMED = 12;

function namesHint(section: NamedSection, names: ReadonlySet<string>): string | undefined {
  if (names.size === 0) return `the file has no ${section}`;
  return names.size > MOST_NAMED ? undefined : `${section} are ${[...names].join(", ")}`;
}
