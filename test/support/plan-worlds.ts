import fc from "fast-check";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import {
  authorityOf,
  clientOf,
  DAY,
  NOW,
  registryOf,
  requestOf,
  serverOf,
  signerOf,
  stateOf,
} from "./plan-builders.ts";
import { reconcile, STAGES, type Stage } from "./plan-simulator.ts";

const NAMES = ["ada", "bob", "cyd", "dan"] as const;

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
  readonly edits: readonly Edit[];
  /** The run is killed there, and another follows in the same second. */
  readonly killed: Stage | null;
}

type Edit =
  | { readonly kind: "write"; readonly name: string; readonly draft: Draft }
  | { readonly kind: "remove"; readonly name: string }
  /** Under another name, with the same key. */
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  /** One field of one that is there. */
  | { readonly kind: "change"; readonly name: string; readonly fields: Partial<Client> }
  | { readonly kind: "crl"; readonly crl: Registry["crl"] };

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

const drafts: fc.Arbitrary<Draft> = fc.record({
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
        shorten: usually(false, true),
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

const name = fc.constantFrom(...NAMES);
const changes = fc.constantFrom<Partial<Client>>(
  { suspended: true },
  { suspended: false },
  { previously: null },
  { overlap: 2 * DAY },
  { organization: "Other" },
  { groups: ["readers"], home: null },
  { lifetime: 60 * DAY, renewBefore: 20 * DAY },
  { lifetime: 60 * DAY, renewBefore: 20 * DAY, shorten: true },
  { lifetime: 5 * DAY, renewBefore: DAY, shorten: true },
);
const crls = fc.constantFrom<Registry["crl"]>(
  { lifetime: 30 * DAY, renewBefore: 15 * DAY },
  { lifetime: 30 * DAY, renewBefore: 29 * DAY },
  { lifetime: 90 * DAY, renewBefore: 15 * DAY },
  { lifetime: DAY, renewBefore: DAY / 2 },
);
const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write"), name, draft: drafts }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove"), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename"), name, to: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("change"), name, fields: changes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crl"), crl: crls }) },
);

const steps: fc.Arbitrary<Step> = fc.record({
  wait: waits,
  edits: fc.array(edits, { maxLength: 2 }),
  killed: usually<Stage | null>(null, ...STAGES),
});

export const plays: fc.Arbitrary<readonly Step[]> = fc.array(steps, { minLength: 1, maxLength: 10 });

const plain = (request: string | null): Draft => ({
  fields: { groups: ["staff"], lifetime: 60 * DAY, renewBefore: 20 * DAY, overlap: null },
  request,
  expiresIn: null,
  reissueAgo: null,
  previously: null,
});
const lineageEdits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant("rename"), name, to: name }),
  fc.record({ kind: fc.constant("change"), name, fields: fc.constantFrom({ previously: null }, { overlap: 2 * DAY }) }),
  fc.record({ kind: fc.constant("write"), name, draft: fc.constantFrom("k1", "k2", null).map(plain) }),
);

/** Plays about names: clients alike, with a key of their own or one made here, that come, go and are renamed. */
export const lineages: fc.Arbitrary<readonly Step[]> = fc
  .record({
    request: fc.constantFrom("k1", null),
    steps: fc.array(
      fc.record({ wait: waits, edits: fc.array(lineageEdits, { maxLength: 2 }), killed: fc.constant(null) }),
      {
        maxLength: 8,
      },
    ),
  })
  .map(({ request, steps }) => [
    { wait: 0, edits: [{ kind: "write", name: "ada", draft: plain(request) }], killed: null },
    ...steps,
  ]);

/** When the authority of a play ends: within some plays, beyond others. */
export const authorityEnds: fc.Arbitrary<Instant> = fc.constantFrom(NOW + 250 * DAY, NOW + 3650 * DAY);

/** A registry with a server, a signer and nobody else, and a state with an authority and nothing else. */
function beginning(authorityEnd: Instant): { readonly registry: Registry; readonly state: State } {
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
    const found = step.killed === null ? state : reconcile(registry, state, now, {}, step.killed);
    const after = reconcile(registry, found, now);
    look({ now, registry, before: state, after });
    state = after;
  }
}

function edit(registry: Registry, state: State, { edits }: Step, now: Instant) {
  const clients = new Map(registry.clients);
  const requests = new Map(state.requests);
  let { crl } = registry;
  for (const edit of edits) {
    if (edit.kind === "crl") {
      crl = edit.crl;
      continue;
    }
    const { name } = edit;
    const there = clients.get(name);
    if (edit.kind === "remove") clients.delete(name);
    else if (edit.kind === "write") {
      clients.set(name, write(edit.draft, now));
      if (edit.draft.request !== null) requests.set(name, requestOf(edit.draft.request));
    } else if (there === undefined || there.revoked !== null) continue;
    else if (edit.kind === "change") clients.set(name, { ...there, ...edit.fields });
    else if (!clients.has(edit.to)) {
      clients.delete(name);
      clients.set(edit.to, { ...there, previously: name });
      const request = requests.get(name);
      if (request !== undefined && there.csr) requests.set(edit.to, request);
    }
  }
  return { registry: { ...registry, crl, clients: valid(clients) }, state: { ...state, requests } };
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
