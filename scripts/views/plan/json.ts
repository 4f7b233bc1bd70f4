import type { AccessChange, Change, Compromised, Plan } from "../../model/plan.ts";
import type { Problem } from "../../model/problem.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { type ByKind, type ChangeKind, show } from "./by-kind.ts";

/**
 * The fields of each kind in the order in which they are written, whatever the order in which the planner put them
 * into its objects: same plan, same bytes.
 */
const ORDERED: { readonly [K in ChangeKind]: (change: ByKind[K]) => ByKind[K] } = {
  issue: ({ kind, due, identity, profile, reason, key, fingerprint, message }) => {
    return { kind, due, identity, profile, reason, key, fingerprint, message };
  },
  renew: ({ kind, due, identity, profile, serial, reason, key, fingerprint, message }) => {
    return { kind, due, identity, profile, serial, reason, key, fingerprint, message };
  },
  revoke: ({ kind, due, identity, serial, reason, cause, message }) => {
    return { kind, due, identity, serial, reason, cause, message };
  },
  hold: ({ kind, due, identity, serial, message }) => ({ kind, due, identity, serial, message }),
  release: ({ kind, due, identity, serial, message }) => ({ kind, due, identity, serial, message }),
  definition: ({ kind, due, section, name, fields, message }) => ({ kind, due, section, name, fields, message }),
  crl: ({ kind, due, issuer, number, reason, message }) => ({ kind, due, issuer, number, reason, message }),
  file: ({ kind, due, path, reason, byHand, message }) => ({ kind, due, path, reason, byHand, message }),
};

/** `plan --json`: the shape that docs promise to scripts, indented, with a final line feed. */
export function planJson(plan: Plan): string {
  const { issue, renew, revoke, hold, release, definition, crl, file, lose } = plan.summary;
  const { until, changes } = plan.byTime;
  return pretty({
    asOf: formatInstant(plan.asOf),
    digest: plan.digest,
    summary: { issue, renew, revoke, hold, release, definition, crl, file, lose },
    base: plan.base,
    changes: plan.changes.map(ordered),
    access: plan.access.map(accessJson),
    edits: plan.edits.map(({ section, name, field, from, to }) => ({ section, name, field, from, to })),
    compromised: plan.compromised.map(compromisedJson),
    byTime: { until: formatInstant(until), changes: changes.map(ordered) },
    warnings: plan.warnings.map(({ code, message }) => ({ code, message })),
    refusals: plan.refusals.map(({ code, message }) => ({ code, message })),
  });
}

const ordered = (change: Change): Change => show<Change>(change, ORDERED);

const instantOrNull = (at: Instant | null) => (at === null ? null : formatInstant(at));

/** The first four fields are the contract's oldest; the rest is for reviewers. */
function accessJson({ client, previously, oldName, gains, loses, because, ...rest }: AccessChange): object {
  const { until, contact, lossIs, reissued } = rest;
  return {
    client,
    previously,
    gains,
    loses,
    because: { entry: because.entry, groups: because.groups },
    until: instantOrNull(until),
    contact,
    lossIs,
    reissued,
    oldName: oldName && { until: instantOrNull(oldName.until), sameKey: oldName.sameKey },
  };
}

function compromisedJson({ client, contact, before, lockedOut }: Compromised): object {
  return { client, contact, before: instantOrNull(before), lockedOut };
}

/** `plan --json` for a registry that cannot be read: `{"errors":[{file, line, column, message, hint}]}`. */
export function problemsJson(problems: readonly Problem[]): string {
  const errors = problems.map(({ file, line, column, message, hint }) => ({ file, line, column, message, hint }));
  return pretty({ errors });
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
