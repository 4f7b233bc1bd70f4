import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findPemKey } from "../../scripts/guard/pem.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed = generateKeyPairSync("ed25519");
const secret = { cipher: "aes-256-cbc", passphrase: "x" };

const PKCS8 = ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ED25519 = ed.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const lines = PKCS8.trim().split("\n");
const body = lines.slice(1, -1);

describe("found, whatever is around it", () => {
  test.each<[string, string]>([
    ["PKCS#8", PKCS8],
    ["the shortest there is, Ed25519", ED25519],
    ["SEC1", ec.privateKey.export({ type: "sec1", format: "pem" }).toString()],
    ["PKCS#1", rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString()],
    ["encrypted PKCS#8", ec.privateKey.export({ type: "pkcs8", format: "pem", ...secret }).toString()],
    ["encrypted the old way", rsa.privateKey.export({ type: "pkcs1", format: "pem", ...secret }).toString()],
    ["a label nobody has heard of", PKCS8.replaceAll("PRIVATE KEY", "MADE UP PRIVATE KEY")],
    ["CRLF", PKCS8.replaceAll("\n", "\r\n")],
    ["CR alone", PKCS8.replaceAll("\n", "\r")],
    ["indentation, as in YAML", PKCS8.replaceAll(/^/gm, "    ")],
    ["tabs", PKCS8.replaceAll(/^/gm, "\t")],
    ["comment signs", PKCS8.replaceAll(/^/gm, "# ")],
    ["escapes, as in JSON", JSON.stringify({ key: PKCS8 })],
    ["one line", lines.join("")],
    ["one line with blanks", lines.join(" ")],
    ["strings in code", lines.map((line) => `  "${line}\\n" +`).join("\n")],
    ["no END line", lines.slice(0, -1).join("\n")],
    ["a header without a key before it", `-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n${PKCS8}`],
    ["bytes that are no text before it", `\0\xff\n${PKCS8}`],
  ])("%s", (_, text) => {
    expect(findPemKey(Buffer.from(text, "latin1"))).not.toBeNull();
  });

  test("with its label and line", () => {
    const text = `one\ntwo\r\n${ec.privateKey.export({ type: "sec1", format: "pem" })}`;
    expect(findPemKey(Buffer.from(text))).toEqual({ label: "EC PRIVATE KEY", line: 3 });
  });
});

describe("not flagged", () => {
  test.each([
    ["nothing", ""],
    ["a public key", ec.publicKey.export({ type: "spki", format: "pem" }).toString()],
    ["a certificate", `-----BEGIN CERTIFICATE-----\n${body.join("\n")}\n-----END CERTIFICATE-----\n`],
    [
      "code that names a label",
      `const BEGIN = "-----BEGIN PRIVATE KEY-----";\nconst END = "-----END PRIVATE KEY-----";\n`,
    ],
    ["a sentence", "It begins with -----BEGIN EC PRIVATE KEY----- and then comes base64, about three lines of it.\n"],
    ["documentation with dots", "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n"],
    ["documentation with a short sample", "-----BEGIN PRIVATE KEY-----\nMIGHAgEA...\n-----END PRIVATE KEY-----\n"],
    [
      "a key that is only the label's neighbour",
      `-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n${body.join("\n")}`,
    ],
  ])("%s", (_, text) => {
    expect(findPemKey(Buffer.from(text))).toBeNull();
  });
});

test("a megabyte of labels without keys is no burden", () => {
  const text = Buffer.from("-----BEGIN PRIVATE KEY-----\n".repeat(40_000));
  const start = performance.now();
  expect(findPemKey(text)).toBeNull();
  expect(performance.now() - start).toBeLessThan(2000);
});
