import { expect, it } from "vitest";
import { nearest } from "../../scripts/model/words.ts";

it.each([
  ["a swap", "bookwrom", "bookworm"],
  ["a letter too few", "stff", "staff"],
  ["a letter too many", "staaff", "staff"],
  ["another case", "STAFF", "staff"],
  ["nothing alike", "kiosk", null],
  ["a short word that is wholly wrong", "ab", null],
  ["the nearer of two", "bookworm1", "bookworm"],
])("%s: %s means %s", (_, word, expected) => {
  expect(nearest(word, ["staff", "bookworm-lts", "bookworm"])).toBe(expected);
});
