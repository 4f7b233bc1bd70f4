import { describe, expect, it } from "vitest";
import { formatRenewal } from "../../scripts/model/facts.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { encodePem } from "../../scripts/x509/pem.ts";
import { readRenewalFile } from "../../scripts/x509/renewal-file.ts";

const RENEWAL = {
  identity: "alice",
  predecessor: "40AA",
  certificate: "41BB",
  pem: encodePem("CMS", Buffer.from("300304017f", "hex")),
};
const TEXT = formatRenewal(RENEWAL);

describe("a file of pki/renewals", () => {
  it("is read as it was written", () => {
    expect(readRenewalFile(TEXT, "40AA")).toEqual(RENEWAL);
  });

  it.each([
    ["is another predecessor's", TEXT, "40AB"],
    ["lacks a line", TEXT.replace("certificate: 41BB\n", ""), "40AA"],
    ["has a line more", `note: x\n${TEXT}`, "40AA"],
    ["names nobody", TEXT.replace("alice", "../x"), "40AA"],
    ["is cut short", TEXT.slice(0, -30), "40AA"],
    ["holds another block", TEXT.replaceAll("CMS", "PKCS7"), "40AA"],
    ["holds a block more", `${TEXT}${RENEWAL.pem}`, "40AA"],
    ["is no element of DER, or has something after it", TEXT.replace("MAMEAX8=", "MAMEAX8A"), "40AA"],
    ["wraps its lines elsewhere", TEXT.replace("MAME", "MA\nME"), "40AA"],
    ["is of a merge", `<<<<<<< ours\n${TEXT}`, "40AA"],
  ])("is refused when it %s", (_what, text, serial) => {
    expect(() => readRenewalFile(text, serial)).toThrow(X509Error);
  });
});
