import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GIVEN_NAME, RESERVED_NAMES } from "../../../scripts/model/layout.ts";
import { namesFor } from "../../../scripts/read/adopt/names.ts";

describe("a name for whoever a certificate is for", () => {
  it.each([
    ["alice", "alice"],
    ["Alice Example", "alice-example"],
    ["Jürgen Groß", "jurgen-gro"],
    ["a@example.com", "a-example.com"],
    ["..x..y..", "x.y"],
    ["ca", "client-ca"],
    ["Δ", "client"],
    ["", "client"],
    ["-_-", "client"],
    [`${"x".repeat(62)}..`, "x".repeat(62)],
    ["\u001b[2J", "2j"],
  ])("%j is %j", (written, name) => {
    expect(namesFor([written]).get(written)).toBe(name);
  });

  it("keeps its own where it has one, and tells the others apart by numbers", () => {
    const names = namesFor(["Bob", "BOB", "bob", "bob-2"]);
    expect([...names.entries()].sort()).toEqual([
      ["BOB", "bob-4"],
      ["Bob", "bob-3"],
      ["bob", "bob"],
      ["bob-2", "bob-2"],
    ]);
  });

  it("is one that clients.yaml takes, and nobody else's, whatever the certificates say", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 80 }), { maxLength: 30 }), (written) => {
        const names = namesFor(written);
        expect(new Set(names.values()).size).toBe(written.length);
        for (const name of names.values()) {
          expect(name).toMatch(GIVEN_NAME);
          expect(RESERVED_NAMES).not.toContain(name);
        }
      }),
      { numRuns: 200 },
    );
  });
});
