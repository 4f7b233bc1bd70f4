import { boolean, duration, keyType } from "./kinds.ts";
import { later, nullable, otherwise, unless } from "./presence.ts";
import { define } from "./record.ts";

/** Section `certificates`: how an identity's certificates are made. */

const FIELDS = {
  key: unless(keyType, "ec-p256"),
  lifetime: unless(duration("How long a certificate lasts, such as 365d."), "365d"),
  renewBefore: unless(duration("A successor is issued this long before the end."), "30d"),
  overlap: duration(
    "A predecessor is revoked this long after its successor was issued; without it, it lives out its days.",
  ),
  shorten: unless(
    boolean(
      "Certificates that end later than one issued now would get successors now, and are revoked after overlap, or else renew_before.",
    ),
    false,
  ),
};

export const CERTIFICATES = define(
  "How certificates are made; a client, server or signer may override each by the same names.",
  FIELDS,
);

const AS_SAID = "as section certificates has it";

/** The same fields, flat, in clients, servers and signers. */
export const OWN_SETTINGS = {
  key: otherwise(FIELDS.key, AS_SAID),
  lifetime: otherwise(FIELDS.lifetime, AS_SAID),
  renewBefore: otherwise(FIELDS.renewBefore, AS_SAID),
  overlap: otherwise(nullable(FIELDS.overlap), AS_SAID),
  shorten: later(1, otherwise(FIELDS.shorten, AS_SAID), false),
} satisfies Record<keyof typeof FIELDS, unknown>;
