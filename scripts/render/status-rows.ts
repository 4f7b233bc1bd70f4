import type { Certificate, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { IdentityState, IdentityStatus } from "./status.ts";
import type { Holder } from "./status-holders.ts";

/** Every identity of the registry, and whoever left it with a good certificate. */
export function everyone(holders: ReadonlyMap<string, Holder>, state: State, now: Instant): IdentityStatus[] {
  const certificates = Map.groupBy(state.certificates.values(), ({ kind, identity }) => `${kind}:${identity}`);
  const claimed = new Set<string>();
  const rows = [...holders.values()].map((holder) => {
    const names = [holder.name, ...(holder.previously === null ? [] : [holder.previously])];
    const keys = names.map((name) => `${holder.kind}:${name}`);
    for (const key of keys) claimed.add(key);
    return holderRow(
      holder,
      newest(
        keys.flatMap((key) => certificates.get(key) ?? []),
        state,
        now,
      ),
      state,
      now,
    );
  });
  const left = [...certificates].flatMap(([key, all]) => {
    const certificate = claimed.has(key) ? null : newest(all, state, now);
    return certificate !== null && isGood(certificate, state, now) ? [leftover(certificate, "removed")] : [];
  });
  return [...rows, ...left];
}

/** The one certificate of this serial, with the reach of its identity while it is good; nothing for an unknown one. */
export function ofCertificate(
  serial: string,
  holders: ReadonlyMap<string, Holder>,
  state: State,
  now: Instant,
): IdentityStatus[] {
  const certificate = state.certificates.get(serial);
  if (certificate === undefined) return [];
  const { identity, kind } = certificate;
  const holder = [...holders.values()].find(
    (one) => one.kind === kind && (one.name === identity || one.previously === identity),
  );
  const revoked = state.revocations.has(serial);
  if (revoked || certificate.notAfter < now) return [leftover(certificate, revoked ? "revoked" : "expired")];
  return [holder === undefined ? leftover(certificate, "removed") : holderRow(holder, certificate, state, now)];
}

/** The newest good certificate, or else the newest; null of none. */
function newest(certificates: readonly Certificate[], state: State, now: Instant): Certificate | null {
  const good = certificates.filter((certificate) => isGood(certificate, state, now));
  const latest = (best: Certificate | null, one: Certificate) =>
    best === null || one.issued >= best.issued ? one : best;
  return (good.length > 0 ? good : certificates).reduce(latest, null);
}

/** Neither ended nor revoked for good; on hold perhaps. */
function isGood({ serial, notAfter }: Certificate, state: State, now: Instant): boolean {
  return notAfter >= now && !state.revocations.has(serial);
}

function holderRow(holder: Holder, certificate: Certificate | null, state: State, now: Instant): IdentityStatus {
  const { name, kind, repositories, services } = holder;
  const { serial, notAfter } = certificate ?? { serial: null, notAfter: null };
  return { name, kind, serial, notAfter, state: stateOf(holder, certificate, state, now), repositories, services };
}

function stateOf(
  { without, renewBefore }: Holder,
  certificate: Certificate | null,
  state: State,
  now: Instant,
): IdentityState {
  if (without !== null) return without;
  if (certificate === null || state.revocations.has(certificate.serial)) return "missing";
  if (certificate.notAfter < now) return "expired";
  if (state.holds.has(certificate.serial)) return "held";
  return now >= certificate.notAfter - renewBefore ? "renewing" : "valid";
}

/** A certificate that gives nothing to whoever holds it. */
function leftover({ identity: name, kind, serial, notAfter }: Certificate, state: IdentityState): IdentityStatus {
  return { name, kind, serial, notAfter, state, repositories: [], services: [] };
}
