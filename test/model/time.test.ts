import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  civil,
  formatDuration,
  formatInstant,
  MAX_INSTANT,
  parseDuration,
  parseInstant,
  utc,
} from "../../scripts/model/time.ts";

const instants = fc.integer({ min: 0, max: MAX_INSTANT });

describe("durations", () => {
  test.each([
    ["90m", 5_400],
    ["12h", 43_200],
    ["30d", 2_592_000],
    ["8w", 4_838_400],
    ["1y", 31_536_000],
    ["007d", 604_800],
  ])("%s is %i seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each([
    "",
    "0d",
    "000h",
    "-1d",
    "1",
    "d",
    "1s",
    "1D",
    "1.5h",
    "1d ",
    " 1d",
    "1d\n",
    "1d2h",
    "1234567890d",
    "999999999y",
  ])("%j is none", (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test.each([
    [31_536_000, "365d"],
    [43_200, "12h"],
    [5_400, "90m"],
    [86_400, "1d"],
  ])("%i seconds are written %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test("of whole minutes are read back as they were written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000_000 }), (minutes) => {
        expect(parseDuration(formatDuration(minutes * 60))).toBe(minutes * 60);
      }),
    );
  });
});

describe("instants", () => {
  test.each([
    ["1970-01-01", "1970-01-01T00:00:00Z"],
    ["2027-06-30", "2027-06-30T00:00:00Z"],
    ["2026-11-20T18:00:00Z", "2026-11-20T18:00:00Z"],
    ["2026-11-20t18:00:00z", "2026-11-20T18:00:00Z"],
    ["2026-11-20 18:00:00Z", "2026-11-20T18:00:00Z"],
    ["2026-11-20T18:00:00+05:30", "2026-11-20T12:30:00Z"],
    ["2026-11-20T18:00:00-08:00", "2026-11-21T02:00:00Z"],
    ["2026-11-20T18:00:00.999999999Z", "2026-11-20T18:00:00Z"],
    ["2024-02-29", "2024-02-29T00:00:00Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
  ])("%s is %s", (text, written) => {
    expect(formatInstant(parseInstant(text) ?? Number.NaN)).toBe(written);
  });

  test.each([
    "2026-11-20T18:00:00",
    "2026-11-20T18:00Z",
    "2026-11-31",
    "2026-02-29",
    "2100-02-29",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-11-20T24:00:00Z",
    "2026-06-30T23:59:60Z",
    "2026-11-20T18:00:00+24:00",
    "2026-11-20T18:00:00+01:60",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-00:01",
    "26-11-20",
    "2026-11-20Z",
    "2026-11-20\n",
    "",
  ])("%j is none", (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test("are read back as they were written", () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant);
      }),
    );
  });

  test("are written as the platform's own calendar has them", () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(formatInstant(instant)).toBe(new Date(instant * 1000).toISOString().replace(".000Z", "Z"));
      }),
    );
  });

  test("fall apart into calendar fields and back", () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const { year, month, day, hour, minute, second } = civil(instant);
        expect(utc(year, month, day, hour, minute, second)).toBe(instant);
      }),
    );
  });
});
