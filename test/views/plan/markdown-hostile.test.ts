import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "../../../scripts/model/plan.ts";
import { planMarkdown, problemsMarkdown } from "../../../scripts/views/plan/markdown.ts";
import { access, divide, refusal } from "./pages.ts";
import { CHANGES, plan } from "./samples.ts";

/** The page's own lines: nothing but words and figures of ours. */
const OURS = [
  /^$/,
  /^<!-- gatehouse plan -->$/,
  /^#### [A-Za-z, ]+$/,
  /^<details><summary>Names, reasons and serial numbers \([\d,]+\)<\/summary>$/,
  /^<\/details>$/,
  /^Digest: `[0-9a-z:]*`$/,
  /^\*\*[A-Za-z0-9,. ]+\*\*$/,
  /^Plan as of [-0-9T:Z]+\. [A-Za-z0-9,.: ]+$/,
  /^\*\*clients\.yaml cannot be read: [\d,]+ problems?\.\*\* There is no plan\.$/,
];

function expectContained(page: string): void {
  const { inside, outside } = divide(page);
  for (const line of outside) expect(OURS.some((form) => form.test(line)) ? "ours" : line).toBe("ours");
  for (const line of inside) {
    expect(line).toMatch(/^[-+! ] /);
    expect(line).not.toMatch(/[`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  }
}

describe("nothing from the registry breaks out", () => {
  const nasty = [
    "```",
    "\n```\n",
    "~~~",
    "@user",
    "#1",
    "</details>",
    "<script>",
    "\u202e",
    "![x](//e)",
    "\r",
    "\n+ a",
  ];
  const piece = fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary", maxLength: 12 }));
  const hostile = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(""));

  it("whatever the names and messages", () => {
    const holds = (name: string, message: string) => {
      const changes = Object.values(CHANGES).map((change): Change => {
        if (change.kind === "definition") return { ...change, name, fields: [message], message };
        if (change.kind === "file") return { ...change, path: name, message };
        return change.kind === "crl" ? { ...change, issuer: name, message } : { ...change, identity: name, message };
      });
      const differences = [access(name, [name], [message]), access("b", [], [], name)];
      const warnings = (["NoContact", "SensitiveGroup", "CodeChanged"] as const).map((code) => ({ code, message }));
      const one = plan({ changes, access: differences, warnings, refusals: [refusal(message)], digest: message });
      expectContained(planMarkdown(one));
    };
    fc.assert(fc.property(hostile, hostile, holds));
  });

  it("whatever the problems of clients.yaml", () => {
    const holds = (message: string, hint: string) => {
      expectContained(problemsMarkdown([{ file: message, line: 1, column: 1, message, hint }]));
    };
    fc.assert(fc.property(hostile, hostile, holds));
  });

  it.each([
    ["a fence", "a\n```\n# Approved", "! BadRequest: a \\u{60}\\u{60}\\u{60} # Approved"],
    ["a line that looks like another entry", "a\n+ bob gains x", "! BadRequest: a + bob gains x"],
    ["text that runs backwards", "a\u202eb", "! BadRequest: a\\u{202e}b"],
    ["a character cut in two", `${"x".repeat(58)}😀😀`, `! BadRequest: ${"x".repeat(58)}😀😀`],
  ])("such as %s", (_, message, expected) => {
    expect(planMarkdown(plan({ refusals: [refusal(message)] }))).toContain(`\n${expected}\n`);
  });
});
