import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ManifestInput, renderManifest } from "../../scripts/deploy/manifest.ts";
import type { ReleaseFile } from "../../scripts/model/release.ts";
import { DAY, NOW, serialOf } from "../support/plan-builders.ts";

const file = (path: string, mode: ReleaseFile["mode"] = 0o644): ReleaseFile => ({
  path,
  mode,
  data: Buffer.from(path),
});
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const INPUT: ManifestInput = {
  server: "pkg.example.com",
  software: "nginx",
  commit: "c".repeat(40),
  time: NOW,
  crl: 1_795_000_000,
  probe: { name: "pkg.example.com", port: 8443 },
  roots: ["/srv/pkg", "/srv/deb"],
  ancestors: ["b".repeat(40), "a".repeat(40)],
  revoked: [
    { serial: serialOf(2), notAfter: NOW + DAY },
    { serial: serialOf(1), notAfter: NOW + 1 },
  ],
  held: [serialOf(9), serialOf(8)],
  files: [
    file("private/pkg.example.com.key", 0o600),
    file("nginx/clients.map"),
    file("nginx/nginx.conf"),
    file("crl.pem"),
    file("nginx/gates/deb.conf"),
    file("nginx/repositories/deb.conf"),
    file("ca.crt"),
  ],
};

const linesOf = (input: ManifestInput, word: string) =>
  renderManifest(input)
    .text.split("\n")
    .filter((line) => line.startsWith(`${word} `));

describe("a manifest", () => {
  test("says whose release it is, of which commit, and what must be there", () => {
    const { id, text } = renderManifest(INPUT);
    expect(text.split("\n").slice(0, 17)).toEqual([
      "gatehouse-release 1",
      `id ${id}`,
      "server pkg.example.com",
      "software nginx",
      `commit ${INPUT.commit}`,
      `time ${NOW}`,
      "crl 1795000000",
      "probe https pkg.example.com 8443",
      "root /srv/deb",
      "root /srv/pkg",
      `ancestor ${"b".repeat(40)}`,
      `ancestor ${"a".repeat(40)}`,
      `revoked ${serialOf(1)} ${NOW + 1}`,
      `revoked ${serialOf(2)} ${NOW + DAY}`,
      `held ${serialOf(8)}`,
      `held ${serialOf(9)}`,
      `access ${sha256("crl.pem")} 644 crl.pem`,
    ]);
    expect(text).toMatch(/^[\x20-\x7e\n]+\n$/);
  });

  test("parts who gets in from everything else, and lists each file once, with its hash and mode", () => {
    expect(linesOf(INPUT, "access").map((line) => line.split(" ").at(-1))).toEqual([
      "crl.pem",
      "nginx/clients.map",
      "nginx/gates/deb.conf",
    ]);
    expect(linesOf(INPUT, "config")).toEqual([
      `config ${sha256("ca.crt")} 644 ca.crt`,
      `config ${sha256("nginx/nginx.conf")} 644 nginx/nginx.conf`,
      `config ${sha256("nginx/repositories/deb.conf")} 644 nginx/repositories/deb.conf`,
      `config ${sha256("private/pkg.example.com.key")} 600 private/pkg.example.com.key`,
    ]);
  });

  test("leaves a revocation out when its certificate has ended at the commit's time, and not a second before", () => {
    const ended = { ...INPUT, revoked: [{ serial: serialOf(1), notAfter: NOW }] };
    expect(linesOf(ended, "revoked")).toEqual([]);
    expect(linesOf({ ...ended, time: NOW - 1 }, "revoked")).toHaveLength(1);
  });

  test("has an id of the commit's time and the hash of all other lines", () => {
    const { id, text } = renderManifest(INPUT);
    const rest = text.replace(`id ${id}\n`, "");
    expect(id).toBe(`20261121T120000Z-${sha256(rest).slice(0, 12)}`);
  });

  test("is the same whatever the order of files, roots, revocations and holds", () => {
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
    const inputs = fc
      .tuple(shuffled(INPUT.files), shuffled(INPUT.roots), shuffled(INPUT.revoked), shuffled(INPUT.held))
      .map(([files, roots, revoked, held]) => ({ ...INPUT, files, roots, revoked, held }));
    fc.assert(fc.property(inputs, (input) => renderManifest(input).text === renderManifest(INPUT).text));
  });

  test.each(["../x", "/etc/passwd", "nginx/a b", "nginx/ü", "nginx/a\nconfig", ".hidden", ""])(
    "takes no file called %j",
    (path) => {
      expect(() => renderManifest({ ...INPUT, files: [file(path)] })).toThrow("not a path for a release");
    },
  );
});
