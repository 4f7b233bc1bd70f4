import { type Authority, KEY_TYPES } from "./registry.ts";
import type { CertificateFacts } from "./state.ts";

/** What of a certificate says whose authority it is. */
export type AnyFacts = Pick<CertificateFacts, "subject" | "keyType">;

type AuthorityWords = Pick<Authority, "commonName" | "organization" | "country" | "key">;

/** Between the parts of a subject as text: nothing else looks like the beginning of an attribute. */
const BETWEEN = /, (?=(?:CN|O|C|[0-9]+(?:\.[0-9]+)+)=)/;

/**
 * What clients.yaml says of this authority. One that was made here has exactly these words; of an adopted one, whose
 * subject and key may be anything, they are the nearest that can be said: its first CN, O and C, where it has them.
 */
export function authorityWords({ subject, keyType }: AnyFacts): AuthorityWords {
  const parts = subject.split(BETWEEN);
  const first = (label: string) => parts.find((part) => part.startsWith(`${label}=`))?.slice(label.length + 1);
  const organization = usable(first("O"));
  const commonName = usable(first("CN")) ?? organization ?? "Adopted CA";
  const country = first("C");
  return {
    commonName,
    organization: organization ?? commonName,
    country: country !== undefined && /^[A-Z]{2}$/.test(country) ? country : null,
    key: KEY_TYPES.find((type) => type === keyType) ?? (keyType === "rsa-2048" ? "rsa-3072" : "ec-p384"),
  };
}

/** What clients.yaml takes as a name: see prose in schema/kinds.ts. */
function usable(text: string | undefined): string | undefined {
  const trimmed = text?.replace(/["'`$;{}\\]/g, "").trim();
  return trimmed === undefined || trimmed === "" || trimmed.length > 64 ? undefined : trimmed;
}
