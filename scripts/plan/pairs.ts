/** An entry as it was and as it is; undefined: not there. */
export interface Pair<T> {
  /** As it is; as it was where it is gone. */
  readonly name: string;
  /** The name that it had, of a rename. */
  readonly previously: string | null;
  readonly was: T | undefined;
  readonly is: T | undefined;
  /** Nothing differs, but for the order of lists perhaps where this is false. */
  readonly same: boolean;
}

/** Every entry of either side beside itself, in no particular order. `renamedFrom`: new name → old name. */
export function pairUp<T extends object>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  renamedFrom: (name: string) => string | null,
): Pair<T>[] {
  const pairs: Pair<T>[] = [];
  const followed = new Set<string>();
  for (const [name, is] of after) {
    const previously = before.has(name) ? null : renamedFrom(name);
    if (previously !== null) followed.add(previously);
    const was = before.get(previously ?? name);
    pairs.push({ name, previously, was, is, same: previously === null && was !== undefined && isSame(was, is) });
  }
  for (const [name, was] of before) {
    if (!after.has(name) && !followed.has(name))
      pairs.push({ name, previously: null, was, is: undefined, same: false });
  }
  return pairs;
}

/** Whether two values are alike, field for field and item for item. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isFields(a) || !isFields(b)) return false;
  let surplus = 0;
  // Without a list of keys for each: there are tens of thousands to compare.
  for (const key in a) {
    if (!isSame(a[key], b[key])) return false;
    surplus++;
  }
  for (const _ in b) surplus--;
  return surplus === 0;
}

function isFields(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
