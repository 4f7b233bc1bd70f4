import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";

const FILE = 250;
const FUNCTION = 40;
/** Programs for machines without Node. Each is one file, so that what is reviewed is what is copied there. */
const WHOLE = ["scripts/deploy/server/activate", "scripts/clients/install.sh", "scripts/clients/renew.sh"];

/** Too long still. Whoever shortens one takes it out here. */
const YET = [
  "test/e2e/bare-run.test.ts",
  "test/e2e/git-fails.test.ts",
  "test/e2e/programs-missing.test.ts",
  "test/e2e/tamper.test.ts",
  "test/e2e/law/history.ts",
  "test/e2e/law/trial.ts",
];

const linesOf = (path: string): string[] => readFileSync(join(CHECKOUT, path), "utf8").trimEnd().split("\n");
const code = globSync("{scripts,test}/**/*.{ts,mjs,sh}", { cwd: CHECKOUT });
const bare = globSync("{scripts/deploy/{server,hooks},.husky}/*", { cwd: CHECKOUT }).filter((path) =>
  /\/[\w-]+$/.test(path),
);
const files = new Map([...code, ...bare].map((path) => [path, linesOf(path)]));

interface Part {
  /** Its first line. */
  readonly title: string;
  readonly lines: number;
}

/** What opens a block in code that Biome has formatted and is no function, or one that only holds tests. */
const OTHERS =
  /^\s*(?:\} |if |for |while |switch |try |do |(?:export )?(?:abstract )?(?:class|interface|enum) |describe\b)/;

/** Functions of TypeScript, methods and callbacks too: a block ends with the next `}` that is as far to the right. */
function typed(lines: readonly string[]): Part[] {
  return lines.flatMap((line, at) => {
    if (!/(?:=>|\)|\): .*) \{$/.test(line)) return [];
    const indent = /^ */.exec(line)?.[0] ?? "";
    const begins = (other: string) => other.startsWith(indent) && /^[^ )\]}>]/.test(other.slice(indent.length));
    const opening = lines.findLastIndex((other, index) => index <= at && begins(other));
    if (OTHERS.test(lines[opening] ?? "")) return [];
    // Parameters on lines of their own count; a table of cases does not.
    const first = /^ *\)/.test(line) ? opening : at;
    const last = lines.findIndex((other, index) => index > at && other.startsWith(`${indent}}`));
    return [{ title: (lines[first] ?? "").trim(), lines: withoutTexts(lines.slice(first, last + 1)) }];
  });
}

/** How many lines hold something; a text in backquotes that goes on over several is read as one. */
function withoutTexts(lines: readonly string[]): number {
  let open = false;
  const counted = lines.map((line) => {
    const inside = open;
    if (line.replace(/\\`/g, "").split("`").length % 2 === 0) open = !open;
    return (inside && open) || line === "" ? 0 : 1;
  });
  return counted.reduce((sum: number, one) => sum + one, 0);
}

/** Functions of sh, which begin and end at the left. */
function posix(lines: readonly string[]): Part[] {
  return lines.flatMap((line, at) => {
    if (!/^\w+\(\) [({]$/.test(line)) return [];
    return [{ title: line, lines: lines.findIndex((other, index) => index > at && /^[)}]/.test(other)) - at + 1 }];
  });
}

const tooLong = new Map(
  [...files].map(([path, lines]) => {
    const parts = /\.(?:ts|mjs)$/.test(path) ? typed(lines) : posix(lines);
    const long = parts.filter((part) => part.lines > FUNCTION).map(({ title, lines }) => `${lines} lines: ${title}`);
    return [path, lines.length > FILE && !WHOLE.includes(path) ? [`${lines.length} lines`, ...long] : long] as const;
  }),
);

describe("a reader's patience", () => {
  it(`is not tried by files of more than ${FILE} lines, or by functions of more than ${FUNCTION}`, () => {
    const long = [...tooLong].filter(([path, said]) => said.length > 0 && !YET.includes(path));
    expect(Object.fromEntries(long)).toEqual({});
  });

  it("is not tried by exceptions that nobody needs any more", () => {
    expect(YET.filter((path) => (tooLong.get(path) ?? []).length === 0)).toEqual([]);
  });
});

describe("the contents at the head of activate", () => {
  const activate = files.get("scripts/deploy/server/activate") ?? [];
  const from = activate.indexOf("# Where what is, in the order in which it is called:");
  const contents = activate.slice(from + 1, activate.indexOf("#", from));
  const steps = contents.flatMap((line) => /^# {3,}(\w+) {2}/.exec(line)?.[1] ?? []).filter((step) => step !== "tools");

  it("name its steps in the order in which they stand", () => {
    expect(steps.length).toBeGreaterThan(10);
    const at = steps.map((step) => activate.findIndex((line) => line.startsWith(`${step}() `)));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at).not.toContain(-1);
  });

  it("name no function that is not there", () => {
    const named = contents.flatMap((line) =>
      [...line.matchAll(/\b[a-z]+_[a-z_]+\b|\(([a-z]+)\)/g)].map(([all, one]) => one ?? all),
    );
    expect(named.filter((name) => !activate.some((line) => line.startsWith(`${name}() `)))).toEqual([]);
  });
});
