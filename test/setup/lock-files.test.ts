import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

type Entry = Readonly<Record<string, unknown>>;
type Lock = Readonly<Record<string, unknown>> & { readonly packages: Readonly<Record<string, Entry>> };

const LOCKS = ["package-lock.json", "scripts/node/package-lock.json"] as const;
const lockOf = (file: string): Lock => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));

/**
 * What npm would fetch without proof of what it gets, or from where the file says. Everything comes from the registry
 * of whoever installs, by name and version, and must have the SHA-512 that was reviewed.
 */
function doubts({ lockfileVersion, packages, dependencies }: Lock): string[] {
  const wrong = lockfileVersion === 3 && dependencies === undefined ? [] : ["not of lock file version 3"];
  for (const [path, entry] of Object.entries(packages)) {
    if (path === "") continue;
    const { version, integrity, resolved, link, inBundle } = entry;
    if (!/^(?:node_modules\/(?:@[\w.-]+\/)?[\w.-]+\/?)+$/.test(path)) wrong.push(`${path}: no place of a package`);
    if (typeof version !== "string" || !/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version)) wrong.push(`${path}: version`);
    if (typeof integrity !== "string" || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity))
      wrong.push(`${path}: integrity`);
    if (resolved !== undefined) wrong.push(`${path}: resolved`);
    if (link !== undefined || inBundle !== undefined) wrong.push(`${path}: not from the registry`);
  }
  return wrong;
}

test.each(LOCKS)("everything that %s lets npm fetch is pinned by its hash, from no named place", (file) => {
  const lock = lockOf(file);
  expect(Object.keys(lock.packages).length).toBeGreaterThan(1);
  expect(doubts(lock)).toEqual([]);
});

describe("a lock file does not pass", () => {
  const lock = lockOf("package-lock.json");
  const PATH = "node_modules/yaml";
  const withEntry = (change: Entry) => ({ ...lock, packages: { ...lock.packages, [PATH]: change } });
  const entry = lock.packages[PATH] ?? {};

  test.each([
    ["without a hash", { integrity: undefined }, "integrity"],
    ["with a weak hash", { integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }, "integrity"],
    [
      "with a second, weaker hash",
      { integrity: `${entry["integrity"]} sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=` },
      "integrity",
    ],
    ["that names a place", { resolved: "https://packages.example/yaml.tgz" }, "resolved"],
    ["that names a file", { version: "file:../yaml" }, "version"],
    ["that names a repository", { version: "git+ssh://git@example.com/yaml.git#abc" }, "version"],
    ["with a link", { link: true }, "not from the registry"],
    ["with what another package brings", { inBundle: true }, "not from the registry"],
  ])("%s", (_, change, word) => expect(doubts(withEntry({ ...entry, ...change }))).toEqual([`${PATH}: ${word}`]));

  test("with what an older npm reads in place of it", () =>
    expect(doubts({ ...lock, dependencies: {} })).toEqual(["not of lock file version 3"]));
});
