import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { parseArguments } from "../../scripts/cli/parse.ts";
import type { CommandSpec } from "../../scripts/cli/spec.ts";
import { UserError } from "../../scripts/model/problem.ts";

const flags = {
  allowLosses: { type: "integer", argument: "N", description: "accept exactly N losses" },
  head: { type: "string", argument: "REF", description: "a commit" },
  before: { type: "instant", argument: "INSTANT", description: "an instant" },
  dryRun: { type: "boolean", description: "change nothing" },
} as const;
const spec = { name: "plan", summary: "a test", flags } satisfies CommandSpec<typeof flags>;
const bundle: CommandSpec = {
  name: "bundle",
  summary: "a test",
  flags: {},
  positionals: [{ argument: "NAME", required: true, description: "the client" }],
};

const parse = (...argv: string[]) => parseArguments(spec, argv);
const words = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return [error.message, ...error.hints].join(" | ");
    throw error;
  }
  return "no error";
};

describe("flags become values", () => {
  it("has a type for each flag that follows from the table", () => {
    expectTypeOf(parse().flags.allowLosses).toEqualTypeOf<number | null>();
    expectTypeOf(parse().flags.head).toEqualTypeOf<string | null>();
    expectTypeOf(parse().flags.dryRun).toEqualTypeOf<boolean>();
  });

  it.each([
    ["nothing given is null, or false", [], {}],
    ["a value may follow", ["--head", "main"], { head: "main" }],
    ["a value may stand behind an equals sign", ["--head=a=b"], { head: "a=b" }],
    ["a dash alone is a value", ["--head", "-"], { head: "-" }],
    ["camelCase is typed with dashes", ["--allow-losses", "14", "--dry-run"], { allowLosses: 14, dryRun: true }],
    ["a date is its first second", ["--before", "1970-01-02"], { before: 86_400 }],
    ["an instant has a zone", ["--before=1970-01-01T01:00:01+01:00"], { before: 1 }],
    ["--json and --now are everywhere", ["--json", "--now", "1970-01-02"], { json: true, now: 86_400 }],
    ["-h is --help", ["-h"], { help: true }],
  ])("%s", (_, argv, expected) => {
    expect(parse(...argv).flags).toMatchObject(expected);
  });
});

describe("mistakes are named, with what to type", () => {
  it.each([
    ["a typing error", ["--dry-rum"], "plan has no flag --dry-rum | Did you mean --dry-run?"],
    ["a flag of every command, mistyped", ["--jsno"], "Did you mean --json?"],
    ["camelCase", ["--dryRun"], "Did you mean --dry-run?"],
    ["something far from everything", ["--frobnicate"], "plan has no flag --frobnicate | All flags: npm run plan -- "],
    ["a prototype's property", ["--constructor"], "plan has no flag --constructor"],
    ["letters behind one dash", ["-hx"], "plan has no flag -hx"],
    ["a value for -h", ["-h=1"], "plan has no flag -h"],
    ["a missing value at the end", ["--head"], "--head needs REF"],
    ["a flag where a value should be", ["--head", "--json"], "--head needs REF"],
    ["the end of flags where a value should be", ["--head", "--", "main"], "--head needs REF"],
    ["an empty value", ["--head="], "--head needs REF"],
    ["a value for a switch", ["--dry-run=no"], "--dry-run takes no value"],
    ["the same flag twice", ["--head", "a", "--head", "b"], "--head is given twice"],
    ["a number that is none", ["--allow-losses", "1e3"], '--allow-losses: "1e3" is not a whole number'],
    ["an instant without a zone", ["--now", "2026-01-01T00:00:00"], "is not an instant | Write 2026-"],
    ["a word too many", ["main"], 'plan does not know what to do with "main"'],
  ])("%s", (_, argv, expected) => {
    expect(words(() => parse(...argv))).toContain(expected);
  });

  it("asks for a positional that is missing, but not under --help", () => {
    expect(words(() => parseArguments(bundle, []))).toContain("bundle needs NAME: the client");
    expect(words(() => parseArguments(bundle, ["--help"]))).toBe("no error");
    expect(parseArguments(bundle, ["--", "--odd"]).positionals).toEqual(["--odd"]);
  });

  it("never throws anything but its own error", () => {
    const word = fc.oneof(fc.constantFrom("--head", "--now", "--json", "--allow-losses=", "--", "-"), fc.string());
    fc.assert(fc.property(fc.array(word), (argv) => typeof words(() => parse(...argv)) === "string"));
  });
});
