import { describe, expect, it } from "vitest";
import { parseInstant } from "../../scripts/model/time.ts";
import { readIndex } from "../../scripts/x509/index-entries.ts";

const END = "350101000000Z";
const gone = (what: string) => readIndex(`R\t${END}\t${what}\t0A\tunknown\t/CN=x\n`);

describe("another CA's index.txt", () => {
  it.each([
    ["261201120000Z", "2026-12-01T12:00:00Z", "unspecified", 0],
    ["261201120000Z,keyCompromise", "2026-12-01T12:00:00Z", "keyCompromise", 0],
    ["20261201120000Z,superseded", "2026-12-01T12:00:00Z", "superseded", 0],
    ["261201120000Z,certificateHold", "2026-12-01T12:00:00Z", "certificateHold", 0],
    ["261201120000Z,holdInstruction,holdInstructionReject", "2026-12-01T12:00:00Z", "certificateHold", 1],
    ["261201120000Z,CAkeyTime,20260101000000Z", "2026-12-01T12:00:00Z", "keyCompromise", 1],
    ["261201120000Z,removeFromCRL", "2026-12-01T12:00:00Z", "unspecified", 1],
    ["261301120000Z,superseded", null, "superseded", 1],
    ["yesterday", null, "unspecified", 1],
  ])("says of %j when and why", (text, at, reason, problems) => {
    const read = gone(text);
    expect(read.entries[0]?.revoked).toEqual({ at: at === null ? null : parseInstant(at), reason });
    expect(read.problems).toHaveLength(problems);
    expect(read.problems.every(({ hides }) => !hides)).toBe(true);
  });

  it.each([
    ["1", "01"],
    ["0a", "0A"],
    ["00", "00"],
    ["000102", "0102"],
    ["7f".repeat(20), "7F".repeat(20)],
  ])("has the serial number %s as whole bytes", (text, serial) => {
    expect(readIndex(`V\t${END}\t\t${text}\tunknown\t/CN=x`).entries[0]?.serial).toBe(serial);
  });

  it.each([
    ["spaces in place of tabs", `V ${END}   01 unknown /CN=x`],
    ["a serial number of 21 bytes", `V\t${END}\t\t${"7f".repeat(21)}\tunknown\t/CN=x`],
    ["a revocation without its serial number", `R\t${END}\t261201120000Z`],
    ["something else altogether", "\u0000\u0001"],
  ])("says of a line with %s that it may hide a revocation", (_, line) => {
    expect(readIndex(`${line}\n`)).toMatchObject({ entries: [], problems: [{ line: 1, hides: true }] });
  });

  it("is read in a time that grows with its length alone, whatever stands in it", () => {
    const hostile = [
      `${"\t".repeat(1_000_000)}`,
      `R\t${END}\t${",".repeat(1_000_000)}\t01\t`,
      `V\t${"9".repeat(1_000_000)}`,
    ];
    const begin = performance.now();
    for (const text of hostile) readIndex(text);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
