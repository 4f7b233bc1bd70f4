import type { Authority, Limits, Registry } from "../../model/registry.ts";
import { KEY_TYPES } from "../../model/registry.ts";
import { formatDuration } from "../../model/time.ts";
import { unless } from "./fallback.ts";
import { type Field, oneOf, type Scope } from "./field.ts";
import { define, type Entry, record } from "./record.ts";
import { boolean, count, country, duration, instant, percent, prose } from "./values.ts";

/** Sections without entries of their own: authority, crl, limits. */

const ROOTS = oneOf("Where the root's key is: self, one self-signed issuing CA.", ["self", "offline"]);

const root: Field<"self"> = {
  type: "self",
  example: "self",
  schema: { enum: ["self"], description: "One self-signed issuing CA. (An offline root comes in a later version.)" },
  read: (node, what, scope) => {
    const value = ROOTS.read(node, what, scope);
    if (value === "offline")
      scope.report.add(node.offset, "root: offline comes in a later version", "write root: self");
    return value === undefined ? undefined : "self";
  },
};

export const AUTHORITY = define({
  description: "The certificate authority.",
  required: ["common_name", "organization"],
  fields: {
    common_name: prose("The authority's name, CN in its certificate.", "Example Packages CA"),
    organization: prose("O in every certificate.", "Example Ltd"),
    country: country(),
    key: unless(oneOf("Key type of the authority.", KEY_TYPES), "ec-p384"),
    lifetime: unless(duration("How long the authority's certificate lasts, such as 10y."), "10y"),
    root: unless(root, "self"),
  },
});

export function buildAuthority(entry: Entry<EntryOf<typeof AUTHORITY>>): Authority {
  return {
    commonName: entry.get("common_name") ?? "",
    organization: entry.get("organization") ?? "",
    country: entry.get("country") ?? null,
    key: entry.or("key"),
    lifetime: entry.or("lifetime"),
    root: entry.or("root"),
  };
}

/** What the fields of a definition read as. */
export type EntryOf<D> = D extends { readonly fields: { readonly [K in infer _]: unknown } }
  ? { [K in keyof D["fields"]]: D["fields"][K] extends Field<infer V> ? V : never }
  : never;

export const CRL = define({
  description: "The certificate revocation list.",
  required: [],
  fields: {
    lifetime: unless(duration("How long a CRL is good for; past it, every client is locked out."), "30d"),
    renew_before: unless(duration("A new CRL is signed this long before the end."), "15d"),
  },
});

export function buildCrl(entry: Entry<EntryOf<typeof CRL>>, scope: Scope): Registry["crl"] {
  const lifetime = entry.or("lifetime");
  const renewBefore = entry.or("renew_before");
  if (renewBefore >= lifetime) {
    const place = entry.at(entry.has("renew_before") ? "renew_before" : "lifetime");
    const shown = formatDuration(renewBefore);
    scope.report.add(place, `renew_before (${shown}) of crl must be below its lifetime (${formatDuration(lifetime)})`);
  }
  return { lifetime, renewBefore };
}

const ALLOW = define({
  description: "One plan may take access from exactly so many clients.",
  required: ["lose", "until"],
  fields: { lose: count("How many clients."), until: instant("When this allowance ends.") },
});

export const LIMITS = define({
  description: "What one change may do.",
  required: [],
  fields: {
    lose: unless(percent("Percent of admitted clients that one plan may take access from, once there are 10."), "25%"),
    allow: record(ALLOW, (entry) => {
      const [lose, until] = [entry.get("lose"), entry.get("until")];
      return lose === undefined || until === undefined ? undefined : { lose, until };
    }),
    signed: unless(boolean("Only commits signed by someone in pki/allowed_signers are carried out."), "false"),
  },
});

export function buildLimits(entry: Entry<EntryOf<typeof LIMITS>>): Limits {
  return {
    lose: entry.or("lose"),
    allow: entry.get("allow") ?? null,
    signed: entry.or("signed"),
  };
}
