import fc from "fast-check";
import { expect, test } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { isLive } from "../../scripts/plan/holdings.ts";
import { EVERYTHING, statusOf } from "../../scripts/views/status/index.ts";
import type { IdentityState } from "../../scripts/views/status/words.ts";
import { DAY } from "../support/plan-builders.ts";
import { planFor } from "../support/plan-simulator.ts";
import { authorityEnds, lineages, play, plays } from "../support/plan-worlds.ts";

/** What the plan does with the certificate that a word is about, and whether a successor comes. */
const MEANING: Readonly<Record<IdentityState, { readonly does: string | null; readonly issues: boolean | "perhaps" }>> =
  {
    removed: { does: "revoke", issues: "perhaps" },
    revoking: { does: "revoke", issues: "perhaps" },
    suspending: { does: "hold", issues: false },
    expired: { does: null, issues: "perhaps" },
    missing: { does: null, issues: "perhaps" },
    held: { does: "release", issues: "perhaps" },
    ending: { does: null, issues: false },
    renewing: { does: null, issues: true },
    valid: { does: null, issues: false },
    external: { does: null, issues: false },
    suspended: { does: null, issues: false },
    ended: { does: null, issues: false },
    revoked: { does: null, issues: false },
    gone: { does: null, issues: false },
  };

function agrees(registry: Registry | null, state: State, now: Instant): void {
  const { changes } = planFor(registry, state, now).plan;
  const { identities } = statusOf(registry, state, now);
  const issued = new Set(
    changes.flatMap((one) => (one.kind === "issue" || one.kind === "renew" ? [one.identity] : [])),
  );
  const done = new Map(
    changes.flatMap((one) =>
      (one.kind === "revoke" || one.kind === "hold" || one.kind === "release") && isGood(one.serial, state, now)
        ? [[one.serial, one] as const]
        : [],
    ),
  );
  for (const row of identities) {
    const { does, issues } = MEANING[row.state];
    const note = `${row.name} ${row.state}`;
    const decided = row.serial === null ? undefined : done.get(row.serial);
    expect(`${note} ${decided?.kind ?? null}`).toBe(`${note} ${does}`);
    if (issues !== "perhaps") expect(`${note} ${issued.has(row.name)}`).toBe(`${note} ${issues}`);
  }
  // And the other way round: nothing that the plan does to somebody is passed over.
  for (const name of issued) expect(identities.map((row) => row.name)).toContain(name);
  const shown = new Set(identities.map(({ name }) => name));
  for (const { identity } of done.values()) expect(shown).toContain(identity);
}

function isGood(serial: string, state: State, now: Instant): boolean {
  const certificate = state.certificates.get(serial);
  return certificate !== undefined && isLive(certificate, state, now);
}

const draft = (request: string) => ({
  fields: { groups: ["staff"], lifetime: 60 * DAY, renewBefore: 20 * DAY, overlap: null },
  request,
  expiresIn: null,
  reissueAgo: null,
  previously: null,
});
const write = (request: string, wait = 0) => ({
  wait,
  edits: [{ kind: "write" as const, name: "ada", draft: draft(request) }],
  killed: null,
});
/** Renewed, then another request: the newest certificate goes with its key, and the one before stays. */
const TWO_KEYS = [write("k1"), { wait: 40 * DAY, edits: [], killed: null }, write("k2")];

test.each([["plays", plays] as const, ["lineages", lineages] as const])(
  "status and plan agree about everybody, before and after a run, in %s",
  (_, stories) => {
    fc.assert(
      fc.property(stories, authorityEnds, (steps, end) =>
        play(steps, end, ({ registry, before, after, now }) => {
          for (const later of [0, DAY, 30 * DAY]) {
            agrees(registry, before, now + later);
            agrees(registry, after, now + later);
            agrees(null, after, now + later);
          }
        }),
      ),
      { numRuns: 25, examples: [[TWO_KEYS, 1_816_862_400]] },
    );
  },
);

test("a certificate asked for by its number never passes for good when the plan revokes it", () => {
  fc.assert(
    fc.property(plays, authorityEnds, (steps, end) =>
      play(steps, end, ({ registry, before, now }) => {
        for (const change of planFor(registry, before, now).plan.changes) {
          if (change.kind !== "revoke") continue;
          const { identities } = statusOf(registry, before, now, { ...EVERYTHING, serial: change.serial });
          expect(["removed", "revoking"]).toContain(identities[0]?.state);
        }
      }),
    ),
    { numRuns: 25 },
  );
});
