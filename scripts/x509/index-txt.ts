import type { Certificate, State } from "../model/state.ts";
import { civil, type Instant } from "../model/time.ts";

/**
 * pki/index.txt, OpenSSL's CA database (as `openssl ca` keeps it): status, end, revocation with reason, serial, file,
 * subject, separated by tabs; oldest first. Derived: `openssl ca` may read it, we never do but as a witness of what was.
 */
export function renderIndex(state: State, now: Instant): string {
  const certificates = [...state.certificates.values()].sort(
    (a, b) => a.issued - b.issued || (a.serial < b.serial ? -1 : 1),
  );
  return certificates.map((certificate) => indexLine(certificate, state, now)).join("");
}

function indexLine(certificate: Certificate, state: State, now: Instant): string {
  const { serial, notAfter, subject } = certificate;
  const revocation = state.revocations.get(serial);
  const hold = state.holds.get(serial);
  const gone = revocation
    ? `${asn1Time(revocation.at)},${revocation.reason}`
    : hold
      ? `${asn1Time(hold.at)},certificateHold`
      : "";
  const status = gone !== "" ? "R" : notAfter < now ? "E" : "V";
  return `${status}\t${asn1Time(notAfter)}\t${gone}\t${serial}\tunknown\t${oneLine(subject)}\n`;
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5). */
function asn1Time(instant: Instant): string {
  const { year, month, day, hour, minute, second } = civil(instant);
  const rest = [month, day, hour, minute, second].map((part) => String(part).padStart(2, "0")).join("");
  return `${year < 2050 ? String(year % 100).padStart(2, "0") : year}${rest}Z`;
}

/** OpenSSL's one-line form: `/CN=…/O=…`, bytes beyond ASCII as \xHH. */
function oneLine(subject: string): string {
  const bytes = Buffer.from(`/${subject.replace(/, (?=[A-Z][A-Za-z.0-9]*=)/g, "/")}`, "utf8");
  let text = "";
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
