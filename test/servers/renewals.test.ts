import { describe, expect, test } from "vitest";
import { renewalMapFiles } from "../../scripts/servers/nginx/renewals.ts";
import { encodePem } from "../../scripts/x509/pem.ts";
import { serial } from "./nginx-samples.ts";

/** The offers as nginx puts them together again. */
function joined(files: ReturnType<typeof renewalMapFiles>): Map<string, string> {
  const found = new Map<string, string>();
  const parts = ["renewals.map", "renewals-2.map", "renewals-3.map"];
  for (const part of parts) {
    const file = files.find(({ path }) => path === `pki/nginx/${part}`);
    const text = file !== undefined && "text" in file ? file.text : "";
    for (const [, key = "", value = ""] of text.matchAll(/^s:(\S+) "(.*)";$/gm))
      found.set(key, (found.get(key) ?? "") + value.replaceAll("\\n", "\n"));
  }
  return found;
}

describe("renewals.map", () => {
  // The longest: RSA 4096 enveloped to RSA 4096, about 6300 bytes.
  const offers = [30, 1500, 3000, 6300, 8000].map((size, n) => ({
    serial: serial(n),
    pem: encodePem("CMS", Buffer.alloc(size, n)),
  }));

  test("holds what is offered, whole, and no word too long for nginx", () => {
    const files = renewalMapFiles(offers.toReversed());
    expect(joined(files)).toEqual(new Map(offers.map((one) => [one.serial, one.pem])));
    for (const file of files) {
      const words = "text" in file ? file.text.split("\n").flatMap((line) => line.split(/ (?=")/)) : [];
      expect(Math.max(...words.map((word) => word.length))).toBeLessThan(4096);
    }
    expect(renewalMapFiles(offers)).toEqual(files);
  });

  test("refuses what does not fit rather than cut it", () => {
    expect(() => renewalMapFiles([{ serial: serial(1), pem: encodePem("CMS", Buffer.alloc(9000)) }])).toThrow("lines");
  });
});
