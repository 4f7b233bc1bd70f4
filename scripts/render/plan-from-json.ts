import { NAME, SERIAL } from "../model/paths.ts";
import {
  type AccessChange,
  type Change,
  CRL_REASONS,
  type Definition,
  FILE_REASONS,
  type Plan,
  REFUSAL_CODES,
  type Summary,
  WARNING_CODES,
} from "../model/plan.ts";
import { UserError } from "../model/problem.ts";
import { KINDS, REASONS } from "../model/registry.ts";
import { ISSUE_REASONS, REVOKE_CAUSES } from "../model/state.ts";
import { type Instant, parseInstant } from "../model/time.ts";
import { Fields } from "./fields.ts";
import type { ByKind, ChangeKind } from "./kinds.ts";

const HASH = /^sha256:[0-9a-f]{64}$/;
const DUE = ["registry", "time"] as const;
const KEYS = ["managed", "request"] as const;
const SECTIONS: readonly Definition["section"][] = [
  "authority",
  "crl",
  "limits",
  "repositories",
  "services",
  "groups",
  "servers",
  "signers",
];

/**
 * What planJson wrote, read back and checked: whoever renders it for reviewers need not trust who made it. Unknown
 * fields are dropped. Messages may still hold anything; views escape them. Throws UserError.
 */
export function planFromJson(text: string): Plan {
  const root = new Fields(parse(text), "plan");
  const changes = root.objects("changes", (fields) => READ[fields.oneOf("kind", KIND_NAMES)](fields));
  return {
    asOf: instant(root),
    digest: root.text("digest", HASH),
    summary: root.object("summary", (fields) => summaryOf(fields, changes)),
    changes,
    access: root.objects("access", accessOf),
    edits: [],
    compromised: [],
    byTime: { until: instant(root) + 14 * 86_400, changes: [] },
    base: null,
    warnings: root.objects("warnings", (fields) => coded(fields, WARNING_CODES)),
    refusals: root.objects("refusals", (fields) => coded(fields, REFUSAL_CODES)),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError("the plan is not JSON", "Make it with: npm run -s plan -- --json");
  }
}

function instant(fields: Fields): Instant {
  const value = parseInstant(fields.text("asOf"));
  if (value === null) throw new UserError(`${fields.at}.asOf is not an instant`);
  return value;
}

const common = (fields: Fields) => ({ due: fields.oneOf("due", DUE), message: fields.text("message") });

const certificate = (fields: Fields) => ({
  ...common(fields),
  identity: fields.text("identity", NAME),
  profile: fields.oneOf("profile", KINDS),
  key: fields.oneOf("key", KEYS),
  fingerprint: fields.orNull("fingerprint", () => fields.text("fingerprint", HASH)),
});

const held = (fields: Fields) => ({
  ...common(fields),
  identity: fields.text("identity", NAME),
  serial: fields.text("serial", SERIAL),
});

const READ: { readonly [K in ChangeKind]: (fields: Fields) => ByKind[K] } = {
  issue: (fields) => ({ kind: "issue", ...certificate(fields), reason: fields.oneOf("reason", ISSUE_REASONS) }),
  renew: (fields) => {
    const reason = fields.oneOf("reason", ["RenewalDue"]);
    return { kind: "renew", ...certificate(fields), reason, serial: fields.text("serial", SERIAL) };
  },
  revoke: (fields) => {
    const why = { reason: fields.oneOf("reason", REASONS), cause: fields.oneOf("cause", REVOKE_CAUSES) };
    return { kind: "revoke", ...held(fields), ...why };
  },
  hold: (fields) => ({ kind: "hold", ...held(fields) }),
  release: (fields) => ({ kind: "release", ...held(fields) }),
  definition: (fields) => ({
    kind: "definition",
    ...common(fields),
    section: fields.oneOf("section", SECTIONS),
    name: fields.text("name", NAME),
    fields: fields.names("fields", /^[a-z_]{1,40}$/),
  }),
  crl: (fields) => ({
    kind: "crl",
    ...common(fields),
    issuer: fields.text("issuer"),
    number: fields.count("number"),
    reason: fields.oneOf("reason", CRL_REASONS),
  }),
  file: (fields) => ({
    kind: "file",
    ...common(fields),
    path: fields.text("path"),
    reason: fields.oneOf("reason", FILE_REASONS),
    byHand: fields.flag("byHand"),
  }),
};

const KIND_NAMES: readonly ChangeKind[] = ["issue", "renew", "revoke", "hold", "release", "definition", "crl", "file"];

/** The counts are what a reviewer reads first: they must be those of the changes. */
function summaryOf(fields: Fields, changes: readonly Change[]): Summary {
  const counted = (kind: ChangeKind): number => {
    const count = fields.count(kind);
    if (count === changes.filter((change) => change.kind === kind).length) return count;
    throw new UserError(`${fields.at}.${kind} is not how many there are`);
  };
  return {
    issue: counted("issue"),
    renew: counted("renew"),
    revoke: counted("revoke"),
    hold: counted("hold"),
    release: counted("release"),
    definition: counted("definition"),
    crl: counted("crl"),
    file: counted("file"),
    lose: fields.count("lose"),
  };
}

function accessOf(fields: Fields): AccessChange {
  return {
    client: fields.text("client", NAME),
    previously: fields.orNull("previously", () => fields.text("previously", NAME)),
    gains: fields.names("gains", NAME),
    loses: fields.names("loses", NAME),
    oldName: null,
    because: { entry: true, groups: [] },
    until: null,
    contact: null,
    lossIs: null,
    reissued: null,
  };
}

function coded<C extends string>(fields: Fields, codes: readonly C[]): { code: C; message: string } {
  return { code: fields.oneOf("code", codes), message: fields.text("message") };
}
