import { SERIAL } from "../model/layout.ts";
import type { CrlEntry } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { readTime } from "./der-values.ts";
import { printable } from "./error.ts";
import { type ForeignReason, reasonOfWord } from "./foreign-reasons.ts";

/** A line of another CA's index.txt. */
export interface IndexEntry {
  readonly line: number;
  readonly serial: string;
  /** Null: not revoked. `at`: null where the line has no time that can be read. */
  readonly revoked: { readonly at: Instant | null; readonly reason: CrlEntry["reason"] } | null;
}

interface IndexProblem {
  readonly line: number;
  readonly message: string;
  /** Whether the line may hide a revocation. */
  readonly hides: boolean;
}

export interface ReadIndex {
  readonly entries: readonly IndexEntry[];
  readonly problems: readonly IndexProblem[];
}

/**
 * OpenSSL's CA database (apps/ca.c): status, end, revocation, serial, file and subject, separated by tabs. Lines may
 * end in CR LF. What a person has edited is read as far as it goes; everything that is odd is told with its line.
 */
export function readIndex(text: string): ReadIndex {
  const entries: IndexEntry[] = [];
  const problems: IndexProblem[] = [];
  for (const [n, line] of text.split("\n").entries()) {
    const whole = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (whole.trim() === "" || whole.startsWith("#")) continue;
    const tell = (message: string, hides = false) => problems.push({ line: n + 1, message, hides });
    const entry = readLine(whole, n + 1, tell);
    if (entry !== null) entries.push(entry);
  }
  return { entries, problems };
}

type Tell = (message: string, hides?: boolean) => void;

function readLine(whole: string, line: number, tell: Tell): IndexEntry | null {
  const fields = whole.split("\t", 7);
  const [status = "", end = "", gone = "", number = "", , subject] = fields;
  if (!/^[VRE]$/.test(status)) {
    tell(`begins with ${shown(status)}, not with V, R or E and a tab`, true);
    return null;
  }
  const serial = serialOf(number);
  if (serial === null) {
    tell(`has ${shown(number)} where the serial number belongs, in hex, as its fourth field`, true);
    return null;
  }
  if (subject === undefined) tell("is cut short: its serial number can be read, and is taken");
  else if (fields.length > 6) tell("has more than six fields; the first four are taken");
  if (timeOf(end) === null) tell(`has ${shown(end)} where the certificate's end belongs; its certificate says it`);
  if (status !== "R") {
    if (gone === "") return { line, serial, revoked: null };
    tell(`has status ${status} and a revocation; it is taken as revoked`);
  }
  return { line, serial, revoked: readRevocation(gone, tell) };
}

function readRevocation(text: string, tell: Tell): NonNullable<IndexEntry["revoked"]> {
  const [time = "", word = ""] = text.split(",", 2);
  const at = timeOf(time);
  if (at === null) tell(`has ${shown(time)} where the revocation's time belongs`);
  const known: ForeignReason | null = reasonOfWord(word.trim());
  if (known === null) tell(`has the reason ${shown(word)}, which nobody knows; it is taken as unspecified`);
  else if (known.changed !== null) tell(`has the reason ${known.changed}; it is taken as ${known.reason}`);
  return { at, reason: known?.reason ?? "unspecified" };
}

/** Whole bytes in upper-case hex, no needless zeros in front; null for what is no serial number. */
export function serialOf(text: string): string | null {
  if (!/^[0-9A-Fa-f]{1,64}$/.test(text)) return null;
  const digits = text.toUpperCase().replace(/^0+(?=.)/, "");
  const serial = digits.length % 2 === 0 ? digits : `0${digits}`;
  return SERIAL.test(serial) ? serial : null;
}

function timeOf(text: string): Instant | null {
  const bytes = Buffer.from(text.slice(0, 16), "latin1");
  return readTime(bytes.length === 13 ? 0x17 : 0x18, bytes, 0, bytes.length);
}

function shown(text: string): string {
  return text === "" ? "nothing" : `"${printable(text, 40)}"`;
}
