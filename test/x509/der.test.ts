import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readDer, TAG } from "../../scripts/x509/der.ts";
import { checkDer } from "../../scripts/x509/der-check.ts";
import { element, integer, oid, serialInteger, time } from "../../scripts/x509/der-write.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { serialText } from "../../scripts/x509/serial.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("DER that is refused", () => {
  test.each([
    ["nothing", ""],
    ["a tag alone", "30"],
    ["an indefinite length", "30 80 00 00"],
    ["a long length that fits the short form", "30 81 01 00"],
    ["a length with a leading zero", `30 82 00 80 ${"00".repeat(128)}`],
    ["a length of five bytes", "30 85 00 00 00 00 00"],
    ["a length that ends early", "30 82 01"],
    ["contents that end early", "30 03 01 01"],
    ["a tag number of more than 30", "3f 1f 00"],
    ["bytes after the element", "30 00 00"],
    ["another element", "31 00"],
  ])("%s", (_, bytes) => {
    expect(() => readDer(hex(bytes), TAG.sequence, "it")).toThrow(X509Error);
  });

  test.each([
    ["an empty INTEGER", "02 00"],
    ["an INTEGER with a needless zero", "02 02 00 7f"],
    ["a negative INTEGER with a needless FF", "02 02 ff 80"],
    ["an object identifier that is cut off", "06 02 2a 86"],
    ["an object identifier with padding", "06 03 2a 80 01"],
    ["an empty object identifier", "06 00"],
    ["a BOOLEAN that is neither", "01 01 01"],
    ["a NULL with contents", "05 01 00"],
    ["unused bits that are set", "03 02 01 01"],
    ["eight unused bits", "03 02 08 00"],
    ["unused bits of nothing", "03 01 01"],
    ["an empty BIT STRING", "03 00"],
    ["an OCTET STRING in pieces", "24 03 04 01 00"],
    ["a primitive SEQUENCE", "10 00"],
    ["a SET out of order", "31 06 02 01 02 02 01 01"],
  ])("deep down: %s", (_, bytes) => {
    const inner = hex(bytes);
    expect(() => checkDer(Buffer.concat([hex("30"), Buffer.from([inner.length]), inner]))).toThrow(X509Error);
  });
});

describe("object identifiers", () => {
  it("are read as node-forge writes them", () => {
    const rest = fc.array(fc.nat(2 ** 31 - 1), { maxLength: 8 });
    const second = fc.tuple(fc.nat(1), fc.nat(39));
    fc.assert(
      fc.property(second, rest, ([first, next], arcs) => {
        const dotted = [first, next, ...arcs].join(".");
        expect(readDer(latin1(oid(dotted)), TAG.oid, "it").checkedOid("it")).toBe(dotted);
      }),
    );
  });
  test("of the third arc go beyond 39", () => {
    expect(readDer(hex("0603883703"), TAG.oid, "it").checkedOid("it")).toBe("2.999.3");
  });
});

describe("times", () => {
  const at = (text: string, tag: number) =>
    readDer(latin1(element(0x30, element(tag, text))), TAG.sequence, "it").time("it");
  test.each([
    ["260228235959Z", TAG.utcTime, Date.UTC(2026, 1, 28, 23, 59, 59)],
    ["491231235959Z", TAG.utcTime, Date.UTC(2049, 11, 31, 23, 59, 59)],
    ["700101000000Z", TAG.utcTime, 0],
    ["99991231235959Z", TAG.generalizedTime, Date.UTC(9999, 11, 31, 23, 59, 59)],
  ])("%s is read", (text, tag, milliseconds) => expect(at(text, tag)).toBe(milliseconds / 1000));
  test.each([
    ["a day that is not there", "260230000000Z", TAG.utcTime],
    ["no seconds", "2602280000Z", TAG.utcTime],
    ["a zone", "260228000000+0100", TAG.utcTime],
    ["fractions", "20260228000000.5Z", TAG.generalizedTime],
    ["what is no digit", "26022800000xZ", TAG.utcTime],
    ["1969", "691231235959Z", TAG.utcTime],
    ["another type", "260228235959Z", TAG.utf8String],
  ])("refused: %s", (_, text, tag) => expect(() => at(text, tag)).toThrow(X509Error));
  it("are read as they were written", () => {
    fc.assert(
      fc.property(fc.nat(253_402_300_799), (instant) => {
        expect(readDer(latin1(element(0x30, time(instant))), TAG.sequence, "it").time("it")).toBe(instant);
      }),
    );
  });
});

describe("serial numbers", () => {
  test.each(["00", "01", "7F", "80", "FF", "0100", "-01", "-80", "-81", "-FF", "-0100", "FF".repeat(20), "-7F00"])(
    "%s stays what it is",
    (serial) => {
      expect(serialText(readDer(latin1(serialInteger(serial)), TAG.integer, "it").checkedInteger("it"))).toBe(serial);
    },
  );
  test("and numbers have their shortest form", () => {
    expect(latin1(integer(0)).toString("hex")).toBe("020100");
    expect(latin1(integer(128)).toString("hex")).toBe("02020080");
    expect(latin1(integer(1_795_262_400)).toString("hex")).toBe("02046b0187c0");
  });
});
