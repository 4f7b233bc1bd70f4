import { DIGEST } from "../../model/content.ts";
import type { Fields } from "../../model/json-fields.ts";
import { NAME, SERIAL } from "../../model/layout.ts";
import { type Change, CRL_REASONS, type Definition, FILE_REASONS } from "../../model/plan.ts";
import { IDENTITY_KINDS, REASONS } from "../../model/registry.ts";
import { ISSUE_REASONS, REVOKE_CAUSES } from "../../model/state.ts";
import type { ByKind, ChangeKind } from "./by-kind.ts";

export const FIELD = /^[a-z_]{1,40}$/;
const DUE = ["registry", "time"] as const;
const KEYS = ["managed", "request"] as const;
const DEFINED: readonly Definition["section"][] = [
  "authority",
  "crl",
  "limits",
  "repositories",
  "services",
  "groups",
  "servers",
  "signers",
];

/** One change of a plan, as planJson wrote it. Throws UserError for anything else. */
export function changeOf(fields: Fields): Change {
  return READ[fields.oneOf("kind", KIND_NAMES)](fields);
}

const common = (fields: Fields) => ({ due: fields.oneOf("due", DUE), message: fields.text("message") });

const certificate = (fields: Fields) => ({
  ...common(fields),
  identity: fields.text("identity", NAME),
  profile: fields.oneOf("profile", IDENTITY_KINDS),
  key: fields.oneOf("key", KEYS),
  fingerprint: fields.orNull("fingerprint", () => fields.text("fingerprint", DIGEST)),
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
    section: fields.oneOf("section", DEFINED),
    name: fields.text("name", NAME),
    fields: fields.names("fields", FIELD),
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
