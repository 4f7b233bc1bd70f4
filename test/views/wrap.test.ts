import fc from "fast-check";
import { expect, it } from "vitest";
import { COLOUR } from "../../scripts/views/style.ts";
import { wrap } from "../../scripts/views/wrap.ts";

it("breaks at spaces, and hangs later lines under the first", () => {
  expect(wrap("one two three four", 12, { first: "  + " })).toEqual(["  + one two", "    three", "    four"]);
});

it("a word that is too long stands alone and whole", () => {
  expect(wrap("a reallylongword b", 8)).toEqual(["a", "reallylongword", "b"]);
});

it("colours words, not indentation", () => {
  expect(wrap("one two", 8, { first: "  + ", paint: COLOUR.red })).toEqual([
    "  \u001b[31m+ one\u001b[39m",
    "    \u001b[31mtwo\u001b[39m",
  ]);
});

it("no line is longer than asked for, and no word is lost", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1 });
  const holds = (all: string[], width: number) => {
    const lines = wrap(all.join(" "), width, { first: "    " });
    expect(lines.flatMap((line) => line.trim().split(" "))).toEqual(all);
    for (const line of lines) if (line.trim().includes(" ")) expect(line.length).toBeLessThanOrEqual(width);
  };
  fc.assert(fc.property(words, fc.integer({ min: 10, max: 100 }), holds));
});
