import { describe, expect, test } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import { renderHaproxy } from "../../scripts/servers/haproxy/files.ts";
import { client, group, registry, repository, serial, server } from "./nginx-samples.ts";
import { RenderedFiles } from "./rendered.ts";

const SAMPLE: Registry = registry({
  repositories: {
    packages: repository({ path: "/packages/", root: "/srv/packages" }),
    debian: repository({ path: "/debian/", root: "/srv/debian" }),
  },
  groups: { staff: group(["packages", "debian"]), subscribers: group(["debian"]) },
  clients: {
    alice: client({ groups: ["subscribers", "staff"], home: "packages" }),
    carol: client(),
    held: client({ groups: ["staff"], suspended: true }),
  },
  servers: {
    "pkg.example.com": server({
      names: ["pkg.example.com"],
      software: "haproxy",
      backend: "127.0.0.1:8080",
      repositories: ["packages", "debian"],
    }),
    "new.example.com": server({ names: ["new.example.com"], software: "haproxy", backend: "127.0.0.1:8080" }),
    "web.example.com": server({ names: ["web.example.com"], repositories: ["debian"] }),
  },
});
const ADMITTED = ["alice", "carol", "held", "nobody"].map((name, n) => ({ client: name, serial: serial(n) }));

const render = (input: Partial<Parameters<typeof renderHaproxy>[0]> = {}) =>
  renderHaproxy({ registry: SAMPLE, admitted: ADMITTED, issuedServers: ["pkg.example.com"], ...input });
const rendered = new RenderedFiles(render(), "pki/haproxy/");
const lines = (name: string) => rendered.text(name).split("\n").slice(1, -1);

describe("HAProxy's files", () => {
  test("are named by what they are about, sorted, HAProxy servers only, and none without one", () => {
    expect(rendered.names.filter((name) => !name.startsWith("pages/"))).toEqual([
      "clients.map",
      "gates/debian.lst",
      "gates/packages.lst",
      "haproxy.cfg",
      "homes.map",
      "renewals.map",
      "roles.map",
      "servers/new.example.com.cfg",
      "servers/pkg.example.com.cfg",
      "verify.map",
    ]);
    expect(render({ registry: { ...SAMPLE, servers: new Map() } })).toEqual([]);
  });

  test.each(rendered.names)(
    "%s is ASCII, says where to change it unless a client reads it, and has no long line",
    (name) => {
      const text = rendered.text(name);
      expect(text).toMatch(/^[\x20-\x7e\n]*[^\n]\n$/);
      expect(text.startsWith("# Made by Gatehouse from clients.yaml")).toBe(!name.startsWith("pages/"));
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(16_000);
    },
  );

  test("list who is admitted, between commas the groups, and where home is", () => {
    expect(lines("clients.map")).toEqual([`${serial(0)} alice`, `${serial(1)} carol`]);
    expect(lines("roles.map")).toEqual([`${serial(0)} ,staff,subscribers,`]);
    expect(lines("homes.map")).toEqual([`${serial(0)} /packages/`]);
    expect(lines("gates/debian.lst")).toEqual([",staff,", ",subscribers,"]);
  });

  test("offer nothing before there is a certificate", () => {
    expect(rendered.text("servers/new.example.com.cfg")).not.toMatch(/^[^#\n]/m);
  });

  test("are the same whatever the order", () => {
    const turned = {
      ...SAMPLE,
      servers: new Map([...SAMPLE.servers].reverse()),
      groups: new Map([...SAMPLE.groups].reverse()),
      repositories: new Map([...SAMPLE.repositories].reverse()),
    };
    expect(render({ registry: turned, admitted: ADMITTED.toReversed() })).toEqual(render());
  });

  test("refuse a renewal that does not fit", () => {
    const offer = (count: number) => ({ serial: serial(0), pem: "A\n".repeat(count) });
    expect(() => render({ renewals: [offer(180)] })).not.toThrow();
    expect(() => render({ renewals: [offer(181)] })).toThrow("has 181 lines");
  });
});
