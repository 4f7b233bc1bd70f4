import fc from "fast-check";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { authorityOf, clientOf, DAY, NOW, registryOf, requestOf, serverOf, signerOf, stateOf } from "./plan-builders.ts";
import { reconcile } from "./plan-simulator.ts";

export const NAMES = ["ada", "bob", "cyd", "dan"] as const;

/** What an edit writes for a client; instants are relative, so that shrinking keeps their sense. */
interface Draft {
  readonly fields: Partial<Client>;
  /** Key of the request, when it brings its own. */
  readonly request: string | null;
  readonly expiresIn: number | null;
  readonly reissueAgo: number | null;
  readonly previously: string | null;
}

export interface Step {
  /** Seconds since the last step. */
  readonly wait: number;
  /** Null takes the client out of the file; "keep" leaves every client as it is. */
  readonly edits: readonly { readonly name: string; readonly draft: Draft | null }[];
}

/** What a run found and what it left. */
export interface Moment {
  readonly now: Instant;
  readonly registry: Registry;
  /** As the run found it: what the last one left, and the requests of this change. */
  readonly before: State;
  readonly after: State;
}

const shapes = fc.constantFrom<Partial<Client>>(
  { lifetime: 365 * DAY, renewBefore: 30 * DAY },
  { lifetime: 60 * DAY, renewBefore: 20 * DAY },
  { lifetime: 60 * DAY, renewBefore: 59 * DAY },
  { lifetime: 5 * DAY, renewBefore: DAY },
);
const usually = <T>(common: T, ...rare: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(common) }, { weight: 1, arbitrary: fc.constantFrom(common, ...rare) });

export const drafts: fc.Arbitrary<Draft> = fc.record({
  fields: fc
    .tuple(
      shapes,
      fc.record({
        groups: fc.subarray(["staff", "readers"]),
        suspended: usually(false, true),
        revoked: usually<Client["revoked"]>(null, "keyCompromise", "superseded"),
        organization: usually("Example", "Other"),
        key: usually<Client["key"]>("ec-p256", "rsa-3072"),
        overlap: usually<number | null>(null, 2 * DAY, DAY / 2),
        home: usually<string | null>(null, "beta"),
      }),
    )
    .map(([shape, fields]) => ({ ...shape, ...fields })),
  request: usually<string | null>(null, "k1", "k2", "k3"),
  expiresIn: usually<number | null>(null, 0, 1, DAY, 40 * DAY, 300 * DAY),
  reissueAgo: usually<number | null>(null, 0, DAY),
  previously: usually<string | null>(null, ...NAMES),
});

const waits = fc.constantFrom(0, 1, 60, DAY / 2, DAY, 3 * DAY, 10 * DAY, 29 * DAY, 40 * DAY, 200 * DAY);

export const steps: fc.Arbitrary<Step> = fc.record({
  wait: waits,
  edits: fc.array(fc.record({ name: fc.constantFrom(...NAMES), draft: fc.option(drafts, { freq: 4 }) }), {
    maxLength: 2,
  }),
});

export const plays: fc.Arbitrary<readonly Step[]> = fc.array(steps, { minLength: 1, maxLength: 10 });

/** When the authority of a play ends: within some plays, beyond others. */
export const authorityEnds: fc.Arbitrary<Instant> = fc.constantFrom(NOW + 250 * DAY, NOW + 3650 * DAY);

/** A registry with a server, a signer and nobody else, and a state with an authority and nothing else. */
export function beginning(authorityEnd: Instant): { readonly registry: Registry; readonly state: State } {
  const registry = registryOf({
    servers: { "pkg.example.com": serverOf() },
    signers: { build: signerOf({ lifetime: 90 * DAY }) },
  });
  return { registry, state: stateOf({ authority: authorityOf({ notAfter: authorityEnd }) }) };
}

/** Plays the steps, each a change, a wait and a run; `look` sees every run. */
export function play(steps: readonly Step[], authorityEnd: Instant, look: (moment: Moment) => void): void {
  let { registry, state } = beginning(authorityEnd);
  let now = NOW;
  for (const step of steps) {
    now += step.wait;
    ({ registry, state } = edit(registry, state, step, now));
    const after = reconcile(registry, state, now);
    look({ now, registry, before: state, after });
    state = after;
  }
}

function edit(registry: Registry, state: State, { edits }: Step, now: Instant) {
  const clients = new Map(registry.clients);
  const requests = new Map(state.requests);
  for (const { name, draft } of edits) {
    if (draft === null) clients.delete(name);
    else {
      clients.set(name, write(draft, now));
      if (draft.request !== null) requests.set(name, requestOf(draft.request));
    }
  }
  return { registry: { ...registry, clients: valid(clients) }, state: { ...state, requests } };
}

function write({ fields, request, expiresIn, reissueAgo, previously }: Draft, now: Instant): Client {
  if (fields.revoked) return clientOf({ groups: [], revoked: fields.revoked });
  return clientOf({
    ...fields,
    csr: request !== null,
    expires: expiresIn === null ? null : now + expiresIn,
    reissue: reissueAgo === null ? null : { before: now - reissueAgo, reason: "keyCompromise" },
    previously,
    home: fields.groups?.includes("readers") ? (fields.home ?? null) : null,
  });
}

/** What the reader refuses is not written: a former name that is there, or that two claim. */
function valid(clients: ReadonlyMap<string, Client>): Map<string, Client> {
  const claimed = new Set<string>();
  const result = new Map<string, Client>();
  for (const [name, client] of clients) {
    const { previously } = client;
    const free = previously !== null && !clients.has(previously) && !claimed.has(previously);
    if (free) claimed.add(previously);
    result.set(name, free ? client : { ...client, previously: null });
  }
  return result;
}
