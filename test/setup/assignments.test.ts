import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { traps } from "./support/assignments.ts";

/** Whatever holds shell: programs, hooks, CI's files, scripts that TypeScript writes, and what pages have people type. */
const HOLD_SHELL = /(?:^|\/)(?:[^/.]+|.*\.(?:sh|ts|ya?ml|md|json|service))$/;

function tracked(): string[] {
  return execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" })
    .split("\0")
    .filter((path) => HOLD_SHELL.test(path) && !/^(?:test|pki|node_modules)\//.test(path));
}

test.each([
  "bare=${host#\\[} bare=${bare%\\]}",
  'a=1 b="x $a"',
  "  if ok; then a=1 b=$a; fi",
  "a=1 b=$(echo ${a})",
  "export a=1 b=$a",
  "a=$(x y) c=d b=${#a} program",
  "a=1 \\\n  b=$a",
  "x) a=1 b=$a ;;",
])("the checker knows the trap in %j", (text) => expect(traps(text)).toHaveLength(1));

test.each([
  "a=1; b=$a",
  "a=1 && b=$a",
  "a=1\nb=$a",
  "a=$b b=$c",
  "a=1 b=$ab",
  "a=1 b='$a'",
  "a=1 program $a",
  "# a=1 b=$a",
  "a=$(b=1; echo $b) c=2",
])("and none in %j", (text) => expect(traps(text)).toEqual([]));

test("no command of ours sets two variables of which one reads the other", () => {
  const files = tracked();
  for (const known of ["scripts/clients/renew.sh", "scripts/deploy/server/activate", ".husky/pre-commit"])
    expect(files).toContain(known);
  const found = files.flatMap((path) =>
    traps(readFileSync(path, "utf8")).map(({ line, text }) => `${path}:${line}: ${text}`),
  );
  expect(found).toEqual([]);
});
