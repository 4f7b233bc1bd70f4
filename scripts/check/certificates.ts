import { createPublicKey, type KeyObject } from "node:crypto";
import * as paths from "../model/layout.ts";
import type { Finding } from "../model/problem.ts";
import { type Certificate, type CertificateFacts, isAdopted, isIssuedBy, type State } from "../model/state.ts";
import { formatInstant } from "../model/time.ts";
import { certificateSpki, verifyCertificate, verifyCertificateAsync } from "../x509/certificate.ts";
import { decodePem } from "../x509/pem.ts";
import { block, type CheckInput } from "./input.ts";

/** Why a certificate is not what it should be, or null. */
type Rule = (certificate: Certificate, authority: CertificateFacts, names: Renames) => string | null;
type Renames = ReadonlyMap<string, string>;

/** In this order; the first that is broken is reported. The signature comes after the issuer. */
const RULES: readonly (readonly [string, Rule])[] = [
  [
    "SerialTwice",
    (certificate, authority) =>
      certificate.serial === authority.serial && !isAdopted(certificate)
        ? "has the authority's own serial number"
        : null,
  ],
  ["Issuer", issuer],
  ["Validity", validity],
  ["Profile", profile],
  ["Lines", lines],
];

function issuer(certificate: Certificate, authority: CertificateFacts): string | null {
  if (certificate.issuer !== authority.subject) return `was issued by ${certificate.issuer}, not ${authority.subject}`;
  if (isIssuedBy(certificate, authority)) return null;
  return "names another key of the authority than the present one (authority key identifier)";
}

function validity(certificate: Certificate, authority: CertificateFacts): string | null {
  const { notBefore, notAfter } = certificate;
  if (notBefore > notAfter) return "ends before it begins";
  // Many a CA lets its certificates outlive it.
  if (isAdopted(certificate)) return null;
  if (notBefore >= authority.notBefore && notAfter <= authority.notAfter) return null;
  return `is valid from ${formatInstant(notBefore)} to ${formatInstant(notAfter)}, beyond the authority's own time`;
}

function profile(certificate: Certificate): string | null {
  if (certificate.profile === certificate.kind || (isAdopted(certificate) && certificate.profile !== "authority"))
    return null;
  return `is for ${certificate.profile ?? "no use of ours"}, but its line says kind: ${certificate.kind}`;
}

/** The name of an adopted one was chosen by a person, or made from what it says. */
function lines(certificate: Certificate, _authority: CertificateFacts, renames: Renames): string | null {
  const { identity, subject, issued, reissue, notBefore, notAfter } = certificate;
  const name = /^CN=([^,]*)(?:,|$)/.exec(subject)?.[1] ?? "";
  if (!isAdopted(certificate) && name !== identity && renames.get(identity) !== name && renames.get(name) !== identity)
    return `its line says identity: ${identity}, the certificate ${subject}`;
  if (issued < notBefore || issued > notAfter)
    return `its line says issued: ${formatInstant(issued)}, outside its time`;
  return reissue !== null && reissue > issued ? "its line says that it was reissued before it was lost" : null;
}

/**
 * The authority's own certificate, and every certificate under it. Signatures are verified in libuv's threads, on
 * all cores (10,000 of P-384 take 6 s on one); `beside` is called for each meanwhile.
 */
export async function certificates(
  input: CheckInput,
  tick: () => void,
  beside: (certificate: Certificate) => Promise<Finding[]>,
): Promise<Finding[]> {
  const { authority } = input.state;
  if (authority === null) return [];
  const key = publicKeyOf(authority.pem);
  const own = await authorityItself(input, authority, key);
  // Under another authority every certificate is wrong: one line says it better than thousands.
  if (own.length > 0) return own;
  const renames = renamesOf(input);
  const findings: Finding[] = [];
  await inLanes([...input.state.certificates.values()], async (certificate) => {
    const signed = verifyCertificateAsync(decodePem(certificate.pem, "CERTIFICATE"), key);
    const others = await beside(certificate);
    const broken = brokenRule(certificate, authority, renames, await signed);
    if (broken !== null) {
      const path = paths.path.certificate(certificate.serial);
      findings.push(block(broken[0], path, broken[1], await input.restore(path)));
    }
    findings.push(...others);
    tick();
  });
  return findings;
}

async function authorityItself(
  { state, now, restore, committed, read }: CheckInput,
  authority: NonNullable<State["authority"]>,
  key: KeyObject,
): Promise<Finding[]> {
  const path = paths.CA_CERTIFICATE;
  if (state.certificates.size > 0) {
    const last = await committed(path);
    if (last !== null && read(path)?.equals(last) !== true)
      return [block("Rewritten", path, "is not the committed authority", await restore(path))];
  }
  if (authority.profile !== "authority" || !verifyCertificate(decodePem(authority.pem, "CERTIFICATE"), key))
    return [block("Authority", path, "is no certificate of a CA that signed itself", await restore(path))];
  if (authority.notAfter >= now) return [];
  return [block("AuthorityEnded", path, `ended ${formatInstant(authority.notAfter)}: nobody is let in`, null)];
}

function brokenRule(
  certificate: Certificate,
  authority: CertificateFacts,
  renames: Renames,
  signed: boolean,
): readonly [string, string] | null {
  for (const [code, rule] of RULES) {
    const message = rule(certificate, authority, renames);
    if (message !== null) return [code, message];
    if (code === "Issuer" && !signed) return ["Signature", "is not signed by the authority's key"];
  }
  return null;
}

/** New name → old name, of clients that say what they were called before. */
function renamesOf({ registry, state }: CheckInput): Renames {
  const renames = new Map<string, string>();
  for (const one of [state.carriedOut?.registry, registry]) {
    for (const [name, { previously }] of one?.clients ?? []) if (previously !== null) renames.set(name, previously);
  }
  return renames;
}

function publicKeyOf(pem: string): KeyObject {
  const spki = certificateSpki(decodePem(pem, "CERTIFICATE"));
  return createPublicKey({ key: spki, format: "der", type: "spki" });
}

/** Enough in flight that no thread waits while this one works, few enough to hold little in memory. */
const LANES = 64;

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
