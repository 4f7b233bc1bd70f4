import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { readDer, TAG } from "../../scripts/x509/der.ts";
import { checkDer } from "../../scripts/x509/der-check.ts";
import { element, integer, oid, serialInteger, time } from "../../scripts/x509/der-write.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { canonicalIp, formatIp, parseIp } from "../../scripts/x509/ip.ts";
import { keyTypeOf, publicKeyFacts } from "../../scripts/x509/keys.ts";
import { decodePem, encodePem, isWrapped } from "../../scripts/x509/pem.ts";
import { serialText } from "../../scripts/x509/serial.ts";
import { pair, spkiOf } from "./helpers/made.ts";

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
    expect(() => checkDer(hex(bytes)) || readDer(hex(bytes), TAG.sequence, "it")).toThrow(X509Error);
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
    expect(latin1(integer(1_795_262_400)).toString("hex")).toBe("02046b0190c0");
  });
});

describe("IP addresses", () => {
  test.each([
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["192.0.2.1", "192.0.2.1"],
  ])("%s is %s", (text, canonical) => expect(canonicalIp(text)).toBe(canonical));
  test.each([
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.1.1.1",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1.2.3",
    "12345::",
    "1.2.3.4::",
    "g::",
    "1:2:3:4:5:6:7::8",
    "a.example",
    "",
  ])("%s is none", (text) => {
    expect(parseIp(text)).toBeNull();
  });
  it("are told from everything else as Node tells them", () => {
    const near = fc.stringMatching(/^[0-9a-f:.]{0,20}$/);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near), (text) =>
        expect(parseIp(text) !== null).toBe(isIPv4(text) || isIPv6(text)),
      ),
    );
  });
  it("are what Node's URL makes of them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = formatIp(bytes) ?? "";
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
        expect(parseIp(text)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("PEM", () => {
  const block = encodePem("X", Buffer.alloc(100, 7));
  it("is read back, whatever the bytes, and is wrapped as RFC 7468 wants it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        const pem = encodePem("CERTIFICATE", bytes);
        expect(decodePem(pem, "CERTIFICATE")).toEqual(Buffer.from(bytes));
        expect(isWrapped(pem, "CERTIFICATE", bytes.length)).toBe(true);
        expect(Math.max(...pem.split("\n").map((line) => line.length))).toBeLessThanOrEqual(64);
      }),
    );
  });
  test.each([
    ["another label", block.replaceAll("X-", "Y-"), {}],
    ["two blocks", block + block, {}],
    ["text before it", `hello\n${block}`, {}],
    ["text before it on its own line", `hello ${block}`, { textBefore: true }],
    ["text after it", `${block}hello`, {}],
    ["no end", block.slice(0, -20), {}],
    ["no contents", "-----BEGIN X-----\n-----END X-----\n", {}],
    ["base64 with a space", block.replace("B", " B"), {}],
    ["base64url", block.replace(/[A-Z]/, "_"), {}],
    ["bits that nobody needs", block.replace("==", "").replace(/(.)\n-----END/, "9==\n-----END"), {}],
    ["a header", block.replace("-\n", "-\nProc-Type: 4,ENCRYPTED\n\n"), {}],
  ])("refused: %s", (_, text, options) => expect(() => decodePem(text, "X", options)).toThrow(X509Error));
});

test.each(KEY_TYPES)("a key of type %s is known as one, from its bits and from Node's object", (type) => {
  const { publicKey, privateKey } = pair(type);
  expect(publicKeyFacts(spkiOf(publicKey)).keyType).toBe(type);
  expect(keyTypeOf(privateKey)).toBe(type);
});
