import { oneOf } from "./basics.ts";
import type { Field } from "./field.ts";
import { word } from "./kept.ts";
import { boolean, count, country, duration, instant, percent, prose } from "./kinds.ts";
import { later, required, unless } from "./presence.ts";
import { define, record } from "./record.ts";
import { CUSTODIES, KEY_TYPES } from "./terms.ts";

/** Sections without entries of their own: authority, crl, limits. */

const ROOTS = oneOf("Where the root's key is: self, one self-signed issuing CA.", ["self", "offline"]);

const root: Field<"self"> = {
  schema: { enum: ["self"], description: "One self-signed issuing CA. (An offline root comes in a later version.)" },
  type: "self",
  example: "self",
  read: (node, what, scope) => {
    const value = ROOTS.read(node, what, scope);
    if (value === "offline")
      scope.report.add(node.offset, "root: offline comes in a later version", "write root: self");
    return value === undefined ? undefined : "self";
  },
  kept: word(["self"]),
  blank: "self",
  presence: "optional",
};

export const AUTHORITY = define("The certificate authority.", {
  commonName: required(prose("The authority's name, CN in its certificate.", "Example Packages CA")),
  organization: required(prose("O in every certificate.", "Example Ltd")),
  country: country(),
  key: unless(
    oneOf(
      "Key type of the authority. ec-p384 where it is to last ten years and more; ec-p256 where servers see many handshakes, which cost them less than half then.",
      KEY_TYPES,
    ),
    "ec-p384",
  ),
  lifetime: unless(duration("How long the authority's certificate lasts, such as 10y."), "10y"),
  root: unless(root, "self"),
  custody: later(
    1,
    unless(oneOf("Where the key that signs is: in pki/private, or not in the repository at all.", CUSTODIES), "vault"),
  ),
});

export const CRL = define("The certificate revocation list.", {
  lifetime: unless(duration("How long a CRL is good for; past it, every client is locked out."), "30d"),
  renewBefore: unless(duration("A new CRL is signed this long before the end."), "15d"),
});

const ALLOW = define("One plan may take access from exactly so many clients.", {
  lose: required(count("How many clients.")),
  until: required(instant("When this allowance ends.")),
});

export const LIMITS = define("What one change may do.", {
  /** Percent. */
  lose: unless(percent("Percent of admitted clients that one plan may take access from, once there are 10."), "25%"),
  allow: record(ALLOW),
  signed: unless(boolean("Only commits signed by someone in pki/allowed_signers are carried out."), false),
});
