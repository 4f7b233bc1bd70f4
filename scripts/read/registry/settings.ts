import type { CertificateSettings } from "../../model/registry.ts";
import { formatDuration } from "../../model/time.ts";
import { unless } from "./fallback.ts";
import type { Scope } from "./field.ts";
import { define, type Entry } from "./record.ts";
import { duration, keyType } from "./values.ts";

const AS_SAID = "as section certificates has it";

/** Section `certificates`, and the same keys, flat, in clients, servers and signers. */
export const SETTINGS = {
  key: unless(keyType, "ec-p256"),
  lifetime: unless(duration("How long a certificate lasts, such as 365d."), "365d"),
  renew_before: unless(duration("A successor is issued this long before the end."), "30d"),
  overlap: duration(
    "A predecessor is revoked this long after its successor was issued; without it, it lives out its days.",
  ),
};

export const CERTIFICATES = define({
  description: "How certificates are made; a client, server or signer may override each by the same names.",
  required: [],
  fields: SETTINGS,
});

/** In an identity: what section certificates says. */
export const OWN_SETTINGS: { readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] } = {
  key: { ...SETTINGS.key, otherwise: AS_SAID },
  lifetime: { ...SETTINGS.lifetime, otherwise: AS_SAID },
  renew_before: { ...SETTINGS.renew_before, otherwise: AS_SAID },
  overlap: { ...SETTINGS.overlap, otherwise: AS_SAID },
};

const DEFAULTS: CertificateSettings = {
  key: SETTINGS.key.fallback,
  lifetime: SETTINGS.lifetime.fallback,
  renewBefore: SETTINGS.renew_before.fallback,
  overlap: null,
};

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

type SettingsEntry = Pick<Entry<SettingsValues>, "has" | "at" | "get">;
type SettingsValues = { [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]["read"]> & {} };

/** The settings of one identity, or of the section itself, and whether they go together. */
export function readSettings(
  entry: SettingsEntry,
  what: string,
  scope: Scope,
  authorityLifetime: number,
  defaults: CertificateSettings = DEFAULTS,
): CertificateSettings {
  const settings = {
    key: entry.get("key") ?? defaults.key,
    lifetime: entry.get("lifetime") ?? defaults.lifetime,
    renewBefore: entry.get("renew_before") ?? defaults.renewBefore,
    overlap: entry.get("overlap") ?? defaults.overlap,
  };
  const { lifetime, renewBefore, overlap } = settings;
  const long = formatDuration(lifetime);
  const place = (key: "renew_before" | "overlap") => entry.at(entry.has(key) ? key : "lifetime");
  const own = defaults === DEFAULTS || entry.has("lifetime");
  if ((own || entry.has("renew_before")) && renewBefore >= lifetime) {
    const message = `renew_before (${formatDuration(renewBefore)}) of ${what} must be below its lifetime (${long})`;
    scope.report.add(place("renew_before"), message);
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
