import type { Change, Plan } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import { formatInstant } from "../model/time.ts";
import { type ByKind, type ChangeKind, show } from "./kinds.ts";

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
  return pretty({
    asOf: formatInstant(plan.asOf),
    digest: plan.digest,
    summary: { issue, renew, revoke, hold, release, definition, crl, file, lose },
    changes: plan.changes.map((change) => show<Change>(change, ORDERED)),
    access: plan.access.map(({ client, previously, gains, loses }) => ({ client, previously, gains, loses })),
    warnings: plan.warnings.map(({ code, message }) => ({ code, message })),
    refusals: plan.refusals.map(({ code, message }) => ({ code, message })),
  });
}

/** `plan --json` for a registry that cannot be read: `{"errors":[{file, line, column, message, hint}]}`. */
export function problemsJson(problems: readonly Problem[]): string {
  const errors = problems.map(({ file, line, column, message, hint }) => ({ file, line, column, message, hint }));
  return pretty({ errors });
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
