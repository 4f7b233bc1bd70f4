import { expect, test } from "vitest";
import { canonicalRegistry, parseCanonicalRegistry } from "../../../scripts/model/canonical.ts";
import { formatProblem } from "../../../scripts/model/problem.ts";
import type { Rate } from "../../../scripts/model/registry.ts";
import { readServer as read } from "./samples.ts";

test.for<readonly [string, Rate | null]>([
  ["", null],
  ["rate: 20r/s", { requests: 20, per: "s", burst: 20 }],
  ["rate: 300r/m, burst: 50", { requests: 300, per: "m", burst: 50 }],
  ["rate: 1r/s, burst: 0", { requests: 1, per: "s", burst: 0 }],
])("a server's rate, {%s}, is read, and comes back from pki/registry.yaml", ([fields, rate]) => {
  const result = read(fields);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  expect(result.registry.servers.get("pkg.example.com")?.rate).toEqual(rate);
  const written = canonicalRegistry(result.registry);
  expect(written.includes("rate")).toBe(rate !== null);
  expect(parseCanonicalRegistry(written).servers.get("pkg.example.com")?.rate).toEqual(rate);
});

test.for<readonly [string, string | RegExp]>([
  ["rate: 20", /rate must be requests in a second or a minute, such as 20r\/s or 300r\/m, not "20"$/],
  ["rate: 0r/s", /rate must be requests/],
  ["rate: 20r/h", /rate must be requests/],
  ['rate: "20r/s; deny all"', /rate must be requests/],
  ["rate: 20r/s, burst: -1", /burst must be a whole number, 0 or more/],
  ["burst: 5", /:8:\d+: burst is beyond a rate: say rate too, such as 20r\/s$/],
  ["software: apache, rate: 20r/s", /:8:\d+: rate is for nginx, and this server is apache$/],
])("a server's {%s} is refused", ([fields, message]) => {
  const result = read(fields);
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([expect.stringMatching(message)]);
});
