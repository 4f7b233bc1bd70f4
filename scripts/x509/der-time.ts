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
