import { expect, test } from "vitest";
import { canonicalRegistry, parseCanonicalRegistry } from "../../../scripts/model/canonical.ts";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { readServer as read } from "./samples.ts";

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
