import { authorityWords } from "../../model/authority-words.ts";
import { printable } from "../../model/printable.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { list } from "../../model/words.ts";
import type { Adoption } from "./adoption.ts";
import type { Found } from "./found.ts";

/** As clients.yaml has it without a word: see schema/certificates.ts. */
const RENEW_BEFORE = 30 * 86_400;

/** What a person should know, most important first. */
export function notesOf(
  { source, authority, revoked }: Found,
  { entries, strangers }: Omit<Adoption, "notes">,
  hardened: readonly string[],
  now: Instant,
): string[] {
  const words = authorityWords(authority.facts);
  const unlike = words.key !== authority.facts.keyType;
  const away = entries.filter((one) => !one.keyHere && one.request === null).map(({ name }) => name);
  const soon = entries.filter(({ notAfter }) => notAfter - RENEW_BEFORE <= now).map(({ name }) => name);
  const sealed = source.keys.sealed.map((file) => printable(file));
  const notes = [
    unknownRevocations(source.index !== null, revoked.crl !== null),
    authority.facts.notAfter < now
      ? `The authority ended ${formatInstant(authority.facts.notAfter)}: no server lets anybody in.`
      : null,
    unlike
      ? `The authority's key is ${authority.facts.keyType}, for which clients.yaml has no word; it says ${words.key}, and the key stays what it is.`
      : null,
    strangers.length === 0
      ? null
      : `Revoked, without a certificate here; they stay on the CRL: ${list(
          strangers.map(({ serial }) => serial),
          10,
        )}.`,
    hardened.length === 0
      ? null
      : `Held so far (certificateHold), now revoked for good, since clients.yaml suspends only whole clients that are valid: ${list(hardened, 10)}.`,
    away.length === 0
      ? null
      : `Neither key nor usable request is here of ${list(away, 10)}. They go on with what they have; a renewal makes a key here, which they then need as a bundle, unless clients.yaml says csr: true and pki/reqs has their request.`,
    sealed.length === 0
      ? null
      : `Keys with a passphrase stay where they are: ${list(sealed, 10)}. To bring one: openssl pkey -in FILE.key -out FILE.open.key, then adopt.`,
    soon.length === 0 ? null : `Ending within 30 days, and so renewed by the first reconcile: ${list(soon, 10)}.`,
  ];
  return notes.filter((note) => note !== null);
}

function unknownRevocations(index: boolean, crl: boolean): string | null {
  if (index) return null;
  return crl
    ? "There is no index.txt: what was revoked after the newest CRL was signed is not known."
    : "Nothing here says what was revoked (no index.txt, no CRL): everything that has not ended is taken as admitted. Whoever must not come in is taken out of clients.yaml before the first reconcile.";
}
