/**
 * clients.yaml as a tree: only what the registry needs of YAML. Offsets count UTF-16 units from the start of
 * the text. A node that an alias names stands in several places, so trees may share branches, never loop.
 */
export type Node = ScalarNode | MapNode | ListNode;

export interface ScalarNode {
  readonly kind: "scalar";
  readonly offset: number;
  readonly value: Scalar;
  /** As written, for a plain scalar; the content of a quoted or block scalar. */
  readonly text: string;
}

interface MapNode {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  /** As written: `2020:` is the key "2020". */
  readonly key: string;
  readonly offset: number;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: "list";
  readonly offset: number;
  readonly items: readonly Node[];
}

export type Scalar = string | number | boolean | null;

const INTEGER = /^[-+]?[0-9]+$/;
const BASED = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const SPECIAL: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...["", "~", "null", "Null", "NULL"].map((text): [string, Scalar] => [text, null]),
  ...["true", "True", "TRUE"].map((text): [string, Scalar] => [text, true]),
  ...["false", "False", "FALSE"].map((text): [string, Scalar] => [text, false]),
]);

/** What a plain scalar means in YAML 1.2's core schema (10.3.2): timestamps stay text. */
export function resolvePlain(text: string): Scalar {
  const special = SPECIAL.get(text);
  if (special !== undefined) return special;
  if (!/^[-+.0-9]/.test(text)) return text;
  if (INTEGER.test(text) || BASED.test(text) || FLOAT.test(text)) return Number(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? Number.NaN : text;
}
