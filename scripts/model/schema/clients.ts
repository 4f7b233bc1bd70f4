import { nameOf, namesOf } from "./basics.ts";
import { OWN_SETTINGS } from "./certificates.ts";
import { boolean, country, identityName, instant, pastInstant, prose, reason } from "./kinds.ts";
import { nullable, otherwise, required, unless } from "./presence.ts";
import { define, record } from "./record.ts";

const REISSUE = define("Certificates issued before an instant are revoked, and a new key is needed.", {
  before: required(pastInstant("Certificates older than this are revoked; not in the future.")),
  reason: unless(reason, "keyCompromise"),
});

export const CLIENT = define("Who may reach repositories and services.", {
  groups: unless(namesOf("Groups the client belongs to.", "groups"), []),
  csr: unless(boolean("The client brings its own key: pki/reqs/NAME.req."), false),
  expires: instant("When access ends; certificates never outlive it."),
  home: nameOf("The repository this client sees at /home/.", "repositories"),
  previously: identityName("The name this client had before."),
  suspended: unless(boolean("Certificates are on hold; taking this out lifts the hold."), false),
  reissue: record(REISSUE),
  /** A tombstone: no access, no certificates. */
  revoked: reason,
  contact: prose("Whom to ask about this client.", "ops@example.com", 200),
  organization: otherwise(prose("O in its certificates.", "Example Ltd"), "the authority's"),
  country: otherwise(nullable(country()), "the authority's"),
  ...OWN_SETTINGS,
});
