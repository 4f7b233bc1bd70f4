import { printable } from "../../model/printable.ts";
import type { Problem } from "../../model/problem.ts";
import type { CrlEntry } from "../../model/state.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { X509Error } from "../../x509/error.ts";
import { type ForeignCrl, readForeignCrl } from "../../x509/foreign-crl.ts";
import { reasonOfCode } from "../../x509/foreign-reasons.ts";
import type { FoundAuthority } from "./authority.ts";
import { problemAt } from "./problems.ts";
import type { FoundBytes, Source } from "./source.ts";

/** What index.txt and the CRLs say together. */
export interface Revoked {
  readonly entries: ReadonlyMap<string, CrlEntry>;
  /** Of the newest CRL, or what crlnumber says; 0 where there is none. */
  readonly number: number;
  /** The newest CRL; null: there is none. */
  readonly crl: { readonly der: Buffer; readonly thisUpdate: Instant } | null;
  readonly problems: readonly Problem[];
  /** Which may hide a revocation. */
  readonly grave: readonly Problem[];
}

interface ReadCrl extends ForeignCrl {
  readonly from: FoundBytes;
}

/**
 * Everything that either revokes is revoked: a CRL may be older than index.txt, and index.txt may have been begun anew.
 * Time and reason are index.txt's, from which CRLs are made, where it has them.
 */
export function revokedBy(source: Source, authority: FoundAuthority, now: Instant): Revoked {
  const problems: Problem[] = [];
  const grave: Problem[] = [];
  const crls = readCrls(source, authority, grave).sort((a, b) => a.thisUpdate - b.thisUpdate);
  const entries = new Map<string, CrlEntry>();
  for (const crl of crls) addCrl(crl, entries, problems);
  addIndex(source, entries, problems, now);
  const newest = crls.at(-1);
  const numbers = crls.map(({ number }) => number ?? 0);
  const number = Math.max(0, ...numbers, (source.crlNumber ?? 1) - 1);
  return {
    entries,
    number,
    crl: newest === undefined ? null : { der: newest.from.der, thisUpdate: newest.thisUpdate },
    problems,
    grave,
  };
}

function readCrls({ crls }: Source, { parts, key }: FoundAuthority, grave: Problem[]): ReadCrl[] {
  return crls.flatMap((from) => {
    try {
      return [{ ...readForeignCrl(from.der, parts.subject, key), from }];
    } catch (error) {
      if (!(error instanceof X509Error)) throw error;
      grave.push(problemAt(printable(from.file), from.line, `${error.message}; take it away if it is not of this CA`));
      return [];
    }
  });
}

/** A later CRL says more: of holds, whether they still are. */
function addCrl({ entries, from }: ReadCrl, all: Map<string, CrlEntry>, problems: Problem[]): void {
  for (const [serial, entry] of all) if (entry.reason === "certificateHold") all.delete(serial);
  for (const { serial, at, code } of entries) {
    const { reason, changed } = reasonOfCode(code);
    if (changed !== null) {
      const message = `serial ${serial} is revoked for ${changed}; it is taken as ${reason}`;
      problems.push(problemAt(printable(from.file), from.line, message));
    }
    all.set(serial, { serial, at, reason });
  }
}

function addIndex({ index }: Source, all: Map<string, CrlEntry>, problems: Problem[], now: Instant): void {
  if (index === null) return;
  const file = printable(index.file);
  const own = new Map<string, CrlEntry>();
  const valid = new Map<string, number>();
  for (const { serial, revoked, line } of index.entries) {
    if (revoked === null) {
      valid.set(serial, line);
      continue;
    }
    const before = own.get(serial) ?? all.get(serial);
    const at = revoked.at ?? before?.at ?? now;
    if (revoked.at === null)
      problems.push(problemAt(file, line, `serial ${serial} is taken as revoked at ${formatInstant(at)}`));
    // A reason that is given says more than none.
    const reason = revoked.reason === "unspecified" ? (before?.reason ?? revoked.reason) : revoked.reason;
    own.set(serial, { serial, at, reason });
  }
  for (const [serial, line] of valid) {
    if (own.has(serial))
      problems.push(problemAt(file, line, `serial ${serial} is here twice, also as revoked; it is taken as revoked`));
    else if (all.has(serial))
      problems.push(
        problemAt(file, line, `serial ${serial} is valid here and revoked by a CRL; it is taken as revoked`),
      );
  }
  for (const [serial, entry] of own) all.set(serial, entry);
}
