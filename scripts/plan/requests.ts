import * as paths from "../model/layout.ts";
import { meantPlace, moveTo } from "../model/misplaced.ts";
import type { Refusal } from "../model/plan.ts";
import type { Certificate, Request, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { byAge, isLive, type Ledger } from "./holdings.ts";
import type { Identity } from "./identity.ts";

export type SoundRequest = Request & { readonly ok: true };

export interface RequestReview {
  /** Requests that may be certified, by identity. */
  readonly sound: ReadonlyMap<string, SoundRequest>;
  /** By identity. */
  readonly refused: ReadonlyMap<string, Refusal>;
}

/** Why a request is not certified, and the sentence that says what to do. */
interface Objection {
  readonly why: string;
  readonly way: string;
}

/** A key may be a file or sit in a device (TPM, token, phone), which has a program of its own for requests. */
const IN_DEVICE = "for a key in a device, such as a TPM, a token or a phone, by its own program";

/** With the key as it is. */
function newRequest(name: string): string {
  return `A new request is made where the key is: for a key in a file, openssl req -new -key ${name}.key -subj / -out ${name}.req; ${IN_DEVICE}.`;
}

function newKey(name: string, key: "ec" | "any" = "any"): string {
  const type = key === "ec" ? "of type ec-p256 or rsa-3072 " : "";
  return `Make a new key ${type}and a new request: in a file, openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -subj / -out ${name}.req; ${IN_DEVICE}.`;
}

/** What is known of every key: who holds it, and whether a certificate for it was revoked for good. */
interface KeyHistory {
  readonly identities: ReadonlyMap<string, Identity>;
  readonly state: State;
  readonly ledger: Ledger;
  readonly now: Instant;
  readonly certificates: ReadonlyMap<string, readonly Certificate[]>;
  readonly requesters: ReadonlyMap<string, readonly string[]>;
}

/**
 * Checks the requests against each other and against every certificate ever issued. A refusal names one identity and
 * leaves the others alone; no certificate is issued to it until its request is mended.
 */
export function reviewRequests(
  identities: ReadonlyMap<string, Identity>,
  state: State,
  ledger: Ledger,
  now: Instant,
): RequestReview {
  const sound = new Map<string, SoundRequest>();
  const refused = new Map<string, Refusal>();
  const asking = [...identities.values()].filter((one) => one.csr && one.revoked === null);
  if (asking.length === 0) return { sound, refused };
  asking.sort((a, b) => (a.name < b.name ? -1 : 1));
  const [certificates, requesters] = [byFingerprint(state), requestersOf(asking, state)];
  const history: KeyHistory = { identities, state, ledger, now, certificates, requesters };
  for (const identity of asking) {
    // Access that is over asks for nothing, and a key that went with it is no news every day.
    if (identity.expires !== null && identity.expires <= now) continue;
    const file = paths.path.request(identity.name);
    const request = state.requests.get(identity.name);
    const problem =
      request?.ok === true ? objection(identity, request, history) : unread(identity.name, request, state);
    if (problem !== null)
      refused.set(identity.name, { code: "BadRequest", message: `${file}: ${problem.why}. ${problem.way}` });
    else if (request?.ok === true) sound.set(identity.name, request);
  }
  return { sound, refused };
}

/** A request that is not there, or no request. */
function unread(name: string, request: Request | undefined, { strays }: State): Objection {
  if (request?.ok === false) return { why: request.problem, way: request.hint ?? newRequest(name) };
  const place = paths.path.request(name);
  const stray = [...strays].find((file) => meantPlace(file) === place);
  const way = stray === undefined ? newRequest(name) : `What may be it lies elsewhere: ${moveTo(stray, place, false)}`;
  return { why: "it is not there", way };
}

function objection(identity: Identity, request: SoundRequest, history: KeyHistory): Objection | null {
  const { name } = identity;
  const { identities, state, ledger, now } = history;
  if (request.fingerprint === state.authority?.fingerprint)
    return { why: "its key is the authority's own", way: newKey(name) };
  if (request.keyType === "ed25519" && !identity.ed25519)
    return { why: "its key is ed25519, and pkg_install verifies no such signature", way: newKey(name, "ec") };
  const certified = (history.certificates.get(request.fingerprint) ?? []).toSorted(byAge);
  const former = ledger.renamedFrom(identity);
  const own = certified.filter((one) => one.identity === identity.name || one.identity === former);
  const holds = ledger.of(identity).live.some((one) => own.includes(one));
  // A rename is over when the former name's certificates are; the key that came with it stays its own.
  const isOver = (one: Certificate) => own.length > 0 && !identities.has(one.identity) && !isLive(one, state, now);
  const foreign = holds ? undefined : certified.find((one) => !own.includes(one) && !isOver(one));
  if (foreign) return { why: `its key is already certified for ${foreign.identity}`, way: newKey(name) };
  // An orphan is revoked in this very plan; unless its key goes on, that gives up the key.
  const isGivenUp = (one: Certificate) => !holds && ledger.orphans.includes(one);
  const burnt = certified.find((one) => isBurnt(one, identity, state) || isGivenUp(one));
  if (burnt) return { why: `its key was revoked (certificate ${burnt.serial})`, way: newKey(name) };
  const rivals = (history.requesters.get(request.fingerprint) ?? []).filter((other) => other !== name);
  return rivals.length > 0 && certified.length === 0
    ? { why: `its key is also in the request of ${rivals.join(", ")}; each needs its own`, way: newKey(name) }
    : null;
}

/** Revoked other than superseded, or about to be: a key that was given up is never certified again. */
function isBurnt(certificate: Certificate, identity: Identity, state: State): boolean {
  const revocation = state.revocations.get(certificate.serial);
  if (revocation) return revocation.reason !== "superseded" || revocation.cause === "Reissued";
  return identity.reissue !== null && certificate.reissue !== identity.reissue.before;
}

function byFingerprint(state: State): Map<string, Certificate[]> {
  const index = new Map<string, Certificate[]>();
  for (const certificate of state.certificates.values()) {
    const same = index.get(certificate.fingerprint);
    if (same) same.push(certificate);
    else index.set(certificate.fingerprint, [certificate]);
  }
  return index;
}

function requestersOf(asking: readonly Identity[], state: State): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const { name } of asking) {
    const request = state.requests.get(name);
    if (request?.ok !== true) continue;
    const same = index.get(request.fingerprint);
    if (same) same.push(name);
    else index.set(request.fingerprint, [name]);
  }
  return index;
}
