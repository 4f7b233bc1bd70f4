import type { CertificateSettings } from "../../model/registry.ts";
import { CERTIFICATES } from "../../model/schema/certificates.ts";
import type { Entry } from "../../model/schema/record.ts";
import { formatDuration } from "../../model/time.ts";
import type { Scope } from "./scope.ts";

/** Section `certificates`, and the same keys, flat, in clients, servers and signers. */

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
  const { lifetime, renewBefore, overlap } = settings;
  const long = formatDuration(lifetime);
  const place = (key: "renewBefore" | "overlap") => entry.at(entry.has(key) ? key : "lifetime");
  const own = defaults === CERTIFICATES.absent || entry.has("lifetime");
  if ((own || entry.has("renewBefore")) && renewBefore >= lifetime) {
    const message = `renew_before (${formatDuration(renewBefore)}) of ${what} must be below its lifetime (${long})`;
    scope.report.add(place("renewBefore"), message);
  }
  if ((own || entry.has("overlap")) && overlap !== null && overlap >= lifetime) {
    const message = `overlap (${formatDuration(overlap)}) of ${what} must be below its lifetime (${long})`;
    scope.report.add(place("overlap"), message);
  }
  if (own && lifetime > authorityLifetime) {
    const message = `lifetime (${long}) of ${what} is beyond the authority's (${formatDuration(authorityLifetime)})`;
    scope.report.add(entry.at("lifetime"), message);
  }
  return settings;
}
