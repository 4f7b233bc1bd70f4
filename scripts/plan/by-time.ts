import type { ByTime, Decision } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { Certificate, Request, State } from "../model/state.ts";
import type { Duration, Instant } from "../model/time.ts";
import { withCertifiedKeys } from "./certified-keys.ts";
import { type Decisions, decide, inOrder } from "./decide.ts";
import { ledgerOf } from "./holdings.ts";
import type { Identity } from "./identity.ts";
import { project } from "./project.ts";
import { overlapOf } from "./revoke-causes.ts";

const DAY: Duration = 86_400;
const DAYS = 14;

/**
 * What the base's registry alone would do from now on for two weeks, run once a day as CI does: what is due already,
 * and what becomes due meanwhile. Of certificates that are yet to be made only that they are made is told.
 */
export function byTimeOf(alone: Alone | null, now: Instant): ByTime {
  const until = now + DAYS * DAY;
  if (alone === null || alone.state.authority === null) return { until, changes: [] };
  const { decisions, registry } = alone;
  const changes = new Map(decisions.list.map((one) => [sameness(one), one]));
  let state = project(requestsJudged(alone), decisions.list, decisions.identities, now);
  const ledger = decisions.list.length === 0 ? decisions.ledger : ledgerOf(decisions.identities, state, now);
  const agenda = new Agenda(now);
  for (const identity of decisions.identities.values()) agenda.note(identity, ledger.of(identity).live);
  // Of those who were looked at, what they have since; thousands of others would only be looked through.
  const held = new Map<string, readonly Certificate[]>();
  for (const day of agenda.days()) {
    const at = now + day * DAY;
    const names = agenda.on(day);
    const identities = [...names].flatMap((name) => decisions.identities.get(name) ?? []);
    const theirs = identities.flatMap((one) => held.get(one.name) ?? ledger.of(one).all);
    const found = { ...state, certificates: new Map(theirs.map((one) => [one.serial, one])) };
    const decided = decide(only(registry, names), found, at);
    // A hold that is lifted goes by the name in its certificate, which may be a former one.
    const told = decided.list.filter((one) => one.kind === "release" || names.has(one.identity));
    for (const one of told)
      if (!("serial" in one) || alone.state.certificates.has(one.serial)) changes.set(sameness(one), one);
    state = project(found, told, decided.identities, at);
    const left = ledgerOf(decided.identities, state, at);
    for (const identity of decided.identities.values()) {
      held.set(identity.name, left.of(identity).all);
      agenda.note(identity, left.of(identity).live, day);
    }
  }
  return { until, changes: [...changes.values()].sort(inOrder) };
}

/** Day by day, who is to be looked at: a certificate becomes due or ends, an overlap or an access is over. */
class Agenda {
  readonly #now: Instant;
  readonly #days: readonly Set<string>[] = Array.from({ length: DAYS + 1 }, () => new Set<string>());

  constructor(now: Instant) {
    this.#now = now;
  }

  /** The days on which there is somebody to look at, also those that are noted meanwhile. */
  *days(): Generator<number> {
    for (let day = 1; day <= DAYS; day++) if (this.on(day).size > 0) yield day;
  }

  on(day: number): ReadonlySet<string> {
    return this.#days[day] ?? new Set();
  }

  /** Puts down whatever may happen to an identity that has these certificates, oldest first, after that day. */
  note(identity: Identity, live: readonly Certificate[], after = 0): void {
    const { name, expires, renewBefore } = identity;
    const put = (at: Instant) => {
      const day = Math.ceil((at - this.#now) / DAY);
      if (day > after && day <= DAYS) this.#days[day]?.add(name);
    };
    if (expires !== null) put(expires);
    for (const [index, one] of live.entries()) {
      put(one.notAfter - renewBefore);
      put(one.notAfter + 1);
      for (const successor of live.slice(index + 1)) {
        const overlap = overlapOf(identity, one, successor);
        if (overlap !== null) put(successor.issued + overlap);
      }
    }
  }
}

/** A request that is refused today is refused for two weeks: it is not judged anew beside a part of the others. */
function requestsJudged({ state, decisions }: Alone): State {
  if (decisions.review.refused.size === 0) return state;
  const requests = new Map<string, Request>(state.requests);
  for (const name of decisions.review.refused.keys()) requests.set(name, { ok: false, problem: "refused", hint: null });
  return { ...state, requests };
}

function only(registry: Registry, names: ReadonlySet<string>): Registry {
  return {
    ...registry,
    clients: among(registry.clients, names),
    servers: among(registry.servers, names),
    signers: among(registry.signers, names),
  };
}

function among<T>(entries: ReadonlyMap<string, T>, names: ReadonlySet<string>): ReadonlyMap<string, T> {
  return new Map(
    [...names].flatMap((name) => {
      const entry = entries.get(name);
      return entry === undefined ? [] : [[name, entry] as const];
    }),
  );
}

/** What the base's registry would do by itself, were nothing changed. */
export interface Alone {
  readonly registry: Registry;
  readonly decisions: Decisions;
  /** As the base would find it. */
  readonly state: State;
}

export interface AloneInput {
  readonly base: Registry;
  readonly state: State;
  readonly now: Instant;
  /** What the plan decides. */
  readonly planned: Decisions;
  /** The plan is for this very registry. */
  readonly unchanged: boolean;
}

export function decideAlone({ base, state, now, planned, unchanged }: AloneInput): Alone {
  const found = asFound(base, state, planned);
  return { registry: base, decisions: unchanged && found === state ? planned : decide(base, found, now), state: found };
}

/**
 * The state without the requests that this plan certifies: they came with the change, and the base goes on with the
 * keys that it certified last. One that is refused gets nothing today, and got nothing before.
 */
function asFound(base: Registry, state: State, { review }: Decisions): State {
  const settled = withCertifiedKeys(state, base);
  const requests = new Map(settled.requests);
  let differs = false;
  for (const section of [base.clients, base.servers, base.signers]) {
    for (const [name, { csr }] of section) {
      if (!csr) continue;
      const there = state.requests.get(name);
      if (review.sound.has(name) && there !== requests.get(name)) differs = true;
      else if (there === undefined) requests.delete(name);
      else requests.set(name, there);
    }
  }
  return differs ? { ...settled, requests } : state;
}

/**
 * The decisions, due by time only where the base's registry alone would make the same: what looks like a renewal may
 * well be there because the change moved somebody's end.
 */
export function dueByTime(list: readonly Decision[], alone: Alone | null): readonly Decision[] {
  if (list === alone?.decisions.list) return list;
  const own = new Set(alone?.decisions.list.filter(({ due }) => due === "time").map(sameness));
  return list.map((one) => (one.due === "time" && !own.has(sameness(one)) ? { ...one, due: "registry" } : one));
}

/** All that a decision says, in words that are the same for the same decision. */
function sameness({ message: _, due: __, ...rest }: Decision): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
