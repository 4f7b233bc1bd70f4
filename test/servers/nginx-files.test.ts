import { describe, expect, test } from "vitest";
import { Rendered } from "./nginx-reader.ts";
import { render, SAMPLE } from "./nginx-sample.ts";
import { client, group, serial } from "./nginx-samples.ts";

describe("the files", () => {
  const rendered = new Rendered(render());

  test("are named by what they are about, sorted, nginx servers only", () => {
    expect(rendered.names).toEqual([
      "clients.map",
      "gates/debian.conf",
      "gates/packages.conf",
      "homes.map",
      "include/apt.example.com.conf",
      "include/pkg.example.com.conf",
      "nginx.conf",
      "reasons.conf",
      "refusals.conf",
      "renewals-2.map",
      "renewals-3.map",
      "renewals.map",
      "repositories/debian.conf",
      "repositories/packages.conf",
      "roles.map",
      "servers/apt.example.com.conf",
      "servers/pkg.example.com.conf",
    ]);
  });

  test.each(rendered.names)("%s begins with where to change it, is ASCII, and ends in one newline", (name) => {
    expect(rendered.text(name)).toMatch(
      /^# Made by Gatehouse from clients\.yaml: change it there[^\n]*\n[\x20-\x7e\n]*[^\n]\n$/,
    );
  });

  test("list who is admitted, and neither who is suspended, a tombstone or unknown", () => {
    expect([...rendered.map("clients.map").values()]).toEqual(["alice", "bob", "carol"]);
  });

  test("give each serial its groups between spaces, and none where there are none", () => {
    expect([...rendered.map("roles.map").values()]).toEqual([" staff subscribers ", " subscribers "]);
  });

  test("give a home as the repository's path: the one that is set, else the only one that the client reaches", () => {
    const group = ["staff", "subscribers"];
    const clients = new Map([
      ["set", client({ groups: group, home: "packages" })],
      ["only", client({ groups: ["subscribers"] })],
      ["many", client({ groups: group })],
      ["none", client()],
    ]);
    const admitted = [...clients.keys()].map((name, n) => ({ client: name, serial: serial(n) }));
    const homes = new Rendered(render({ registry: { ...SAMPLE, clients }, admitted })).map("homes.map");
    expect([...homes]).toEqual([
      [`s:${serial(1)}`.toLowerCase(), "/debian/"],
      [`s:${serial(0)}`.toLowerCase(), "/packages/"],
    ]);
  });

  test("let a server serve its own repositories only", () => {
    expect([...rendered.locations("servers/apt.example.com.conf").keys()]).toEqual(["/debian/"]);
    expect([...rendered.locations("servers/pkg.example.com.conf").keys()]).toEqual(["/debian/", "/packages/"]);
  });

  test("close a repository that no group has", () => {
    const groups = new Map([["staff", group(["debian"])]]);
    const closed = new Rendered(render({ registry: { ...SAMPLE, groups } }));
    expect(closed.text("gates/packages.conf")).toMatch(/return 403;\n$/);
    expect(closed.opens("packages", " staff ")).toBe(false);
  });
});
