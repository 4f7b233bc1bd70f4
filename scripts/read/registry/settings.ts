import type { CertificateSettings, Registry } from "../../model/registry.ts";
import type { CRL } from "../../model/schema/authority.ts";
import { CERTIFICATES } from "../../model/schema/certificates.ts";
import { fileName } from "../../model/schema/kept.ts";
import type { Entry } from "../../model/schema/record.ts";
import { formatDuration } from "../../model/time.ts";
import type { Scope } from "./scope.ts";

/** Section `certificates`, the same keys, flat, in clients, servers and signers, and section `crl`. */

/**
 * pkg_install reads no CRL: a stolen signer's key is good until its certificate ends, so that end is near. A package
 * verifies as long as the certificate that signed it, at least `renew_before`: docs/roles.md.
 */
const SIGNER_LIFETIME = 90 * 86_400;

/** Section `certificates`, and what it comes to for signers: where it names no lifetime, theirs is short. */
export function readDefaults(
  entry: SettingsEntry,
  scope: Scope,
  authorityLifetime: number,
): { readonly defaults: CertificateSettings; readonly signers: CertificateSettings } {
  const defaults = readSettings(entry, "certificates", scope, authorityLifetime);
  const { renewBefore, overlap } = defaults;
  // Somebody who renews earlier than that did not mean so short a lifetime.
  const fits = renewBefore < SIGNER_LIFETIME && (overlap ?? 0) < SIGNER_LIFETIME;
  const short = fits && !entry.has("lifetime");
  return { defaults, signers: short ? { ...defaults, lifetime: SIGNER_LIFETIME } : defaults };
}

type SettingsEntry = Pick<Entry<typeof CERTIFICATES.fields>, "has" | "at" | "over">;

/** The settings of one identity, or of the section itself, and whether they go together. */
export function readSettings(
  entry: SettingsEntry,
  what: string,
  scope: Scope,
  authorityLifetime: number,
  defaults: CertificateSettings = CERTIFICATES.absent,
): CertificateSettings {
  const settings = entry.over(defaults);
  const { lifetime } = settings;
  const own = defaults === CERTIFICATES.absent || entry.has("lifetime");
  for (const term of ["renewBefore", "overlap"] as const)
    if (own || entry.has(term)) checkBelow(entry, term, settings, what, scope);
  if (own && lifetime > authorityLifetime) {
    const shown = formatDuration(lifetime);
    const message = `lifetime (${shown}) of ${what} is beyond the authority's (${formatDuration(authorityLifetime)})`;
    scope.report.add(entry.at("lifetime"), message);
  }
  return settings;
}

type Term = "renewBefore" | "overlap";

/** What is to be within a lifetime ends before it. */
function checkBelow<N extends Term>(
  entry: { readonly has: (name: N) => boolean; readonly at: (name: N | "lifetime") => number },
  term: N,
  values: { readonly [K in N]: number | null } & { readonly lifetime: number },
  what: string,
  { report }: Scope,
): void {
  const [length, lifetime] = [values[term], values.lifetime];
  if (length === null || length < lifetime) return;
  const [shown, long] = [formatDuration(length), formatDuration(lifetime)];
  const place = entry.at(entry.has(term) ? term : "lifetime");
  report.add(place, `${fileName(term)} (${shown}) of ${what} must be below its lifetime (${long})`);
}

export function readCrl(entry: Entry<typeof CRL.fields>, scope: Scope): Registry["crl"] {
  checkBelow(entry, "renewBefore", entry.base, "crl", scope);
  return entry.base;
}
