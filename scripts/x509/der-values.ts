import { formatInstant, type Instant, MAX_INSTANT, utc } from "../model/time.ts";

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** First second of 2050, from which GeneralizedTime is used (RFC 5280, 4.1.2.5). */
const YEAR_2050: Instant = 2_524_608_000;

/**
 * UTCTime (tag 0x17) or GeneralizedTime (0x18), contents bytes[from..end), to an instant; null unless it is
 * YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ and not before 1970.
 */
export function readTime(tag: number, bytes: Buffer, from: number, end: number): Instant | null {
  if (tag !== UTC_TIME && tag !== GENERALIZED_TIME) return null;
  const length = tag === UTC_TIME ? 13 : 15;
  if (end - from !== length || bytes[end - 1] !== 0x5a) return null;
  const two = (back: number) => pair(bytes, end - back);
  const year = tag === UTC_TIME ? shortYear(two(13)) : two(15) * 100 + two(13);
  const [month, day, hour, minute, second] = [two(11), two(9), two(7), two(5), two(3)];
  if (Number.isNaN(year + month + day + hour + minute + second)) return null;
  const instant = utc(year, month, day, hour, minute, second);
  return instant !== null && instant >= 0 ? instant : null;
}

/** Two digits; NaN for anything else. */
function pair(content: Buffer, offset: number): number {
  const tens = (content[offset] ?? 0) - 0x30;
  const ones = (content[offset + 1] ?? 0) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** RFC 5280, 4.1.2.5.1 */
function shortYear(year: number): number {
  return year >= 50 ? 1900 + year : 2000 + year;
}

/** The tag and contents with which RFC 5280 wants this instant written; null outside 1970–9999. */
export function timeContent(instant: Instant): { readonly tag: number; readonly content: string } | null {
  if (!Number.isSafeInteger(instant) || instant < 0 || instant > MAX_INSTANT) return null;
  const digits = `${formatInstant(instant).replace(/[^0-9]/g, "")}Z`;
  return instant < YEAR_2050 ? { tag: UTC_TIME, content: digits.slice(2) } : { tag: GENERALIZED_TIME, content: digits };
}

/** Contents to dotted form: certificates repeat a dozen of them. Bounded, or a hostile file could fill it. */
const KNOWN = new Map<string, string>();
const MOST_KNOWN = 1000;

/** Contents of an OBJECT IDENTIFIER, bytes[from..end), in dotted form; null where they are not one. */
export function dottedOid(bytes: Buffer, from: number, end: number): string | null {
  const key = bytes.toString("latin1", from, end);
  const known = KNOWN.get(key);
  if (known !== undefined) return known;
  const dotted = decodeOid(bytes.subarray(from, end));
  if (dotted !== null && KNOWN.size < MOST_KNOWN) KNOWN.set(key, dotted);
  return dotted;
}

/** X.690, 8.19: base 128, no padding. An arc may have 128 bits and more: those under 2.25 are UUIDs (X.667). */
function decodeOid(content: Buffer): string | null {
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > 64) return null;
  const arcs: (number | bigint)[] = [];
  let start = 0;
  for (const [at, byte] of content.entries()) {
    if (at === start && byte === 0x80) return null;
    if (byte >= 0x80) continue;
    arcs.push(arcOf(content.subarray(start, at + 1)));
    start = at + 1;
  }
  const [first = 0, ...others] = arcs;
  const root = first < 40 ? 0 : first < 80 ? 1 : 2;
  const second = typeof first === "bigint" ? first - 80n : first - 40 * root;
  return [root, second, ...others].join(".");
}

/** Seven bits a byte; a bigint only where a number would not hold it. */
function arcOf(bytes: Buffer): number | bigint {
  if (bytes.length <= 7) return bytes.reduce((arc, byte) => arc * 128 + (byte & 0x7f), 0);
  return bytes.reduce((arc, byte) => (arc << 7n) | BigInt(byte & 0x7f), 0n);
}
