import type { Instant } from "../time.ts";
import type { Value } from "./kept.ts";
import type { Node } from "./node.ts";
import { show } from "./words.ts";

/** JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: Json };
type Json = string | number | boolean | null | readonly Json[] | JsonSchema;

export const NAMED_SECTIONS = ["repositories", "services", "groups", "clients", "servers", "signers"] as const;
export type NamedSection = (typeof NAMED_SECTIONS)[number];

/** Takes what is wrong with the file, by offsets. */
interface Complaints {
  readonly add: (offset: number, message: string, hint?: string | null) => void;
  /** The same with `did you mean …`, or `otherwise`, as its hint. */
  readonly addUnknown: (
    offset: number,
    message: string,
    word: string,
    known: ReadonlySet<string>,
    otherwise?: string | undefined,
  ) => void;
}

/** What the fields need to know of the rest of the file and of the world. */
export interface Scope {
  readonly report: Complaints;
  readonly now: Instant;
  /** The names that each section defines. */
  readonly names: Readonly<Record<NamedSection, ReadonlySet<string>>>;
  readonly hasSigning: (file: string) => boolean;
}

/** What the registry has where clients.yaml says nothing: see presence.ts. */
export type Presence = "optional" | "required" | "unless" | "built" | "beside";

/**
 * All there is to say of one value of clients.yaml: how it is read, how editors and the reference tell of it, how
 * pki/registry.yaml keeps it and plans show it. T: as it is read. K: as the registry has it.
 */
export interface Field<T, K = T, P extends Presence = "optional"> {
  readonly schema: JsonSchema;
  /** For the reference: what may stand there, in words, and something that may. */
  readonly type: string;
  readonly example: string;
  /** `read` says what is wrong to the scope's report, as `what`, and then returns undefined. */
  readonly read: (node: Node, what: string, scope: Scope) => T | undefined;
  readonly kept: Value<K>;
  /** Stands for a value that is wrong or missing, so that the rest of such a file can be looked at. */
  readonly blank: T;
  readonly presence: P;
  /** What counts where nothing is said, where that is one and the same for every file. */
  readonly absent?: T;
  /** For the reference: the same in words. */
  readonly otherwise?: string;
  /** See `later`. */
  readonly since?: number;
}

/** `a port, such as 443 or 8443` → its type and its first example. */
export function inWords(mustBe: string): Pick<Field<unknown>, "type" | "example"> {
  const [, type = mustBe, examples = ""] = /^(.*?),? such as (.*)$/.exec(mustBe) ?? [];
  return { type, example: examples.split(/,? or |, | of /)[0] ?? "" };
}

/** What stands there instead of what was asked for. */
export function found(node: Node): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  return node.value === null ? "nothing" : show(node.text);
}

export interface Located<T> {
  readonly value: T;
  readonly offset: number;
}

/** The same field, read with the place of its value. */
export function located<T, K>(field: Field<T, K>): Field<Located<T>, K> {
  const read: Field<Located<T>>["read"] = (node, what, scope) => {
    const value = field.read(node, what, scope);
    return value === undefined ? undefined : { value, offset: node.offset };
  };
  const { schema, type, example, kept, blank, presence } = field;
  return { schema, type, example, read, kept, blank: { value: blank, offset: 0 }, presence };
}
