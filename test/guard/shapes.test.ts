import { describe, expect, it, test } from "vitest";
import { parseAllow } from "../../scripts/guard/allow.ts";
import { checkPlace } from "../../scripts/guard/places.ts";
import { parseInstant } from "../../scripts/model/time.ts";
import { rsa } from "./support/keys.ts";

const NOW = parseInstant("2026-11-21T12:00:00Z") ?? 0;
const BLOB = "0".repeat(40);
const ALLOW = `- blob: ${BLOB}\n  reason: a sample of a test\n  expires: 2027-06-30\n`;
const SIGNERS = `# ours
ann@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZpSXQmjH5gMKUjGXjl3HW7V2c1b3i4W4bW4bFqyI8d ann
`;
const PUBLIC = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

const SHAPES: readonly (readonly [shape: string, write: (text: string) => Buffer])[] = [
  ["UTF-8", (text) => Buffer.from(text)],
  ["a byte order mark", (text) => Buffer.from(`\ufeff${text}`)],
  ["UTF-16 of Windows", (text) => Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`, "utf16le")],
  ["UTF-16 without a mark", (text) => Buffer.from(text, "utf16le")],
  ["CR LF", (text) => Buffer.from(text.replaceAll("\n", "\r\n"))],
  ["blanks at the ends of lines", (text) => Buffer.from(text.replaceAll("\n", " \n"))],
];

describe.each(SHAPES)("with %s the guard takes", (_, write) => {
  it("allowed_signers, public keys and its own exceptions", async () => {
    expect(checkPlace("pki/allowed_signers", "100644", write(SIGNERS))).toBe(null);
    expect(checkPlace("pki/signing/pkg.pub", "100644", write(PUBLIC))).toBe(null);
    expect(checkPlace("pki/guard-allow.yaml", "100644", write(ALLOW))).toBe(null);
    expect((await parseAllow(write(ALLOW), NOW)).blobs).toEqual(new Set([BLOB]));
  });
});

test.each([
  [
    "a key without whose it is",
    SIGNERS.replace("ann@example.com ", ""),
    "line 2 is a key without whose it is: write the mail address before it, and a space",
  ],
  ["half a line", "ann@example.com\n", 'line 1 is not "PRINCIPALS KEYTYPE KEY"'],
])("allowed_signers with %s is named", (_, text, said) => {
  expect(checkPlace("pki/allowed_signers", "100644", Buffer.from(text))).toBe(said);
});

test.each([
  [ALLOW.replace("reason: ", "reason:"), "line 2: there is no space after this colon"],
  [`<<<<<<< HEAD\n${ALLOW}=======\n${ALLOW}>>>>>>> x\n`, "line 1: git's conflict markers"],
  [ALLOW.replace("  reason", "\treason"), "line 2: a tab stands in the indentation"],
  ["- blob: caf\xe9\n", "it is not UTF-8"],
])("a slip in guard-allow.yaml has its line: %j", async (text, said) => {
  await expect(parseAllow(Buffer.from(text, "latin1"), NOW)).rejects.toThrow(`pki/guard-allow.yaml: ${said}`);
});
