import { NAME } from "../model/layout.ts";
import { IDENTITY_KINDS } from "../model/registry.ts";
import { type Certificate, ISSUE_REASONS } from "../model/state.ts";
import { formatInstant, type Instant, parseInstant } from "../model/time.ts";
import { readCertificate } from "./certificate.ts";
import { printable, X509Error } from "./error.ts";
import { decodePem, isWrapped } from "./pem.ts";

const FIELDS = ["identity", "kind", "issued", "reason", "key", "reissue"] as const;
const REASONS = [...ISSUE_REASONS, "RenewalDue", "Adopted"] as const;
const KEYS = ["managed", "request"] as const;

/** The lines before the PEM block of pki/certs_by_serial/SERIAL.pem. */
export type CertificateLines = Pick<Certificate, (typeof FIELDS)[number]>;

/** Text of pki/certs_by_serial/SERIAL.pem: `name: value` lines (RFC 7468, 2: explanatory text), then the block. */
export function formatCertificateFile(lines: CertificateLines, pem: string): string {
  const { identity, kind, issued, reason, key, reissue } = lines;
  const head = [`identity: ${identity}`, `kind: ${kind}`, `issued: ${formatInstant(issued)}`, `reason: ${reason}`];
  head.push(`key: ${key}`);
  if (reissue !== null) head.push(`reissue: ${formatInstant(reissue)}`);
  return `${head.join("\n")}\n${pem}`;
}

/**
 * The inverse, for the file of this serial. It must be, byte for byte, what formatCertificateFile writes, and hold
 * the certificate of that serial; whether kind and profile agree is the planner's question.
 * @throws X509Error
 */
export function readCertificateFile(text: string, serial: string): Certificate {
  const start = text.indexOf("-----BEGIN ");
  if (start < 0) throw new X509Error("there is no certificate in the file");
  const pem = text.slice(start);
  const der = decodePem(pem, "CERTIFICATE");
  const facts = readCertificate(der);
  if (!isWrapped(pem, "CERTIFICATE", der.length)) throw new X509Error("the PEM block is not in lines of 64 characters");
  if (facts.serial !== serial) {
    throw new X509Error(`the file is named for serial ${serial}, the certificate in it has ${facts.serial}`);
  }
  return { ...facts, ...readLines(text.slice(0, start)), pem };
}

function readLines(head: string): CertificateLines {
  const lines = head.split("\n");
  const value = (index: number): string => lineValue(lines[index], FIELDS[index] ?? "");
  const reissued = lines.length > FIELDS.length;
  const read = {
    identity: value(0),
    kind: oneOf(value(1), "kind", IDENTITY_KINDS),
    issued: instant(value(2), "issued"),
    reason: oneOf(value(3), "reason", REASONS),
    key: oneOf(value(4), "key", KEYS),
    reissue: reissued ? instant(value(5), "reissue") : null,
  };
  if (!NAME.test(read.identity)) throw new X509Error(`${quote(read.identity)} is no name of an identity`);
  if (lines.length !== (reissued ? 7 : 6) || lines.at(-1) !== "") {
    throw new X509Error(`before the certificate there may be ${FIELDS.join(", ")}, and nothing else`);
  }
  return read;
}

function lineValue(line: string | undefined, field: string): string {
  if (line?.startsWith(`${field}: `)) return line.slice(field.length + 2);
  throw new X509Error(`the line "${field}: ..." is wanted where ${quote(line ?? "")} stands`);
}

function oneOf<T extends string>(value: string, field: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new X509Error(`"${field}" is ${quote(value)}, none of ${allowed.join(", ")}`);
  return found;
}

function instant(value: string, field: string): Instant {
  const seconds = parseInstant(value);
  if (seconds === null || !/^.{19}Z$/.test(value)) {
    throw new X509Error(`"${field}" is ${quote(value)}, not a time such as 2026-11-21T12:00:00Z`);
  }
  return seconds;
}

function quote(text: string): string {
  return `"${printable(text)}"`;
}
