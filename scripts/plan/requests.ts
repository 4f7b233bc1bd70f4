import * as paths from "../model/paths.ts";
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

/** Most problems are mended by one command on the client. */
const HOW = ". A new request: openssl req -new -key NAME.key -subj / -out NAME.req";

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
      request?.ok === true ? objection(identity, request, history) : (request?.problem ?? "it is not there");
    if (problem !== null)
      refused.set(identity.name, {
        code: "BadRequest",
        message: `${file}: ${problem}${/make a |each needs/.test(problem) ? "" : HOW}`,
      });
    else if (request?.ok === true) sound.set(identity.name, request);
  }
  return { sound, refused };
}

function objection(identity: Identity, request: SoundRequest, history: KeyHistory): string | null {
  const { identities, state, ledger, now } = history;
  if (request.fingerprint === state.authority?.fingerprint)
    return "its key is the authority's own; make a key for this machine alone";
  if (request.keyType === "ed25519" && !identity.ed25519)
    return "its key is ed25519, and pkg_install verifies no such signature; make a key of type ec-p256 or rsa-3072 and a new request";
  const certified = (history.certificates.get(request.fingerprint) ?? []).toSorted(byAge);
  const former = ledger.renamedFrom(identity);
  const own = certified.filter((one) => one.identity === identity.name || one.identity === former);
  const holds = ledger.of(identity).live.some((one) => own.includes(one));
  // A rename is over when the former name's certificates are; the key that came with it stays its own.
  const isOver = (one: Certificate) => own.length > 0 && !identities.has(one.identity) && !isLive(one, state, now);
  const foreign = holds ? undefined : certified.find((one) => !own.includes(one) && !isOver(one));
  if (foreign) return `its key is already certified for ${foreign.identity}; make a new key and a new request`;
  // An orphan is revoked in this very plan; unless its key goes on, that gives up the key.
  const isGivenUp = (one: Certificate) => !holds && ledger.orphans.includes(one);
  const burnt = certified.find((one) => isBurnt(one, identity, state) || isGivenUp(one));
  if (burnt) return `its key was revoked (certificate ${burnt.serial}); make a new key and a new request`;
  const rivals = (history.requesters.get(request.fingerprint) ?? []).filter((name) => name !== identity.name);
  return rivals.length > 0 && certified.length === 0
    ? `its key is also in the request of ${rivals.join(", ")}; each needs its own`
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
