import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../system/scratch.ts";
import { committed, unlockedRepository } from "./git-crypt.ts";

test("git changes no byte of the state, whatever line endings the user's git is set to", () => {
  const { root } = unlockedRepository();
  run(root, "git", "config", "core.autocrlf", "true");
  const text = "$Id$ one\r\ntwo\n";
  for (const path of ["pki/ca.crt", "pki/nginx/maps/clients.map", "pki/README.md"]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    run(root, "git", "add", path);
    run(root, "git", "commit", "--quiet", "-m", path);
    expect(committed(root, path).toString()).toBe(text);
  }
});

const attributes = (root: string, path: string) =>
  run(root, "git", "check-attr", "filter", "text", "eol", "working-tree-encoding", "merge", "--", path)
    .trim()
    .split("\n")
    .map((line) => line.slice(path.length + 2));

test.each(["pki/private/ca.key", "pki/private/by_serial/4A.key", "pki/private/.hidden", "pki/private/a/b/x.p12"])(
  "%s is encrypted, and nothing else touches it",
  (path) => {
    const { root } = unlockedRepository();
    expect(attributes(root, path)).toEqual([
      "filter: git-crypt",
      "text: unset",
      "eol: unspecified",
      "working-tree-encoding: unspecified",
      "merge: unset",
    ]);
  },
);

test.each(["pki/ca.crt", "clients.yaml", "pki/privately.txt"])("%s is not encrypted", (path) => {
  expect(attributes(unlockedRepository().root, path)).toContain("filter: unspecified");
});

test("shell scripts keep LF on every system", () => {
  expect(attributes(unlockedRepository().root, "scripts/setup.sh")).toContain("eol: lf");
});
