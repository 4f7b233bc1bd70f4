import { expect, test } from "vitest";
import { canonicalRegistry, parseCanonicalRegistry } from "../../../scripts/model/canonical.ts";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { readServer as read } from "./samples.ts";

const files = (key: string) => `certificate: { file: /etc/ssl/pkg.crt, key: ${key} }`;
const HANDS_ON = 'software: haproxy, backend: "127.0.0.1:8080"';

test.each([HANDS_ON, `${HANDS_ON}, ${files("/etc/ssl/pkg.key")}`, `${HANDS_ON}, ${files("/etc/ssl/pkg.crt")}`])(
  "a server's backend, {%s}, is read, and comes back from pki/registry.yaml",
  (fields) => {
    const result = read(fields);
    if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
    expect(result.registry.servers.get("pkg.example.com")?.backend).toBe("127.0.0.1:8080");
    const again = parseCanonicalRegistry(canonicalRegistry(result.registry));
    expect(again.servers.get("pkg.example.com")).toEqual(result.registry.servers.get("pkg.example.com"));
  },
);

test("where there is none, pki/registry.yaml is as it was before there were any", () => {
  const result = read("");
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join("\n"));
  expect(canonicalRegistry(result.registry)).not.toContain("backend");
});

test.each([
  ["software: haproxy", /:8:\d+: a server that runs haproxy needs backend$/],
  ['backend: "127.0.0.1:8080"', /:8:\d+: backend is for haproxy, and this server is nginx$/],
  ["software: haproxy, backend: nowhere", /backend must be a host and a port/],
  [`${HANDS_ON}, rate: 20r/s`, /:8:\d+: rate is for nginx, and this server is haproxy$/],
  [`${HANDS_ON}, names: [192.0.2.1]`, /haproxy servers are known by DNS names; addresses are for apache and stunnel$/],
  [
    `${HANDS_ON}, ${files("/etc/keys/pkg.key")}`,
    /haproxy looks for the key of \/etc\/ssl\/pkg.crt in \/etc\/ssl\/pkg.crt or \/etc\/ssl\/pkg.key only \(put it there, and write key: \/etc\/ssl\/pkg.key\)$/,
  ],
])("a server's {%s} is refused", (fields, message) => {
  const result = read(fields);
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([expect.stringMatching(message)]);
});
