import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { printable, printableLines, shellWord } from "../../scripts/model/printable.ts";
import { PLAIN } from "../../scripts/views/style.ts";
import { table } from "../../scripts/views/table.ts";
import { wrap } from "../../scripts/views/wrap.ts";

describe("what acts or hides becomes visible", () => {
  it.each([
    ["an ANSI escape", "\u001b[31mred", "\\u{1b}[31mred"],
    ["a C1 control sequence introducer", "\u009b2J", "\\u{9b}2J"],
    ["a carriage return that would overwrite the line", "good\rbad", "good\\u{d}bad"],
    ["a bidirectional override", "user\u202ecod", "user\\u{202e}cod"],
    ["a zero-width space between two names that look alike", "al\u200bice", "al\\u{200b}ice"],
    ["a filler that is drawn as nothing", "a\u3164", "a\\u{3164}"],
    ["a lone surrogate", "\ud800", "\\u{d800}"],
    ["a tag character", "\u{e0041}", "\\u{e0041}"],
    ["a line separator", "a\u2028b", "a\\u{2028}b"],
    ["a line feed", "a\nb", "a\\u{a}b"],
  ])("%s", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it("letters of any script stay as they are", () => {
    expect(printable("Zoë, 北京, Ωμέγα (100 %)")).toBe("Zoë, 北京, Ωμέγα (100 %)");
  });

  it("line feeds stay where lines are meant", () => {
    expect(printableLines("a\u0007\nb\r\n")).toBe("a\\u{7}\nb\\u{d}\n");
  });
});

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const hostile = fc.string({ unit: "binary", maxLength: 60 });

describe("whatever the names", () => {
  it("a paragraph holds nothing that acts", () => {
    const holds = (text: string) => wrap(text, 40, { first: "  + " }).every((line) => !UNSEEN.test(line));
    fc.assert(fc.property(hostile, holds));
  });

  it("a table holds nothing that acts", () => {
    const cells = fc.array(hostile, { minLength: 3, maxLength: 3 });
    const holds = (rows: string[][]) =>
      table(
        ["a", "b", "c"],
        rows.map((row) => ({ cells: row })),
        80,
        PLAIN,
      ).every((line) => !UNSEEN.test(line));
    fc.assert(fc.property(fc.array(cells), holds));
  });
});

test.each(["=ls", "", "a b", "it's", "~", "!x", "*", "a\nb", "é"])("%j is quoted for sh, and for zsh", (text) => {
  expect(shellWord(text)).toBe(`'${text.replaceAll("'", "'\\''")}'`);
});

test("what no shell acts upon stays as it is", () => {
  expect(shellWord("--a=b/c:d,e@f%g+h_i.j")).toBe("--a=b/c:d,e@f%g+h_i.j");
});
