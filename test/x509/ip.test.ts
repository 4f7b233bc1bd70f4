import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { canonicalIp, formatIp, parseIp } from "../../scripts/x509/ip.ts";

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
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near), (text) => {
        expect(parseIp(text) !== null).toBe(isIPv4(text) || isIPv6(text));
      }),
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
