import { printable } from "../../model/printable.ts";
import type { Problem } from "../../model/problem.ts";
import type { CertificateFacts } from "../../model/state.ts";
import { readRegularFile } from "../../system/read-file.ts";
import { type CertificateParts, readCertificate, readCertificateParts } from "../../x509/certificate.ts";
import { derKind } from "../../x509/der-kind.ts";
import { X509Error } from "../../x509/error.ts";
import { type IndexEntry, readIndex, serialOf } from "../../x509/index-entries.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { KeyRing } from "./keys.ts";
import { problemAt } from "./problems.ts";
import { type FoundFile, walk } from "./walk.ts";

/** A certificate that lay in the directory, and where. */
export interface FoundCertificate {
  readonly der: Buffer;
  readonly parts: CertificateParts;
  readonly facts: CertificateFacts;
  /** `file:line` */
  readonly place: string;
}

export interface FoundBytes {
  readonly der: Buffer;
  readonly file: string;
  readonly line: number;
}

interface FoundIndex {
  readonly file: string;
  readonly entries: readonly IndexEntry[];
}

/** Everything in a directory that a CA leaves there. */
export interface Source {
  readonly certificates: readonly FoundCertificate[];
  readonly keys: KeyRing;
  readonly requests: readonly FoundBytes[];
  readonly crls: readonly FoundBytes[];
  readonly index: FoundIndex | null;
  /** The number that the next CRL was to have. */
  readonly crlNumber: number | null;
  readonly problems: readonly Problem[];
  /** Problems that may hide a revocation, or make it unclear which file counts: nothing is adopted with them. */
  readonly grave: readonly Problem[];
}

/** What a CA's own files may have at most; an index.txt has a line for each certificate, a CRL an entry. */
const MOST_BYTES = 1 << 24;
const MOST_OF_LISTS = 1 << 28;
const LIST = /(?:^|\/)(?:index\.txt|[^/]*\.crl|[^/]*crl[^/]*\.pem)$/;
const DER_NAME = /\.(?:crt|cer|der|pem|crl)$/i;

/** A draft of a Source. */
class Gathering {
  readonly certificates = new Map<string, FoundCertificate>();
  readonly keys = new KeyRing();
  readonly requests: FoundBytes[] = [];
  readonly crls: FoundBytes[] = [];
  readonly indexes: FoundIndex[] = [];
  readonly problems: Problem[] = [];
  readonly grave: Problem[] = [];
  crlNumber: number | null = null;

  take(file: string, block: Block): void {
    const { line } = block;
    if (block.kind === "broken") this.tell(file, line, block.message, isCrl(file));
    else if (block.kind === "key") this.keys.add(block.pem, file);
    else if (block.kind === "certificate") this.takeCertificate(block.der, file, line);
    else (block.kind === "crl" ? this.crls : this.requests).push({ der: block.der, file, line });
  }

  tell(file: string, line: number, message: string, grave = false): void {
    (grave ? this.grave : this.problems).push(problemAt(printable(file), line, message));
  }

  takeCertificate(der: Buffer, file: string, line: number): void {
    const key = der.toString("latin1");
    if (this.certificates.has(key)) return;
    try {
      const [parts, facts] = [readCertificateParts(der), readCertificate(der)];
      this.certificates.set(key, { der, parts, facts, place: `${printable(file)}:${line}` });
    } catch (error) {
      if (!(error instanceof X509Error)) throw error;
      this.tell(file, line, `the certificate cannot be read: ${error.message}`);
    }
  }
}

/** Reads a CA's directory, whatever made it: by what the files hold, and not by where they lie. */
export function readSource(top: string): Source {
  const found = new Gathering();
  for (const file of walk(top)) readFile(top, file, found);
  const [index = null, ...more] = found.indexes;
  for (const { file } of more)
    found.tell(
      file,
      1,
      `is a second index.txt beside ${printable(index?.file ?? "")}; take away the one that is old`,
      true,
    );
  return { ...found, certificates: [...found.certificates.values()], index };
}

function readFile(top: string, { path, bytes }: FoundFile, found: Gathering): void {
  const most = LIST.test(path) ? MOST_OF_LISTS : MOST_BYTES;
  if (bytes > most) {
    // What is so large and has no name of a list may be anything: somebody's backup.
    if (LIST.test(path)) found.tell(path, 1, `has ${bytes} bytes, more than ${most}`, true);
    return;
  }
  const content = readRegularFile(top, path);
  if (content === null) return;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "index.txt") readIndexFile(path, content.toString("utf8"), found);
  else if (name === "crlnumber") readCrlNumber(path, content.toString("latin1"), found);
  else if (content.includes("-----BEGIN "))
    for (const block of blocksOf(content.toString("latin1"))) found.take(path, block);
  else if (DER_NAME.test(path)) readDerFile(path, content, found);
}

function readIndexFile(path: string, text: string, found: Gathering): void {
  const { entries, problems } = readIndex(text);
  for (const { line, message, hides } of problems) found.tell(path, line, message, hides);
  found.indexes.push({ file: path, entries });
}

function readCrlNumber(path: string, text: string, found: Gathering): void {
  const number = Number(`0x${serialOf(text.trim()) ?? "none"}`);
  if (Number.isSafeInteger(number)) found.crlNumber = Math.max(found.crlNumber ?? 0, number);
  else found.tell(path, 1, "holds no number of a CRL; the CRL's own counts");
}

function readDerFile(path: string, der: Buffer, found: Gathering): void {
  const kind = derKind(der);
  if (kind === "certificate") found.takeCertificate(der, path, 1);
  else if (kind === "revocation list") found.crls.push({ der, file: path, line: 1 });
  else if (isCrl(path)) found.tell(path, 1, "holds no CRL", true);
}

function isCrl(path: string): boolean {
  return /crl/i.test(path.slice(path.lastIndexOf("/") + 1));
}
