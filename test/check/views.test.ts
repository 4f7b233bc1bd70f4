import { describe, expect, test } from "vitest";
import type { Finding } from "../../scripts/model/problem.ts";
import { findingsJson, findingsSummary, findingsText } from "../../scripts/views/findings.ts";
import { COLOUR, PLAIN } from "../../scripts/views/style.ts";

const BLOCK: Finding = {
  code: "Mode",
  level: "block",
  path: "pki/a",
  message: "is\nopen \u202e",
  fix: "chmod 600 pki/a",
};
const WARN: Finding = { code: "Unexpected", level: "warn", path: "pki/b", message: "is strange", fix: null };

describe("findings as text", () => {
  test("are one line each, levels told apart without colour, with the command that mends", () => {
    expect(findingsText([BLOCK, WARN], PLAIN)).toBe(
      "✗ Mode        pki/a: is\\u{a}open \\u{202e} → chmod 600 pki/a\n! Unexpected  pki/b: is strange\n",
    );
  });

  test("are red and yellow where there is colour", () => {
    const [block = "", warning = ""] = findingsText([BLOCK, WARN], COLOUR).split("\n");
    expect([block.startsWith(COLOUR.red("✗ Mode      ")), warning.startsWith(COLOUR.yellow("! Unexpected"))]).toEqual([
      true,
      true,
    ]);
  });

  test.each([
    [[], "Everything holds: registry, 1,200 certificates, CRL, derived files, repository."],
    [[WARN], "1 warning (!) among 1,200 certificates."],
    [[BLOCK, BLOCK, WARN], "2 findings that must be mended (✗), 1 warning (!) among 1,200 certificates."],
  ])("are summed up", (findings, summary) => {
    expect(findingsSummary(findings, 1200)).toBe(summary);
  });
});

test("findings as JSON have the fields that DESIGN promises, in one order", () => {
  const { fix, message, path, level, code } = BLOCK;
  expect(Object.keys(JSON.parse(findingsJson([{ fix, message, path, level, code }])).findings[0])).toEqual([
    "code",
    "level",
    "path",
    "message",
    "fix",
  ]);
});
