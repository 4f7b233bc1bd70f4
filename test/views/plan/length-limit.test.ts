import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget, type Level, type Piece, withinLength } from "../../../scripts/views/plan/length-limit.ts";

const piece = (text: string, what = "things"): Piece => ({
  size: 1,
  what,
  lines: ({ characters }: Level) => [text.slice(0, characters)],
});
const many = (n: number, text: string, what?: string) => Array.from({ length: n }, () => piece(text, what));
const size = (lines: readonly string[]) => lines.reduce((sum, line) => sum + line.length + 1, 0);

describe("withinLength", () => {
  it("shows everything where there is room", () => {
    expect(withinLength([piece("a"), piece("b")], 100)).toEqual(["a", "b"]);
  });

  it("shortens all alike before it leaves one out", () => {
    const lines = withinLength(many(10, "x".repeat(5000)), 4000);
    expect(new Set(lines)).toEqual(new Set(["x".repeat(300)]));
    expect(lines).toHaveLength(10);
  });

  it("counts what it leaves out, by group", () => {
    const lines = withinLength([...many(100, "x".repeat(60), "in a"), ...many(7, "y".repeat(60), "in b")], 1000);
    const left = 107 - (lines.length - 1);
    expect(lines.at(-1)).toMatch(new RegExp(`^  … and ${left} more: \\d+ in b, \\d+ in a$`));
  });

  it("counts what a piece stands for, not the piece", () => {
    const crowd = many(100, "x".repeat(60)).map((one) => ({ ...one, size: 3 }));
    const lines = withinLength(crowd, 1000);
    expect(lines.at(-1)).toContain(`… and ${(100 - (lines.length - 1)) * 3} more: `);
  });

  it("shows one of every group, however many the first has", () => {
    const lines = withinLength([...many(100_000, "x".repeat(60), "in a"), piece("rare", "in b")], 1000);
    expect(lines).toContain("rare");
  });

  it("is nothing where there is nothing", () => {
    expect(withinLength([], 0)).toEqual([]);
  });

  it("never takes more than its budget", () => {
    const texts = fc.array(fc.tuple(fc.string({ maxLength: 3000 }), fc.string({ maxLength: 20 })), { maxLength: 60 });
    const holds = (all: [string, string][], budget: number) =>
      size(
        withinLength(
          all.map(([text, what]) => piece(text, what)),
          budget,
        ),
      ) <= budget;
    fc.assert(fc.property(texts, fc.integer({ min: 400, max: 20_000 }), holds));
  });
});

describe("Budget", () => {
  it("keeps for others what one does not use", () => {
    const budget = new Budget(1000);
    budget.spend([piece("four")], 900);
    expect(budget.left).toBe(995);
  });

  it("gives nobody more than is left", () => {
    const budget = new Budget(1000);
    budget.spend([piece("x".repeat(500))], 1000);
    expect(size(budget.spend(many(50, "y".repeat(50)), 1000))).toBeLessThanOrEqual(499);
  });
});
