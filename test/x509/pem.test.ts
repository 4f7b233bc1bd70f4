import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { X509Error } from "../../scripts/x509/error.ts";
import { decodePem, encodePem, isWrapped } from "../../scripts/x509/pem.ts";

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
