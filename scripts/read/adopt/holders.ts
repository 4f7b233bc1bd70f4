import type { Kind } from "../../model/registry.ts";
import { type Leaf, type Left, leave } from "./leaves.ts";
import { namesFor } from "./names.ts";

/** Whose certificates belong together, by what they say: those of one common name and use. */
export interface Holder {
  readonly name: string;
  /** As the certificates have it. */
  readonly written: string;
  readonly kind: Exclude<Kind, "signer">;
  /** Oldest first. */
  readonly leaves: readonly Leaf[];
}

/**
 * Clients and servers, the first with the better names: whoever still has a certificate before whoever only had.
 * What is neither is left, but for what is over or revoked anyhow.
 */
export function holdersOf(leaves: readonly Leaf[], isLive: (leaf: Leaf) => boolean, left: Left[]): Holder[] {
  const groups = new Map<string, { written: string; kind: Holder["kind"]; leaves: Leaf[] }>();
  for (const leaf of leaves) {
    if (typeof leaf.use === "object") {
      if (isLive(leaf)) left.push(leave(leaf, leaf.use.none));
      continue;
    }
    const written = writtenName(leaf);
    const key = `${leaf.use} ${written}`;
    const group = groups.get(key) ?? { written, kind: leaf.use, leaves: [] };
    group.leaves.push(leaf);
    groups.set(key, group);
  }
  const order = [...groups].sort(([a, one], [b, other]) => rank(one) - rank(other) || (a < b ? -1 : 1));
  // A name is one identity's, whatever its kind: the second of a name is called otherwise.
  const seen = new Set<string>();
  const wanted = order.map(([, { written, kind }]) => {
    let own = written;
    while (seen.has(own)) own += `-${kind}`;
    seen.add(own);
    return own;
  });
  const names = namesFor(wanted);
  return order.map(([, group], n) => ({ ...group, name: names.get(wanted[n] ?? "") ?? "client" }));

  function rank({ kind, leaves }: { kind: Holder["kind"]; leaves: readonly Leaf[] }): number {
    return (leaves.some(isLive) ? 0 : 2) + (kind === "client" ? 0 : 1);
  }
}

function writtenName({ subject, facts }: Leaf): string {
  return subject.commonName ?? subject.email ?? facts.names[0] ?? `serial-${facts.serial.toLowerCase()}`;
}
