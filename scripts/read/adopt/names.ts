import { GIVEN_NAME, RESERVED_NAMES } from "../../model/layout.ts";

const LONGEST = 63;

/**
 * A name of ours for each of these, all different: its own where clients.yaml takes it, else the nearest that it
 * takes. What keeps its own comes first; then in the order given.
 */
export function namesFor(wanted: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const one of wanted) {
    if (!isGiven(one) || names.has(one)) continue;
    names.set(one, one);
    taken.add(one);
  }
  for (const one of wanted) {
    if (names.has(one)) continue;
    const name = free(nearestName(one), taken);
    names.set(one, name);
    taken.add(name);
  }
  return names;
}

function isGiven(text: string): boolean {
  return GIVEN_NAME.test(text) && !RESERVED_NAMES.includes(text);
}

/** Without accents, in lower case, a dash for whatever else is no letter, digit, dot or underscore. */
function nearestName(text: string): string {
  const plain = text
    .slice(0, 200)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/\.{2,}/g, ".")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, LONGEST)
    .replace(/[.-]+$/, "");
  if (isGiven(plain)) return plain;
  return plain === "" ? "client" : `client-${plain}`.slice(0, LONGEST);
}

function free(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const end = n === 1 ? "" : `-${n}`;
    const tried = `${name.slice(0, LONGEST - end.length)}${end}`;
    if (!taken.has(tried)) return tried;
  }
}
