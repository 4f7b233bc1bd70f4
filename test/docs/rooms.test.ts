import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";

const IMPORTS = /(?:\bfrom\s+|\bimport\(\s*|^import\s+)"([^"]+)"/gm;
const words = (cell: string): string[] => [...cell.matchAll(/[\w@/:.-]+/g)].map(([word]) => word);

interface Room {
  readonly pure: boolean;
  /** Rooms and packages; in a pure room Node's modules too. */
  readonly may: ReadonlySet<string>;
}

/** The table of docs/architecture.md. */
function rooms(): Map<string, Room> {
  const text = readFileSync(join(CHECKOUT, "docs/architecture.md"), "utf8");
  const lines = text.split("\n").filter((line) => /^\| `(?:NAME\.ts|\w+\/)` \|/.test(line));
  return new Map(
    lines.map((line) => {
      const [, name = "", what = "", below = "", packages = ""] = line.split("|");
      const room = name.replace(/[` /]/g, "");
      return [room, { pure: what.includes("*pure*"), may: new Set([room, ...words(below), ...words(packages)]) }];
    }),
  );
}

const roomOf = (path: string): string => (path.split("/").length > 2 ? (path.split("/")[1] ?? "") : "NAME.ts");
const packageOf = (name: string): string =>
  name.startsWith("node:") ? name : (/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);

/** Of each file of ours, what it imports, types included: paths from the root, packages and modules by name. */
const files = new Map(
  globSync("scripts/**/*.ts", { cwd: CHECKOUT }).map((file) => {
    const found = [...readFileSync(join(CHECKOUT, file), "utf8").matchAll(IMPORTS)].map(([, name = ""]) => name);
    return [file, found.map((name) => (name.startsWith(".") ? normalize(join(dirname(file), name)) : name))];
  }),
);

/** The files that lead back to themselves: what is left without those that import, or are imported by, none of the left. */
function circles(): string[] {
  const left = new Map(files);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [file, imports] of left) if (!imports.some((name) => left.has(name))) left.delete(file);
    const wanted = new Set([...left.values()].flat());
    for (const file of left.keys()) if (!wanted.has(file)) left.delete(file);
  }
  return [...left.keys()];
}

describe("the table of rooms", () => {
  it("names every folder of scripts/ that holds code, and no other", () => {
    expect([...rooms().keys()].sort()).toEqual([...new Set([...files.keys()].map(roomOf))].sort());
  });

  it("holds every import: of rooms, of packages, and in pure rooms of Node's modules", () => {
    const table = rooms();
    const strays = [...files].flatMap(([file, imports]) => {
      const { pure, may } = table.get(roomOf(file)) ?? { pure: true, may: new Set() };
      const free = (name: string) => name.startsWith("node:") && !pure;
      const bad = imports.filter((name) => !free(name) && !may.has(files.has(name) ? roomOf(name) : packageOf(name)));
      return bad.map((name) => `${file} imports ${name}`);
    });
    expect(strays).toEqual([]);
  });

  it("leaves no circle, not of types either", () => {
    expect(circles()).toEqual([]);
  });
});
