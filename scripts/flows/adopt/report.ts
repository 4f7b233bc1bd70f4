import { printable } from "../../model/printable.ts";
import type { Problem } from "../../model/problem.ts";
import type { CertificateFacts } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import type { Adoption } from "../../read/adopt/adoption.ts";
import type { AdoptionReport } from "../../views/adopt-text.ts";
import type { Prepared } from "./write.ts";

/** What is told of an adoption, fit to be shown. */
export function reportOf(
  { adoption, key, crl, registryText }: Prepared,
  { subject, keyType, notAfter }: CertificateFacts,
  problems: readonly Problem[],
  { dryRun, now }: { readonly dryRun: boolean; readonly now: Instant },
): AdoptionReport {
  const { entries, left, notes, keys } = adoption;
  const names = (kind: "client" | "server") => entries.filter((one) => one.kind === kind).map(({ name }) => name);
  return {
    dryRun,
    authority: { subject: printable(subject.slice(0, 200)), key: keyType, notAfter, keyHere: key !== null },
    certificates: counts(adoption, now),
    keys: keys.size,
    requests: entries.filter(({ request }) => request !== null).length,
    clients: names("client"),
    servers: names("server"),
    renamed: entries.flatMap(({ was, name }) => (was === null ? [] : [{ was: printable(was.slice(0, 200)), name }])),
    crl: {
      entries: adoption.revocations.length + adoption.holds.length + adoption.strangers.length,
      signed: key !== null && crl !== null,
    },
    left,
    problems,
    notes,
    registry: registryText,
  };
}

function counts({ certificates, revocations, holds }: Adoption, now: Instant): AdoptionReport["certificates"] {
  const gone = new Set(revocations.map(({ serial }) => serial));
  const ended = certificates.filter((one) => one.notAfter < now && !gone.has(one.serial)).length;
  const [revoked, held] = [revocations.length, holds.length];
  return { valid: certificates.length - ended - revoked - held, ended, revoked, held };
}
