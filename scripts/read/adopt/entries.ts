import { authorityWords } from "../../model/authority-words.ts";
import { nameProblem } from "../registry/authority-name.ts";
import type { AdoptedEntry } from "./adoption.ts";
import type { Found } from "./found.ts";
import type { Holder } from "./holders.ts";
import type { Leaf } from "./leaves.ts";
import type { Requests } from "./requests.ts";

const MAIL = /^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}$/;
/** As clients.yaml has them: nginx picks servers by such names. */
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** What clients.yaml is to say of a holder of valid certificates; a sentence where it cannot be there, and why. */
export function entryOf(
  holder: Holder,
  live: readonly Leaf[],
  found: Pick<Found, "source" | "authority" | "revoked"> & { readonly requests: Requests },
): AdoptedEntry | string {
  const newest = live.at(-1);
  if (newest === undefined) return "";
  const { source, authority, revoked, requests } = found;
  const { name, kind, written } = holder;
  const { fingerprint, names, notAfter } = newest.facts;
  const keyHere = source.keys.of(fingerprint) !== undefined;
  const request = keyHere ? null : requests.of(fingerprint);
  if (kind === "server") {
    const why = whyNoServer(names, keyHere || request !== null);
    if (why !== null) return why;
  }
  const { email, organization } = newest.subject;
  const own = organization !== null && organization !== authorityWords(authority.facts).organization;
  return {
    name,
    kind,
    was: written === name ? null : written,
    contact: kind === "client" && email !== null && MAIL.test(email) ? email : null,
    organization: kind === "client" && own && nameProblem("organization", organization) === null ? organization : null,
    request,
    suspended: kind === "client" && live.every(({ facts }) => revoked.entries.has(facts.serial)),
    names: kind === "server" ? [...new Set(names)] : [],
    notAfter,
    keyHere,
  };
}

function whyNoServer(names: readonly string[], renewable: boolean): string | null {
  const goesOn = "it goes on where it is, and nothing here knows of it";
  if (!renewable) return `it is a server's, and neither its key nor its request is here; ${goesOn}`;
  if (names.length === 0) return `it is a server's without a DNS name in it (subjectAltName); ${goesOn}`;
  const odd = names.find((one) => !DNS_NAME.test(one));
  return odd === undefined ? null : `it is a server's for ${odd}, which is no DNS name of nginx's; ${goesOn}`;
}
