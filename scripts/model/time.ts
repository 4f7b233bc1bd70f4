/** Whole seconds since 1970-01-01T00:00:00Z; X.509 knows no finer grain. */
export type Instant = number;

/** Whole seconds. */
export type Duration = number;

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

/** `90m 12h 30d 8w 1y` to seconds (1y = 365d); null for anything else, zero included. */
export function parseDuration(text: string): Duration | null {
  const match = /^([0-9]{1,9})([mhdwy])$/.exec(text);
  const seconds = Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds : null;
}

/** Seconds as the longest single unit that divides them without loss: 31536000 → `365d`. Years stay days. */
export function formatDuration(seconds: Duration): string {
  for (const unit of ["d", "h"]) {
    const size = UNITS[unit] ?? 1;
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${Math.floor(seconds / 60)}m`;
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(Z|z|[+-]\d{2}:\d{2}))?$/;

/**
 * RFC 3339 with a zone, or a date (its first second, UTC), to seconds. Fractions are cut off.
 * Null for anything else: impossible days, leap seconds, years outside 1970–9999.
 */
export function parseInstant(text: string): Instant | null {
  const match = INSTANT.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const local = utc(year ?? 0, month ?? 0, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0);
  const offset = zoneOffset(match[7] ?? "Z");
  if (local === null || offset === null) return null;
  const instant = local - offset;
  return instant >= 0 && instant <= MAX_INSTANT ? instant : null;
}

/** 9999-12-31T23:59:59Z, the last instant that GeneralizedTime can name (RFC 5280, 4.1.2.5.2). */
export const MAX_INSTANT: Instant = 253_402_300_799;

function zoneOffset(zone: string): number | null {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Proleptic Gregorian date and time (UTC) to seconds, by days from civil; null when there is no such day or time. */
export function utc(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): Instant | null {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The calendar fields of an instant, UTC. The inverse of utc(). */
export function civil(instant: Instant): {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
} {
  const days = Math.floor(instant / 86_400);
  const rest = instant - days * 86_400;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return {
    year,
    month,
    day: doy - Math.floor((153 * mp + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
  };
}

/** `2026-11-21T12:00:00Z`: the one form in which instants are written. */
export function formatInstant(instant: Instant): string {
  const { year, month, day, hour, minute, second } = civil(instant);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}Z`;
}
