import { describe, expect, it } from "vitest";
import { entryIn } from "../../scripts/read/registry-entry.ts";

const FILE = `version: 1
groups:
  alice: { repositories: [pkg] }
clients:
  alice: { groups: [staff] }   # the boss
  "bob": { groups: [staff] }
  # carol: { groups: [staff] }
  carol:
    groups:
      - staff

    expires: 2027-06-30
  carolina: { groups: [carol] }
servers:
  pkg.example.com: {}
`;

describe("the entry of an identity, as it stands in clients.yaml", () => {
  it.each([
    ["on one line, and not the group of the same name", "alice", "  alice: { groups: [staff] }   # the boss"],
    ["with a quoted name", "bob", '  "bob": { groups: [staff] }'],
    ["on several lines", "carol", "  carol:\n    groups:\n      - staff\n    expires: 2027-06-30"],
    ["of a server", "pkg.example.com", "  pkg.example.com: {}"],
    ["of nobody", "dora", null],
    ["of a key inside another entry", "groups", null],
  ])("%s", (_, identity, entry) => {
    expect(entryIn(FILE, identity)).toBe(entry);
    expect(entryIn(FILE.replaceAll("\n", "\r\n"), identity)).toBe(entry);
  });

  it("is the whole section where that is one line", () => {
    const line = "clients: { alice: { groups: [staff] }, bob: {} }";
    expect(entryIn(`version: 1\n${line}\n`, "alice")).toBe(line);
    expect(entryIn(`version: 1\n${line}\n`, "carol")).toBeNull();
  });
});
