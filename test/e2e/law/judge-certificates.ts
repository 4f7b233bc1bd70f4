import type { Change, Plan } from "../../../scripts/model/plan.ts";
import { type Happened, type Lie, unlike } from "./lie.ts";
import { isSection, type Reading } from "./reading.ts";

export function certificates(plan: Plan, { before, after }: Happened): Lie[] {
  const made = [...after.certificates].filter(([serial]) => !before.certificates.has(serial));
  const gone = [...before.certificates.keys()].filter((serial) => !after.certificates.has(serial));
  const named = (...kinds: readonly Change["kind"][]) =>
    plan.changes.flatMap((change) => ("identity" in change && kinds.includes(change.kind) ? [change] : []));
  const serials = (kind: Change["kind"]) =>
    named(kind)
      .flatMap((change) => ("serial" in change ? [change.serial] : []))
      .sort();
  const revoked = [...after.revoked].filter(([serial]) => !before.revoked.has(serial));
  const said = plan.changes.flatMap((change) =>
    change.kind === "revoke" ? [`${change.serial} ${change.reason}`] : [],
  );
  const held = [...after.held].filter((serial) => !before.held.has(serial));
  const released = [...before.held].filter((serial) => !after.held.has(serial) && !after.revoked.has(serial));
  return [
    ...unlike(
      "certificates",
      named("issue", "renew")
        .map(({ identity }) => identity)
        .sort(),
      made.map(([, { identity }]) => identity).sort(),
    ),
    ...unlike("lost certificates", [], gone),
    ...unlike("revocations", said.sort(), revoked.map(([serial, reason]) => `${serial} ${reason}`).sort()),
    ...unlike("holds", serials("hold"), held.sort()),
    ...unlike("releases", serials("release"), released.sort()),
  ];
}

/** openssl's words for the reasons of ours. */
const REASONS: Readonly<Record<string, string>> = {
  "Key Compromise": "keyCompromise",
  "Affiliation Changed": "affiliationChanged",
  Superseded: "superseded",
  "Cessation Of Operation": "cessationOfOperation",
  "Privilege Withdrawn": "privilegeWithdrawn",
  "Certificate Hold": "certificateHold",
  "": "unspecified",
};

export function revocationList(plan: Plan, { before, after }: Happened): Lie[] {
  const added: string[] = [];
  for (const [serial, reason] of after.crl.entries) {
    if (before.crl.entries.get(serial) !== reason) added.push(`${serial} ${REASONS[reason] ?? reason}`);
  }
  const removed = [...before.crl.entries.keys()].filter((serial) => !after.crl.entries.has(serial));
  const entries = plan.changes.flatMap((change) => {
    if (change.kind === "revoke") return [`${change.serial} ${change.reason}`];
    // Where somebody took the fact of a hold away, and the plan brings it back, the CRL has it still.
    const isThere = change.kind === "hold" && before.crl.entries.get(change.serial) === "Certificate Hold";
    return change.kind === "hold" && !isThere ? [`${change.serial} certificateHold`] : [];
  });
  const released = plan.changes.flatMap((change) => (change.kind === "release" ? [change.serial] : []));
  const over = (serial: string) => !released.includes(serial);
  const ended = removed.filter(over);
  const signed = plan.changes.some(({ kind }) => kind === "crl");
  return [
    ...unlike("entries of the CRL", entries.sort(), added.sort()),
    ...unlike(
      "entries that leave the CRL",
      released.filter((serial) => before.crl.entries.has(serial)).sort(),
      removed.filter((serial) => !over(serial)).sort(),
    ),
    ...unlike(
      "entries of the CRL that go without having ended",
      [],
      ended.filter((serial) => !hasEnded(serial, before)),
    ),
    ...unlike("a new CRL", signed, before.crl.number !== after.crl.number),
  ];
}

function hasEnded(serial: string, { certificates: all }: Reading): boolean {
  return all.has(serial);
}

/** Who is said to be compromised: the clients whose certificates are revoked for it. */
export function compromised(plan: Plan, { before, after }: Happened): Lie[] {
  const revoked = [...after.revoked].filter(
    ([serial, reason]) => reason === "keyCompromise" && !before.revoked.has(serial),
  );
  const known = (name: string) =>
    [before, after].some(({ carriedOut: { clients } }) => isSection(clients) && name in clients);
  // Of somebody who is renamed by the same change, the plan speaks by the new name.
  const renamed = renames(after);
  const names = revoked
    .map(([serial]) => after.certificates.get(serial)?.identity ?? "")
    .filter(known)
    .map((name) => renamed.get(name) ?? name);
  return unlike("compromised", plan.compromised.map(({ client }) => client).sort(), [...new Set(names)].sort());
}

/** New names by old ones. */
function renames({ carriedOut: { clients } }: Reading): ReadonlyMap<string, string> {
  const entries = isSection(clients) ? Object.entries(clients) : [];
  return new Map(
    entries.flatMap(([name, fields]) => {
      const previously = isSection(fields) ? fields["previously"] : undefined;
      return typeof previously === "string" ? [[previously, name] as const] : [];
    }),
  );
}
