import type { AccessChange, Change, Plan, Summary } from "../../../scripts/model/plan.ts";

const HEX = "0123456789abcdef".repeat(4);
export const SERIAL = "5F".repeat(16);

/** As many of one kind, by number. */
export const many = <T>(n: number, one: (n: number) => T): T[] => Array.from({ length: n }, (_, index) => one(index));

export const CHANGES = {
  issue: {
    kind: "issue",
    due: "registry",
    identity: "alice",
    profile: "client",
    reason: "Missing",
    key: "request",
    fingerprint: `sha256:${HEX}`,
    message: "it has no valid certificate",
  },
  renew: {
    kind: "renew",
    due: "time",
    identity: "carol",
    profile: "client",
    reason: "RenewalDue",
    key: "managed",
    fingerprint: null,
    serial: SERIAL,
    message: "its certificate ends 2026-12-01T00:00:00Z",
  },
  revoke: {
    kind: "revoke",
    due: "registry",
    identity: "bob",
    serial: SERIAL,
    reason: "cessationOfOperation",
    cause: "Removed",
    message: "no longer in the registry",
  },
  hold: { kind: "hold", due: "registry", identity: "dave", serial: SERIAL, message: "suspended in the registry" },
  release: { kind: "release", due: "registry", identity: "erin", serial: SERIAL, message: "no longer suspended" },
  definition: {
    kind: "definition",
    due: "registry",
    section: "repositories",
    name: "bookworm",
    fields: ["root"],
    message: "repositories bookworm changes root",
  },
  crl: {
    kind: "crl",
    due: "registry",
    issuer: "CN=Example",
    number: 1795262400,
    reason: "EntriesChanged",
    message: "1 entry more",
  },
  file: {
    kind: "file",
    due: "registry",
    path: "pki/nginx/clients.map",
    reason: "Drifted",
    byHand: false,
    message: "differs from what registry and state call for",
  },
} as const satisfies { readonly [K in Change["kind"]]: Change };

/** A difference in access by the client's own entry. */
export function difference(
  client: string,
  gains: readonly string[],
  loses: readonly string[],
  more: Partial<AccessChange> = {},
): AccessChange {
  const because = { entry: true, groups: [] };
  const common = { previously: null, oldName: null, because, until: null, contact: null, lossIs: null, reissued: null };
  return { ...common, client, gains, loses, ...more };
}

/** A plan with counts that follow from its changes. */
export function plan(parts: Partial<Omit<Plan, "summary">> = {}): Plan {
  const changes = parts.changes ?? [];
  const of = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind).length;
  const lose = (parts.access ?? []).filter(({ loses }) => loses.length > 0).length;
  const summary: Summary = {
    issue: of("issue"),
    renew: of("renew"),
    revoke: of("revoke"),
    hold: of("hold"),
    release: of("release"),
    definition: of("definition"),
    crl: of("crl"),
    file: of("file"),
    lose,
  };
  const digest = `sha256:${HEX}`;
  const asOf = 1_795_262_400;
  const none = { access: [], edits: [], compromised: [], warnings: [], refusals: [] };
  return {
    asOf,
    digest,
    summary,
    changes,
    ...none,
    byTime: { until: asOf + 14 * 86_400, changes: [] },
    base: null,
    ...parts,
  };
}

/** One of everything. */
export const FULL = plan({
  changes: Object.values(CHANGES),
  access: [
    difference("alice", ["bookworm"], []),
    difference("bob", [], ["bookworm", "packages-dev"]),
    difference("buildfarm-2", [], [], { previously: "buildfarm" }),
    difference("erin", ["packages-dev"], ["bookworm"]),
    difference("frank", ["bookworm"], []),
  ],
  warnings: [
    { code: "SensitiveGroup", message: "sensitive group staff gains alice" },
    { code: "NoContact", message: "no contact is given for alice" },
    { code: "CodeChanged", message: "this branch changes what runs: scripts/plan.ts" },
  ],
  refusals: [
    {
      code: "TooManyLosses",
      message: "14 of 40 clients (35 %) lose access, over 25 %: a, b. Run with --allow-losses 14.",
    },
  ],
});
