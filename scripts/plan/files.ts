import { formatCarriedOut, nextCarriedOut } from "../model/canonical.ts";
import { type ContentDigest, contentDigest } from "../model/content.ts";

import type { DerivedFile } from "../model/derived.ts";
import * as paths from "../model/layout.ts";
import type { Due, FileChange } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { Certificate, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { deriveFiles } from "../servers/derive.ts";
import type { Decisions } from "./decide.ts";
import { isLive, ledgerOf } from "./holdings.ts";
import { identitiesOf } from "./identity.ts";
import { type RenewalOrder, renewalFiles, renewalOffers, renewalOrders, renewalsToMake } from "./renewals.ts";

/**
 * Every derived file as it should be for this registry and state at this instant, pki/registry.yaml last. `known`:
 * what was worked out before for the same registry, state and instant.
 */
export function derivedFiles(
  registry: Registry,
  state: State,
  now: Instant,
  version: string,
  known: Pick<Decisions, "identities" | "ledger"> | null = null,
): DerivedFile[] {
  const valid = validCertificates(registry, state, now, known);
  const orders = possible(renewalOrders(valid), state);
  const files = deriveFiles({ registry, state, now, valid, renewals: renewalOffers(orders, state) });
  const next = nextCarriedOut(state.carriedOut, registry, version, state.committed);
  const carriedOut = { path: paths.CARRIED_OUT, text: formatCarriedOut(next) };
  return [...files, ...renewalFiles(orders, state), carriedOut];
}

/** The envelopes that derivedFiles calls for, and that are not there yet. */
export function missingRenewals(registry: Registry, state: State, now: Instant): RenewalOrder[] {
  return renewalsToMake(possible(renewalOrders(validCertificates(registry, state, now, null)), state), state);
}

/** Without what needs a key that is gone, or a place that something else has. */
function possible(orders: readonly RenewalOrder[], { keys, blocked }: State): RenewalOrder[] {
  return orders.filter(
    ({ predecessor, successor }) =>
      successor.key === "request" ||
      (keys.has(successor.serial) && !blocked.has(paths.path.renewal(predecessor.serial))),
  );
}

/** Of identities that are admitted; of each, oldest first. */
function validCertificates(
  registry: Registry,
  state: State,
  now: Instant,
  known: Pick<Decisions, "identities" | "ledger"> | null,
) {
  const identities = known?.identities ?? identitiesOf(registry);
  const ledger = known?.ledger ?? ledgerOf(identities, state, now);
  const valid: { certificate: Certificate; identity: string }[] = [];
  for (const identity of identities.values()) {
    if (identity.revoked !== null || identity.suspended || (identity.expires !== null && identity.expires <= now))
      continue;
    for (const certificate of ledger.of(identity).live) {
      if (!state.holds.has(certificate.serial)) valid.push({ certificate, identity: identity.name });
    }
  }
  return valid;
}

/** A certificate is a text of its own, the same object every time it is compared. */
const DIGESTS = new Map<string, ContentDigest>();
const MOST_REMEMBERED = 4096;

/** What a file should hold; undefined for a copy of what is not there. */
export function digestOf(file: DerivedFile, state: State): ContentDigest | undefined {
  return "text" in file ? digestOfText(file.text) : state.files.get(file.copyOf);
}

function digestOfText(text: string): ContentDigest {
  if (text.length > MOST_REMEMBERED) return contentDigest(text);
  const known = DIGESTS.get(text) ?? contentDigest(text);
  DIGESTS.set(text, known);
  return known;
}

/**
 * Compares what is there with what should be. `files` holds what may be derived; anything in it that is not wanted is
 * stray, such as the key of a certificate that has ended, or the request of a client that is gone.
 */
export function compareFiles(
  wanted: readonly DerivedFile[],
  state: State,
  strays: readonly string[],
  labels: { readonly due: Due; readonly upgraded: boolean },
): FileChange[] {
  const changes: FileChange[] = [];
  const expected = new Set<string>();
  const changed = (path: string, reason: FileChange["reason"], message: string) =>
    changes.push({ kind: "file", due: labels.due, path, reason, byHand: false, message });
  for (const file of wanted) {
    expected.add(file.path);
    // Of one whose place is taken, or whose key is gone, the last form stays: entryRefusals says so.
    if (state.blocked.has(file.path) || isKeyGone(file, state)) continue;
    const there = state.files.get(file.path);
    if (there === undefined) changed(file.path, "Missing", "to be written");
    else if (there !== digestOf(file, state))
      changed(file.path, labels.upgraded ? "Upgraded" : "Drifted", "differs from what registry and state call for");
  }
  for (const path of strays) if (!expected.has(path)) changed(path, "Stray", "nothing calls for it");
  return changes.sort(
    (a, b) => Number(a.path === paths.CARRIED_OUT) - Number(b.path === paths.CARRIED_OUT) || (a.path < b.path ? -1 : 1),
  );
}

/** A copy of a key that neither is there nor is to be made: the stand-in of a new certificate has its key in `keys`. */
function isKeyGone(file: DerivedFile, { files, keys }: State): boolean {
  if ("text" in file || files.has(file.copyOf)) return false;
  return !keys.has(file.copyOf.slice(paths.DIR.keys.length + 1, -".key".length));
}

/** Files that nothing calls for: in derived directories everything that is not derived, and keys and requests that are done. */
export function strayFiles(registry: Registry, state: State, now: Instant): string[] {
  const strays: string[] = [];
  const names = new Set([...state.certificates.values()].map((one) => one.identity));
  for (const path of state.files.keys()) if (isDerivedPath(path, names)) strays.push(path);
  for (const serial of state.keys) {
    const certificate = state.certificates.get(serial);
    if (certificate === undefined || !isLive(certificate, state, now)) strays.push(paths.path.keyBySerial(serial));
  }
  // A kill between revocation and hold leaves both; the revocation is the one that counts.
  for (const serial of state.holds.keys()) if (state.revocations.has(serial)) strays.push(paths.path.hold(serial));
  for (const name of state.requests.keys())
    if (wasRequester(name, state) && !asksNow(name, registry)) strays.push(paths.path.request(name));
  return strays;
}

/** A key under pki/private counts as derived only when its name has held a certificate; anything else is not ours to remove. */
function isDerivedPath(path: string, names: ReadonlySet<string>): boolean {
  const placed = paths.placeOf(path);
  if (placed?.place === "private") return names.has(placed.key);
  return DERIVED_DIRECTORIES.some((directory) => path.startsWith(directory));
}

const DERIVED_DIRECTORIES = paths
  .placesWhere(({ each, nature, at }) => each !== null && nature === "derived" && at !== paths.DIR.private)
  .map((at) => `${at}/`);

function wasRequester(name: string, state: State): boolean {
  const before = state.carriedOut?.registry;
  return [before?.clients, before?.servers, before?.signers].some((section) => section?.get(name)?.csr === true);
}

function asksNow(name: string, registry: Registry): boolean {
  return [registry.clients, registry.servers, registry.signers].some((section) => section.get(name)?.csr === true);
}
