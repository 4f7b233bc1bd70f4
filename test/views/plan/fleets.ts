import type { AccessChange, Change, Edit, EditValue, Plan } from "../../../scripts/model/plan.ts";
import { difference, plan, SERIAL } from "./samples.ts";

const AS_OF = 1_795_262_400;
const DAY = 86_400;
const unit = (n: number) => `unit-${String(n).padStart(4, "0")}`;
const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => unit(from + index * step));

export function edit(name: string, field: string, from: EditValue, to: EditValue, section = "clients"): Edit {
  return { section, name, field, from, to };
}

/** The edits of an entry that comes, as the planner makes them. */
export function arrival(name: string, fields: Readonly<Record<string, EditValue>>): Edit[] {
  const all = { ...fields, organization: "Kestrel", key: "ec-p256", lifetime: "90d", renew_before: "30d" };
  return Object.entries(all).flatMap(([field, value]) => (value === null ? [] : [edit(name, field, null, value)]));
}

export function departure(name: string, fields: Readonly<Record<string, EditValue>>): Edit[] {
  return arrival(name, fields).map((one) => ({ ...one, from: one.to, to: null }));
}

const revoke = (
  identity: string,
  cause: "Removed" | "Reissued",
  reason: "cessationOfOperation" | "keyCompromise",
): Change => ({
  kind: "revoke",
  due: "registry",
  identity,
  serial: SERIAL,
  reason,
  cause,
  message: cause === "Removed" ? "no longer in the registry" : "reissue before 2026-11-20T06:00:00Z: keyCompromise",
});

const issue = (identity: string, reason: "Missing" | "Reissue", fingerprint: string | null = null): Change => ({
  kind: "issue",
  due: "registry",
  identity,
  profile: "client",
  reason,
  key: fingerprint === null ? "managed" : "request",
  fingerprint,
  message:
    reason === "Missing" ? "it has no valid certificate" : "every certificate from before the reissue is revoked",
});

const ask = (n: number | string) => `ops${n}@kestrel.example`;
const CORE = ["firmware", "freebsd-15", "tools", "trixie"];

interface Sizes {
  /** Members of the group that gets another repository. */
  readonly field: readonly string[];
  readonly fresh: number;
  readonly removed: readonly string[];
  readonly longer: readonly string[];
}

/** A week's change of a fleet: one of everything, and crowds. */
function week(sizes: Sizes): Plan {
  return plan({
    base: "4f1c2ab0".repeat(5),
    changes: [...DEFINED, ...decided(sizes), ...REST],
    access: differences(sizes),
    edits: edits(sizes),
    compromised: [{ client: unit(60), contact: ask(6), before: Date.UTC(2026, 10, 20, 6) / 1000, lockedOut: true }],
    warnings: [
      {
        code: "SensitiveGroup",
        message: `sensitive group core (${CORE.join(", ")}) gains newbie-3 (new; no end; ask hr@kestrel.example), ${unit(41)} (its own line; no end; ask ${ask(5)})`,
      },
    ],
  });
}

const newbies = ({ fresh }: Sizes): string[] => Array.from({ length: fresh }, (_, index) => `newbie-${index + 1}`);
const contact = (index: number) => (index === 2 ? "hr@kestrel.example" : ask(index));

function differences(sizes: Sizes): AccessChange[] {
  const { field, removed } = sizes;
  const joined = (index: number) => (index === 2 ? CORE : ["freebsd-15"]);
  const byGroup = { entry: false, groups: ["field"] };
  return [
    ...newbies(sizes).map((name, index) => difference(name, joined(index), [], { contact: contact(index) })),
    ...field.map((name, index) =>
      difference(name, ["tools"], [], {
        because: byGroup,
        contact: ask(index % 7),
        until: index % 9 === 0 ? AS_OF + 90 * DAY : null,
      }),
    ),
    difference(unit(41), ["firmware", "trixie"], [], { contact: ask(5) }),
    ...removed.map((name) => difference(name, [], ["freebsd-15"], { lossIs: "forever", contact: ask(1) })),
    difference(unit(61), [], ["freebsd-15", "tools"], { lossIs: "held", contact: ask(1) }),
    difference("falcon-1", [], [], {
      previously: unit(50),
      oldName: { until: AS_OF + 300 * DAY, sameKey: false },
      contact: ask(2),
    }),
    difference(unit(60), [], [], { reissued: "keyCompromise", contact: ask(6) }),
  ];
}

function edits(sizes: Sizes): Edit[] {
  const { removed, longer } = sizes;
  return [
    edit("field", "repositories", ["freebsd-15"], ["freebsd-15", "tools"], "groups"),
    ...newbies(sizes).flatMap((name, index) => {
      return arrival(name, {
        groups: [index === 2 ? "core" : "lab"],
        contact: contact(index),
        ...(index % 2 === 0 ? {} : { csr: true }),
      });
    }),
    ...removed.flatMap((name) => departure(name, { groups: ["lab"], contact: ask(1) })),
    edit("falcon-1", "previously", null, unit(50)),
    edit(unit(36), "expires", "2027-03-31T00:00:00Z", "2029-03-31T00:00:00Z"),
    edit(unit(41), "groups", ["lab"], ["core", "lab"]),
    edit(unit(60), "reissue", null, { before: "2026-11-20T06:00:00Z", reason: "keyCompromise" }),
    edit(unit(61), "suspended", false, true),
    edit(unit(62), "home", null, "tools"),
    edit(unit(63), "contact", ask(3), "someone@else.example"),
    ...longer.map((name) => edit(name, "lifetime", "90d", "3650d")),
  ];
}

const DEFINED: readonly Change[] = [
  {
    kind: "definition",
    due: "registry",
    section: "groups",
    name: "field",
    fields: ["repositories"],
    message: "groups field changes repositories",
  },
];

function decided(sizes: Sizes): Change[] {
  const key = (index: number) => (index % 2 === 0 ? null : `sha256:${String(index).padStart(2, "0").repeat(32)}`);
  return [
    ...newbies(sizes).map((name, index) => issue(name, "Missing", key(index))),
    issue("falcon-1", "Missing"),
    issue(unit(60), "Reissue"),
    ...sizes.removed.map((name) => revoke(name, "Removed", "cessationOfOperation")),
    revoke(unit(60), "Reissued", "keyCompromise"),
  ];
}

const REST: readonly Change[] = [
  { kind: "hold", due: "registry", identity: unit(61), serial: SERIAL, message: "suspended in the registry" },
  {
    kind: "renew",
    due: "time",
    identity: unit(7),
    profile: "client",
    reason: "RenewalDue",
    key: "managed",
    fingerprint: null,
    serial: SERIAL,
    message: "its certificate ends 2026-12-01T00:00:00Z",
  },
  {
    kind: "crl",
    due: "registry",
    issuer: "CN=Kestrel",
    number: AS_OF,
    reason: "EntriesChanged",
    message: "7 entries more",
  },
  ...(["Drifted", "Drifted", "Stray", "Missing"] as const).map(
    (reason, index): Change => ({
      kind: "file",
      due: "registry",
      path: `pki/nginx/${index}.map`,
      reason,
      byHand: false,
      message: "differs",
    }),
  ),
  {
    kind: "file",
    due: "registry",
    path: "pki/nginx/roles.map",
    reason: "Drifted",
    byHand: true,
    message: "was edited by hand",
  },
];

export const FLEETS = {
  12: week({ field: range(15, 17), fresh: 3, removed: [unit(20)], longer: [] }),
  400: week({ field: range(100, 248, 2), fresh: 5, removed: range(20, 25), longer: [unit(70), unit(71)] }),
  2000: week({ field: range(100, 974, 2), fresh: 35, removed: range(20, 34), longer: range(1000, 1437) }),
} as const;
