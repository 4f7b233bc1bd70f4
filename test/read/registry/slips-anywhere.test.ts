import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { check, EVERYTHING } from "./samples.ts";

const BLOCKS = `version: 1
authority:
  common_name: Example CA
  organization: Example Ltd
repositories:
  dev:
    type: pkg
    path: /dev/
    root: /srv/dev
groups:
  staff:
    repositories:
      - dev
    sensitive: true
clients:
  alice:
    groups: [staff]
    contact: "Alice Ash <alice@example.com>"
    expires: 2029-06-30
  bob:
    groups:
    - staff
    home: dev
  carol: { groups: [staff], suspended: true }
servers:
  a.example:
    listen: [443, "[::]:443"]
`;

const FLOWS = `version: 1
authority: {
  common_name: Example CA,
  organization: "Example, Ltd"
}
repositories: {
  dev: { type: pkg, path: /dev/, root: /srv/dev },
  deb: { type: apt, path: /deb/, root: /srv/deb, suite: bookworm }
}
groups: { staff: { repositories: [dev, deb] } }
clients: {
  alice: { groups: [staff], expires: 2029-06-30 },
  bob: { groups: [staff], home: dev },
  carol: {
    groups: [ staff ],
    suspended: true
  }
}
`;

/** A place in a text: where a slip could be made. */
type Slip = readonly [
  name: string,
  places: RegExp,
  slip: (found: string) => string,
  /** Other lines that may be named, by the text and where the slip is: what the slip makes wrong as well. */
  also?: (text: string, at: number) => readonly number[],
];

/** One change of what a pattern finds. Comments are taken out of the texts before. */
const SLIPS: readonly Slip[] = [
  ["a conflict marker", /^(?=.)/gm, () => "<<<<<<< HEAD\n"],
  ["the middle of a conflict", /^(?=.)/gm, () => "=======\n"],
  ["no space after a colon", /: /g, () => ":"],
  ["a bracket too few", /[[\]{}]/g, () => "", (text, at) => [partner(text, at), lineOf(text, at) + 1]],
  ["a bracket too many", /[\]}](?=,|\n)/g, (found) => found + found, (text, at) => [partner(text, at + 1)]],
  ["a no-break space", / /g, () => "\u00a0"],
  ["a tab for the indentation", /^ +/gm, () => "\t"],
  ["one space more", /^(?= )/gm, () => " "],
  ["one space less", /^ /gm, () => ""],
  ["no colon", /: /g, () => " "],
  ["no comma", /, /g, () => " "],
  ["two commas", /, /g, () => ",, "],
  ["a quote too few", /"/g, () => ""],
  ["a typographic quote", /"/g, () => "\u201c"],
  ["a second document", /^(?=[a-z])/gm, () => "---\n"],
  ["a directive", /^(?=[a-z])/gm, () => "%YAML 1.2\n"],
  ["a dash", /^ +(?=[a-z])/gm, (found) => `${found}- `],
  ["no space before a comment", /[\]}]\n/g, (found) => `${found.trimEnd()}# x\n`],
  [
    "a line that is there twice",
    /^ +[a-z0-9.]+: .*[^{,]\n/gm,
    (found) => found + found,
    (text, at) => [lineOf(text, at) + 1],
  ],
];

/** The line of the bracket that pairs with the one here; where none is, of the next that closes what stands around. */
function partner(text: string, at: number): number {
  const back = "]}".includes(text[at] ?? "");
  const paired = back || "[{".includes(text[at] ?? "");
  let depth = 0;
  for (let n = at; n >= 0 && n < text.length; n += back ? -1 : 1) {
    if ((back ? "]}" : "[{").includes(text[n] ?? "")) depth += 1;
    else if ((back ? "[{" : "]}").includes(text[n] ?? "")) depth -= 1;
    else continue;
    if (depth < 0 || (depth === 0 && paired)) return lineOf(text, n);
  }
  return 0;
}

const TEXTS = [EVERYTHING, BLOCKS, FLOWS].map((text) =>
  text
    .replace(/(?:^| +)#.*$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trimStart(),
);

const COMPOSE = fileURLToPath(new URL("./compose", import.meta.resolve("yaml")));
const lineOf = (text: string, offset: number) => text.slice(0, offset).split("\n").length;

/** How the yaml package begins its sentences: errors.d.ts has the codes, its own sources the words. */
const THEIRS = new RegExp(
  readdirSync(COMPOSE)
    .filter((file) => file.endsWith(".js"))
    .flatMap((file) => [
      ...readFileSync(join(COMPOSE, file), "utf8").matchAll(/onError\([^;]*?[`'"]((?:[A-Z][a-z]+)(?: [a-z-]+){2,})/g),
    ])
    .map(([, words = ""]) => words)
    .join("|"),
  "i",
);

describe("one slip anywhere in a file", () => {
  it.for(SLIPS)("%s is told of at its line, and in no words of the parser", ([, places, change, also]) => {
    let told = 0;
    for (const text of TEXTS) {
      for (const found of text.matchAll(places)) {
        const slipped = text.slice(0, found.index) + change(found[0]) + text.slice(found.index + found[0].length);
        const result = check(slipped);
        // Not every slip is one: a list without a space after its colon is read as it was meant.
        if (result.ok) continue;
        const lines = [lineOf(text, found.index), ...(also?.(text, found.index) ?? [])];
        const [first] = result.problems;
        expect(
          lines,
          `${slipped.split("\n")[(lines[0] ?? 1) - 1]}\n${result.problems.map(formatProblem).join("\n")}`,
        ).toContain(first?.line);
        expect(first?.message).not.toMatch(THEIRS);
        told++;
      }
    }
    expect(told).toBeGreaterThan(3);
  });
});
