import { expect, test } from "vitest";
import { canonicalRegistry, parseCanonicalRegistry } from "../../../scripts/model/canonical.ts";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { checkRegistry } from "../../../scripts/read/registry.ts";

function read(fields: string) {
  const text = `version: 1
authority: { common_name: Example CA, organization: Example }
repositories:
  apt: { type: files, path: /apt/, root: /srv/apt }
  pkg: { type: files, path: /pkg/, root: /srv/pkg }
clients: {}
servers:
  pkg.example.com: { ${fields} }
`;
  const context = { now: 0, hasRequest: () => false, hasSigning: () => false };
  return checkRegistry(new TextEncoder().encode(text), context);
}

test.for<readonly [string, string | null]>([
  ["", null],
  ["home: pkg", "pkg"],
  ["home: pkg, repositories: [pkg]", "pkg"],
])("a server's home, {%s}, is read, and comes back from pki/registry.yaml", ([fields, home]) => {
  const result = read(fields);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  expect(result.registry.servers.get("pkg.example.com")?.home).toBe(home);
  const written = canonicalRegistry(result.registry);
  expect(parseCanonicalRegistry(written).servers.get("pkg.example.com")?.home).toBe(home);
});

test.for<readonly [string, RegExp]>([
  ["home: pgk", /:8:\d+: .*pgk.*pkg/s],
  ["home: pkg, repositories: [apt]", /:8:\d+: home: this server does not serve pkg$/],
  ["software: stunnel, home: pkg", /:8:\d+: home: this server does not serve pkg$/],
])("a server's {%s} is refused", ([fields, message]) => {
  const result = read(fields);
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([expect.stringMatching(message)]);
});
