import { admittedClients } from "../model/access.ts";
import { authorityWords } from "../model/authority-words.ts";
import { path } from "../model/layout.ts";
import type { AccessChange, Refusal } from "../model/plan.ts";
import { shellWord } from "../model/printable.ts";
import { formatSubject, type Registry } from "../model/registry.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import { type Duration, formatInstant, type Instant } from "../model/time.ts";
import type { Decisions } from "./decide.ts";
import { isLive } from "./holdings.ts";

/** Below this many admitted clients a percentage says nothing. */
const LIMIT_APPLIES_FROM = 10;

/** Further ahead of the last CRL's end than this, the clock is doubted. */
const ABANDONED: Duration = 366 * 86_400;

export interface Losses {
  readonly clients: readonly string[];
  readonly count: number;
}

/** Clients that lose any repository or service, or are reissued. */
export function lossesOf(access: readonly AccessChange[]): Losses {
  const losing = access.filter(({ loses, reissued }) => loses.length > 0 || reissued !== null);
  return { clients: losing.map(({ client }) => client), count: losing.length };
}

export interface LimitInput {
  readonly before: Registry | null;
  readonly after: Registry;
  /** limits.lose as last carried out: a change cannot loosen the limit that judges it. */
  readonly limit: number;
  readonly losses: Losses;
  readonly allowLosses: number | null;
  readonly now: Instant;
}

/** TooManyLosses and LastSensitiveClient, unless exactly this number was allowed. */
export function limitRefusals(input: LimitInput): Refusal[] {
  const { before } = input;
  if (before === null || isAllowed(input)) return [];
  return [...tooMany(input, before), ...lastSensitive(input, before)];
}

function isAllowed({ after, losses, allowLosses, now }: LimitInput): boolean {
  const { allow } = after.limits;
  return allowLosses === losses.count || (allow !== null && allow.lose === losses.count && allow.until > now);
}

function tooMany(input: LimitInput, before: Registry): Refusal[] {
  const { limit, losses, now } = input;
  if (losses.count === 0) return [];
  const admitted = admittedClients(before, now).length;
  if (admitted < LIMIT_APPLIES_FROM || losses.count * 100 <= limit * admitted) return [];
  const percent = Math.round((losses.count * 100) / admitted);
  const message = `${losses.count} of ${admitted} clients (${percent} %) lose access, over ${limit} %: ${some(losses.clients)}. ${wayOut(input)}`;
  return [{ code: "TooManyLosses", message }];
}

function lastSensitive(input: LimitInput, before: Registry): Refusal[] {
  const { after, now } = input;
  if (before === after) return [];
  const refusals: Refusal[] = [];
  const is = membersOf(after, now);
  for (const [group, members] of [...membersOf(before, now)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (before.groups.get(group)?.sensitive !== true || (is.get(group)?.length ?? 0) > 0) continue;
    const message = `sensitive group ${group} loses its last client (${some(members.sort())}). ${wayOut(input)}`;
    refusals.push({ code: "LastSensitiveClient", message });
  }
  return refusals;
}

/** Group → its admitted clients. Groups without any are absent. */
export function membersOf(registry: Registry, now: Instant): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const name of admittedClients(registry, now)) {
    for (const group of registry.clients.get(name)?.groups ?? []) {
      const list = members.get(group);
      if (list) list.push(name);
      else members.set(group, [name]);
    }
  }
  return members;
}

function wayOut({ losses: { count }, after, now }: LimitInput): string {
  const { allow } = after.limits;
  if (allow !== null && allow.lose !== count)
    return `limits.allow says ${allow.lose}; if this is meant, write ${count}.`;
  if (allow !== null && allow.until <= now)
    return `limits.allow ended ${formatInstant(allow.until)}; if this is meant, move its end.`;
  return `If this is meant, write limits: { allow: { lose: ${count}, until: … } } into clients.yaml, or run with --allow-losses ${count}.`;
}

/** The first ten, and how many more. */
export function some(names: readonly string[], most = 10): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** Nothing is said of a new one where there is an old one that cannot be read, or is gone from this tree alone. */
export function noAuthority(state: State): Refusal[] {
  if (state.authority !== null || authorityDoubt(state) !== null) return [];
  return [{ code: "NoAuthority", message: "there is no authority yet; npm start makes one." }];
}

/** The authority's subject and key stand in its certificate; another authority is another matter than an edit. */
export function authorityRefusals(registry: Registry, state: State): Refusal[] {
  const { authority } = state;
  if (authority === null) return noAuthority(state);
  const { commonName, organization, country, key } = registry.authority;
  const asked = formatSubject(commonName, organization, country);
  const is = authorityWords(authority);
  if (asked === formatSubject(is.commonName, is.organization, is.country) && key === is.key) return [];
  const message = `the authority is ${authority.subject} (${authority.keyType}), clients.yaml asks for ${asked} (${key}). Put the section authority back as it was.`;
  return [{ code: "AuthorityChanged", message }];
}

/** The clock against what has been signed before; `--now` leaves this out. */
export function clockRefusals(state: State, now: Instant): Refusal[] {
  const [at, what] = lastSigned(state);
  if (now < at) {
    const message = `the clock says ${formatInstant(now)}, but ${what} is from ${formatInstant(at)}. Set the clock of this machine; if it is right, another one ran ahead: docs/recovery.md.`;
    return [{ code: "ClockBehind", message }];
  }
  const end = state.crl?.nextUpdate;
  if (end === undefined || now <= end + ABANDONED) return [];
  const message = `the clock says ${formatInstant(now)}, but the last CRL ended ${formatInstant(end)}, over a year before. Set the clock; if so much time went by, run once with --now ${formatInstant(now)}.`;
  return [{ code: "ClockAhead", message }];
}

/** What the last CRL lists is older than the CRL itself: it tells nothing more, and what a clock that ran ahead made can be revoked. */
function lastSigned({ crl, certificates, revocations }: State): [Instant, string] {
  let last: [Instant, string] = [crl?.thisUpdate ?? 0, "the last CRL"];
  const isListed = (serial: string) => (crl?.entries.get(serial)?.reason ?? "certificateHold") !== "certificateHold";
  for (const { issued, serial } of certificates.values())
    if (issued > last[0] && !isListed(serial)) last = [issued, `certificate ${serial}`];
  for (const { at, serial } of revocations.values())
    if (at > last[0] && !isListed(serial)) last = [at, `the revocation of ${serial}`];
  return last;
}

/** Facts that cannot be read or believed: nothing is decided on them. */
export function doubtRefusals(state: State): Refusal[] {
  return state.doubts.map(({ path, message }) => ({ code: "StateDoubtful", message: `${path}: ${message}` }));
}

type EntryDecisions = Pick<Decisions, "list" | "review">;

/**
 * What holds up one entry and nobody else: a managed key that is gone while its certificate goes on, and a place that
 * something else than its file has. One that is revoked in this plan needs its key no more.
 */
export function entryRefusals(state: State, now: Instant, { list, review }: EntryDecisions): Refusal[] {
  const revoked = new Set(list.map((one) => (one.kind === "revoke" ? one.serial : "")));
  const told = new Set([...review.refused.keys()].map(path.request));
  const refusals = [...state.blocked].flatMap(([file, what]): Refusal[] => {
    const message = `${file}: ${what}. What is due for it waits until then; everything else goes on.`;
    return told.has(file) ? [] : [{ code: "PathBlocked", message }];
  });
  for (const certificate of state.certificates.values()) {
    const { serial, identity, key } = certificate;
    if (key !== "managed" || state.keys.has(serial) || revoked.has(serial) || !isLive(certificate, state, now))
      continue;
    const file = path.keyBySerial(serial);
    if (state.blocked.has(file)) continue;
    const message = `${file}: is gone, or no key of ours, but ${identity}'s certificate is still valid. Bring it back: git checkout HEAD -- ${shellWord(file)}; if it is lost for good, give ${identity} a reissue in clients.yaml.`;
    refusals.push({ code: "KeyLost", message });
  }
  return refusals;
}
