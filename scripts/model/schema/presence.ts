import type { Field, NamedSection, Presence, Scope } from "./field.ts";
import { orNull } from "./kept.ts";
import type { Node } from "./node.ts";

// What the registry has where clients.yaml does not say a field. A field as it comes is optional: null.

type Any<T, K> = Field<T, K, Presence>;

/** It must be there. */
export function required<T, K>(field: Any<T, K>): Field<T, K, "required"> {
  return { ...field, presence: "required", absent: field.blank };
}

/** A value as YAML has it. */
type Plain = string | number | boolean | readonly Plain[];

/**
 * This counts, said as clients.yaml would: one value for the reader, the editor's schema and the reference.
 * @throws Error where the field itself would refuse it
 */
export function unless<T, K>(field: Any<T, K>, written: Plain): Field<T, K, "unless"> {
  const absent = field.read(nodeOf(written), field.type, STRICT);
  if (absent === undefined) throw new Error(`no ${field.type}: ${flow(written)}`);
  return { ...field, presence: "unless", absent, otherwise: `\`${flow(written)}\`` };
}

/** What counts depends on the rest of the file: the reader of the section gives it. `words`: for the reference. */
export function otherwise<T, K>({ absent: _, ...field }: Any<T, K>, words: string): Field<T, K, "built"> {
  return { ...field, presence: "built", otherwise: words };
}

/** The registry may have null for it, whatever counts otherwise. */
export function nullable<T, K>(field: Field<T, K>): Field<T, K | null> {
  return { ...field, kept: orNull(field.kept) };
}

/** It has no place of its own in the registry: the reader of the section makes it a part of another field. */
export function beside<T, K>(field: Field<T, K>, words: string): Field<T, K, "beside"> {
  return { ...field, presence: "beside", otherwise: words };
}

/**
 * The nth field that was added to a section. pki/registry.yaml has these last, in this order, and leaves them out where
 * they are not said: so files from before read the same, and a field is no event for those who do not use it.
 * `leftOut`: what they leave out, where the field itself does not say what counts otherwise.
 */
export function later<T, K, P extends Presence>(
  n: number,
  field: Field<T, K, P>,
  leftOut = field.absent,
): Field<T, K, P> {
  return leftOut === undefined ? { ...field, since: n } : { ...field, since: n, absent: leftOut };
}

function nodeOf(value: Plain): Node {
  if (typeof value === "object") return { kind: "list", offset: 0, items: value.map(nodeOf) };
  return { kind: "scalar", offset: 0, value, text: String(value) };
}

function flow(value: Plain): string {
  if (typeof value === "object") return `[${value.map(flow).join(", ")}]`;
  return typeof value !== "string" || /^[\w.%-]+$/.test(value) ? String(value) : JSON.stringify(value);
}

function refuse(_: number, message: string): never {
  throw new Error(message);
}

const NONE: ReadonlySet<string> = new Set();
export const NO_NAMES: Readonly<Record<NamedSection, ReadonlySet<string>>> = {
  repositories: NONE,
  services: NONE,
  groups: NONE,
  clients: NONE,
  servers: NONE,
  signers: NONE,
};

const STRICT: Scope = {
  report: { add: refuse, addUnknown: refuse },
  now: 0,
  names: NO_NAMES,
  hasSigning: () => false,
};
