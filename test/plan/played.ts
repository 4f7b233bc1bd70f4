import { randomInt } from "node:crypto";
import fc from "fast-check";
import type { Registry } from "../../scripts/model/registry.ts";
import type { Certificate, State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { ledgerOf } from "../../scripts/plan/holdings.ts";
import { identitiesOf } from "../../scripts/plan/identity.ts";
import { textOf } from "../support/plan-texts.ts";
import { authorityEnds, lineages, type Moment, play, plays, type Step } from "../support/plan-worlds.ts";

const RUNS = 100;

type Play = readonly [steps: readonly Step[], authorityEnd: Instant];

/** Random plays, each with all its runs: every law looks at the same ones. */
class Played {
  readonly #plays: fc.Arbitrary<Play>;
  readonly #seed = randomInt(2 ** 31);
  #runs: readonly (readonly Moment[])[] | null = null;

  constructor(stories: fc.Arbitrary<readonly Step[]>) {
    this.#plays = fc.tuple(stories, authorityEnds);
  }

  /** Holds a law, made anew for each play, to all of them. One that is broken is shown at its shortest. */
  hold(begin: () => (moment: Moment) => void): void {
    this.#runs ??= fc.sample(this.#plays, { seed: this.#seed, numRuns: RUNS }).map(([steps, end]) => {
      const moments: Moment[] = [];
      play(steps, end, (moment) => moments.push(moment));
      return moments;
    });
    try {
      for (const moments of this.#runs) {
        const law = begin();
        for (const moment of moments) law(moment);
      }
    } catch (error) {
      const again = fc.property(this.#plays, ([steps, end]) => play(steps, end, begin()));
      fc.assert(again, { seed: this.#seed, numRuns: RUNS });
      throw error;
    }
  }
}

const anything = new Played(plays);
export const renames = new Played(lineages);

/** Checks a law after every run of random plays. */
export function always(law: (moment: Moment) => void, played = anything): void {
  played.hold(() => law);
}

/** The same, with a memory that lasts for one play. */
export function throughout<T>(start: () => T, law: (moment: Moment, memory: T) => void, played = anything): void {
  played.hold(() => {
    const memory = start();
    return (moment) => law(moment, memory);
  });
}

/** Who holds what after a run, by the registry that it carried out. */
export function holders({ after, registry, now }: Moment) {
  const carried = after.carriedOut?.registry ?? registry;
  const identities = identitiesOf(carried);
  const ledger = ledgerOf(identities, after, now);
  return [...identities.values()].map((identity) => ({ identity, live: ledger.of(identity).live }));
}

/** Whether no two clients' certificates are from one second: within one, a rename does not show what came first. */
export function areApart({ after }: Moment): boolean {
  const clients = [...after.certificates.values()].filter((one) => one.kind === "client");
  return new Set(clients.map((one) => one.issued)).size === clients.length;
}

export const texts = (files: State["files"]) => [...files].map(([path, digest]) => ({ path, text: textOf(digest) }));

export function burnt(
  { fingerprint }: Certificate,
  all: Iterable<Certificate>,
  revocations: ReadonlyMap<string, { readonly reason: string }>,
): string[] {
  const same = [...all].filter((one) => one.fingerprint === fingerprint);
  return same
    .flatMap(({ serial }) => revocations.get(serial)?.reason ?? [])
    .filter((reason) => reason !== "superseded");
}

/** The same registry and state, with everything in them in another order. */
export function backwards(registry: Registry, state: State): [Registry, State] {
  const { clients, groups, repositories, servers } = registry;
  const { certificates, revocations, requests, files } = state;
  const other = { clients: reversed(clients), groups: reversed(groups), repositories: reversed(repositories) };
  const facts = { certificates: reversed(certificates), revocations: reversed(revocations) };
  return [
    { ...registry, ...other, servers: reversed(servers) },
    { ...state, ...facts, requests: reversed(requests), files: reversed(files) },
  ];
}

function reversed<K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  return new Map([...map].reverse());
}
