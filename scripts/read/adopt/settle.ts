import type { Reason } from "../../model/registry.ts";
import type { Certificate, CrlEntry, Hold, Revocation } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import { encodePem } from "../../x509/pem.ts";
import type { AdoptedEntry, Adoption } from "./adoption.ts";
import { entryOf } from "./entries.ts";
import type { Found } from "./found.ts";
import { type Holder, holdersOf } from "./holders.ts";
import { type Leaf, leave } from "./leaves.ts";
import { notesOf } from "./notes.ts";
import { Requests } from "./requests.ts";
import type { Revoked } from "./revoked.ts";
import type { Source } from "./source.ts";

/** What becomes of everything that was found, as of an instant. */
export function settle(found: Found, now: Instant): Adoption {
  const { source, authority, leaves, revoked } = found;
  const isLive = ({ facts }: Leaf) => facts.notAfter >= now && !isGone(revoked.entries.get(facts.serial));
  const left = [...leaves.left];
  const holders = holdersOf(leaves.list, isLive, left);
  const requests = new Requests(source.requests, leaves.list, revoked.entries);
  const certificates: Certificate[] = [];
  const entries: AdoptedEntry[] = [];
  for (const holder of holders) {
    const live = countingOf(holder, isLive, revoked.entries);
    const entry = live.length === 0 ? null : entryOf(holder, live, { ...found, requests });
    if (typeof entry === "string") left.push(...live.map((leaf) => leave(leaf, entry)));
    else if (entry !== null) entries.push(entry);
    const kept = typeof entry === "string" ? holder.leaves.filter((leaf) => !isLive(leaf)) : holder.leaves;
    for (const leaf of kept) certificates.push(certificateOf(leaf, holder, source, now));
  }
  const facts = factsOf(revoked.entries, certificates, entries, now);
  const live = certificates.filter(
    (one) => one.key === "managed" && one.notAfter >= now && !facts.gone.has(one.serial),
  );
  const keys = new Map(live.map((one) => [one.serial, source.keys.of(one.fingerprint) ?? ""]));
  const adoption = {
    authority: encodePem("CERTIFICATE", authority.der),
    certificates,
    revocations: [...facts.gone.values()],
    holds: facts.holds,
    strangers: facts.strangers,
    keys,
    entries,
    left,
  };
  return { ...adoption, notes: notesOf(found, adoption, facts.hardened, now) };
}

/** What its holder comes in with; where all of it is held, that, for a client. */
function countingOf({ kind, leaves }: Holder, isLive: (leaf: Leaf) => boolean, revoked: Revoked["entries"]): Leaf[] {
  const live = leaves.filter(isLive);
  const free = live.filter(({ facts }) => !revoked.has(facts.serial));
  return free.length === 0 && kind === "client" ? live : free;
}

/** Revoked for good. */
function isGone(entry: CrlEntry | undefined): boolean {
  return entry !== undefined && entry.reason !== "certificateHold";
}

function certificateOf(leaf: Leaf, holder: Holder, source: Source, now: Instant): Certificate {
  const { facts, der } = leaf;
  return {
    ...facts,
    identity: holder.name,
    kind: holder.kind,
    issued: Math.min(facts.notBefore, now),
    reason: "Adopted",
    key: source.keys.of(facts.fingerprint) === undefined ? "request" : "managed",
    reissue: null,
    pem: encodePem("CERTIFICATE", der),
  };
}

/**
 * Revocations and holds of what is known, and entries for what is not. A hold stays one where it is all that its holder
 * has: clients.yaml suspends whole clients. Any other becomes a revocation, since letting in is not ours to decide.
 */
function factsOf(
  all: Revoked["entries"],
  certificates: readonly Certificate[],
  entries: readonly AdoptedEntry[],
  now: Instant,
) {
  const known = new Map(certificates.map((one) => [one.serial, one]));
  const suspended = new Set(entries.filter((one) => one.suspended).map(({ name }) => name));
  const gone = new Map<string, Revocation>();
  const holds: Hold[] = [];
  const strangers: (CrlEntry & { readonly reason: Reason })[] = [];
  const hardened: string[] = [];
  for (const { serial, at, reason } of all.values()) {
    const certificate = known.get(serial);
    const held = reason === "certificateHold";
    if (held && certificate !== undefined && certificate.notAfter >= now && suspended.has(certificate.identity)) {
      holds.push({ serial, at });
      continue;
    }
    if (held) hardened.push(serial);
    const final = { serial, at, reason: held ? ("unspecified" as const) : reason };
    if (certificate === undefined) strangers.push(final);
    else gone.set(serial, { ...final, cause: "Declared" });
  }
  return { gone, holds, strangers, hardened };
}
