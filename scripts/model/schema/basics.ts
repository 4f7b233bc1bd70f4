import { type Field, found, inWords, type JsonSchema, type NamedSection, type Scope } from "./field.ts";
import { names, text as textKept, texts, type Value, word } from "./kept.ts";
import type { Node, Scalar } from "./node.ts";
import { show, unicode, unseen } from "./words.ts";

/** What the kinds of values are made from. */

export interface ScalarRules<T, K> {
  readonly schema: JsonSchema;
  /** `a duration such as 90m`: the rest of a message, the type and the example. */
  readonly mustBe: string;
  readonly type?: string;
  readonly example?: string;
  readonly kept: Value<K>;
  readonly blank: T;
  /** Null: not such a value. */
  readonly parse: (value: Scalar, text: string) => T | null;
}

/** A scalar that `parse` makes sense of; null from it is an error: `what must be …, not "…"`. */
export function scalar<T, K>({ mustBe, parse, ...rules }: ScalarRules<T, K>): Field<T, K> {
  const read: Field<T>["read"] = (node, what, scope) => {
    const value = node.kind === "scalar" && node.value !== null ? parse(node.value, node.text) : null;
    if (value !== null) return value;
    scope.report.add(node.offset, `${what} must be ${mustBe}, not ${found(node)}`);
    return undefined;
  };
  return { ...inWords(mustBe), ...rules, read, presence: "optional" };
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
  const schema = { type: "string", description, pattern, maxLength: longest };
  return { schema, read, ...inWords(mustBe), kept: textKept, blank: "", presence: "optional" };
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

/** One of a few words. */
export function oneOf<const T extends string>(description: string, words: readonly [T, ...T[]]): Field<T> {
  const known: ReadonlySet<string> = new Set(words);
  const read: Field<T>["read"] = (node, what, scope) => {
    const word = node.kind === "scalar" ? words.find((candidate) => candidate === node.value) : undefined;
    if (word !== undefined) return word;
    const message = `${what} must be ${words.length > 1 ? "one of " : ""}${words.join(", ")}, not ${found(node)}`;
    scope.report.addUnknown(node.offset, message, node.kind === "scalar" ? node.text : "", known);
    return undefined;
  };
  const [blank] = words;
  const schema = { enum: [...words], description };
  return { schema, read, type: words.join(", "), example: blank, kept: word(words), blank, presence: "optional" };
}

/** A list without repetition, in the order of the file. `key` says what makes two items the same. */
export function list<T>(
  description: string,
  item: Field<T, string>,
  options: { readonly least?: number; readonly key?: (value: T) => string } = {},
): Field<readonly T[], readonly string[]> {
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
  const common = { read, ...words, kept: texts, blank: [], presence: "optional" } as const;
  return { schema: least > 0 ? { ...schema, minItems: least } : schema, ...common };
}

/** Names that another section defines, in any order. */
export function namesOf(description: string, section: NamedSection): Field<readonly string[]> {
  return { ...list(description, nameOf(`A ${ONE[section]}.`, section)), kept: names };
}

/** A name that another section defines. */
export function nameOf(description: string, section: NamedSection): Field<string> {
  const one = ONE[section];
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
  const schema = { type: ["string", "number", "boolean"], description };
  return { schema, read, ...words, kept: textKept, blank: "", presence: "optional" };
}

const ONE: Readonly<Record<NamedSection, string>> = {
  repositories: "repository",
  services: "service",
  groups: "group",
  clients: "client",
  servers: "server",
  signers: "signer",
};

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
