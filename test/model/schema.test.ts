import { describe, expect, it, test } from "vitest";
import { list } from "../../scripts/model/schema/basics.ts";
import type { Scope } from "../../scripts/model/schema/field.ts";
import { absolutePath, boolean, duration, listen, percent } from "../../scripts/model/schema/kinds.ts";
import { later, NO_NAMES, otherwise, required, unless } from "../../scripts/model/schema/presence.ts";
import { define, Entry, record } from "../../scripts/model/schema/record.ts";
import { SECTIONS } from "../../scripts/model/schema/sections.ts";
import { readSimple } from "../../scripts/read/registry/simple.ts";

test.each(Object.entries(SECTIONS))(
  "fields that were added to %s later count up from 1, none twice",
  (_, { entry }) => {
    const numbers = Object.values(entry.fields).flatMap(({ since }) => since ?? []);
    expect(numbers.sort()).toEqual(numbers.map((_, n) => n + 1));
  },
);

describe("what counts where nothing is said", () => {
  it.each([
    ["a duration", unless(duration("d"), "1y"), 31_536_000, "`1y`"],
    ["a boolean", unless(boolean("b"), false), false, "`false`"],
    ["a percentage", unless(percent("p"), "25%"), 25, "`25%`"],
    ["a list", unless(list("l", listen("p")), [443, "[::]:443"]), ["443", "[::]:443"], '`[443, "[::]:443"]`'],
  ])("of %s is a value for the reader and words for the reference", (_, field, value, words) => {
    expect([field.absent, field.otherwise]).toEqual([value, words]);
  });

  it("is refused where the field itself would refuse it", () => {
    expect(() => unless(duration("d"), "10 years")).toThrow("a duration must be");
    expect(() => unless(absolutePath("p"), "../x")).toThrow("an absolute path must be");
  });
});

const INNER = define("Inner.", { file: required(absolutePath("File.")), quick: unless(boolean("Quick."), false) });
const THING = define("A thing.", {
  endsAfter: unless(duration("How long."), "30d"),
  home: absolutePath("Where."),
  newer: later(1, unless(boolean("Newer."), false)),
  inner: record(INNER),
  made: otherwise(boolean("Made."), "as it comes"),
});

/** The entry, with what is wrong with it. */
function entryOf(yaml: string) {
  const said: string[] = [];
  const add = (_: number, message: string) => void said.push(message);
  const scope: Scope = { report: { add, addUnknown: add }, now: 0, names: NO_NAMES, hasSigning: () => false };
  const tree = readSimple(`${yaml}\n`) ?? { kind: "map", offset: 0, entries: [] };
  return { entry: new Entry(THING, tree, "thing", 7, scope), said };
}

describe("one line of a description", () => {
  it("gives the reader the value, where it stands, and what counts otherwise", () => {
    const { entry, said } = entryOf("ends_after: 8w\nhome: /srv/");
    expect(entry.base).toEqual({ endsAfter: 4_838_400, home: "/srv", newer: false, inner: null });
    expect(entry.given).toEqual({ endsAfter: 4_838_400, home: "/srv" });
    expect([entry.at("home"), entry.valueAt("home"), entry.at("newer")]).toEqual([15, 21, 7]);
    expect(entry.over({ made: true, home: "" })).toEqual({ made: true, home: "/srv" });
    expect(said).toEqual([]);
  });

  it("gives what counts otherwise for a value that is wrong, and says what is", () => {
    const { entry, said } = entryOf("ends_after: soon\ninner: { quick: true }\nmade: maybe");
    expect(entry.base).toEqual({ endsAfter: 2_592_000, home: null, newer: false, inner: null });
    expect(said).toEqual([
      'ends_after must be a duration such as 90m, 12h, 30d, 8w or 1y, above zero and up to 100y, not "soon"',
      "inner lacks file",
      'made must be true or false, not "maybe"',
    ]);
  });

  it("is kept, read back and shown, what came later last and only where it says something", () => {
    const inner = { file: "/a", quick: false };
    const plain = { endsAfter: 60, home: null, newer: false, inner, made: true };
    expect(JSON.stringify(THING.kept.write(plain))).toBe(
      '{"endsAfter":60,"home":null,"inner":{"file":"/a","quick":false},"made":true}',
    );
    const newer = { ...plain, newer: true };
    expect(Object.keys(THING.kept.write(newer)).at(-1)).toBe("newer");
    for (const thing of [plain, newer]) expect(THING.kept.read(THING.kept.write(thing), "thing")).toEqual(thing);
    expect(THING.kept.show(newer)).toMatchObject({ ends_after: "1m", newer: true });
  });
});
