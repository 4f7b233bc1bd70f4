import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type TarFile, tar } from "../../scripts/clients/tar.ts";
import { NOW } from "../support/plan-builders.ts";

const place = mkdtempSync(join(tmpdir(), "gatehouse-tar-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const FILES: readonly TarFile[] = [
  { path: "private/pkg.example.com.key", mode: 0o600, data: Buffer.from("key") },
  { path: "manifest", mode: 0o644, data: Buffer.from("first\n") },
  { path: "nginx/servers/pkg.example.com.conf", mode: 0o644, data: Buffer.alloc(512, "x") },
  { path: "nginx/nginx.conf", mode: 0o644, data: Buffer.alloc(1300, "y") },
  { path: "nginx/empty.map", mode: 0o644, data: Buffer.alloc(0) },
];

function run(program: string, args: readonly string[], input: Buffer) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, env: { ...process.env, TZ: "UTC" } });
  if (error) throw error;
  return { status, said: String(stderr), stdout: String(stdout) };
}

describe("an archive", () => {
  test("is listed by GNU tar with owners, modes and times as they were given", () => {
    const { status, said, stdout } = run("tar", ["--numeric-owner", "--full-time", "-tvf", "-"], tar(FILES, NOW));
    expect({ status, said }).toEqual({ status: 0, said: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual([
      "-rw-r--r-- 0/0 6 2026-11-21 12:00:00 manifest",
      "drwxr-xr-x 0/0 0 2026-11-21 12:00:00 nginx/",
      "-rw-r--r-- 0/0 0 2026-11-21 12:00:00 nginx/empty.map",
      "-rw-r--r-- 0/0 1300 2026-11-21 12:00:00 nginx/nginx.conf",
      "drwxr-xr-x 0/0 0 2026-11-21 12:00:00 nginx/servers/",
      "-rw-r--r-- 0/0 512 2026-11-21 12:00:00 nginx/servers/pkg.example.com.conf",
      "drwx------ 0/0 0 2026-11-21 12:00:00 private/",
      "-rw------- 0/0 3 2026-11-21 12:00:00 private/pkg.example.com.key",
    ]);
  });

  test.each([
    ["GNU tar", "tar", ["-xpf", "-"]],
    ["bsdtar", "bsdtar", ["-xpf", "-"]],
    ["busybox", "busybox", ["tar", "-xf", "-"]],
  ])("is unpacked by %s to the same bytes and modes", (_, program, args) => {
    const into = mkdtempSync(join(place, "out-"));
    const { status, said } = run(program, [...args, "-C", into], tar(FILES, NOW));
    expect({ status, said }).toEqual({ status: 0, said: "" });
    for (const { path, mode, data } of FILES) {
      expect(readFileSync(join(into, path)).equals(Buffer.from(data))).toBe(true);
      expect(statSync(join(into, path)).mode & 0o777).toBe(mode);
    }
    expect(statSync(join(into, "private")).mode & 0o777).toBe(0o700);
    expect(readdirSync(into).sort()).toEqual(["manifest", "nginx", "private"]);
  });

  test("is the same bytes whatever the order of its files", () => {
    const orders = fc.shuffledSubarray([...FILES], { minLength: FILES.length });
    fc.assert(fc.property(orders, (files) => tar(files, NOW).equals(tar(FILES, NOW))));
  });

  test("holds paths of up to 255 bytes, parted at a slash", () => {
    const path = `${"d".repeat(90)}/${"e".repeat(60)}/${"f".repeat(100)}`;
    const { stdout, said } = run("tar", ["-tf", "-"], tar([{ path, mode: 0o644, data: Buffer.from("x") }], NOW));
    expect(said).toBe("");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(path);
  });

  test.each([
    ["a".repeat(101), "too long"],
    ["/etc/passwd", "not a relative path"],
    ["a/../../b", "not a relative path"],
  ])("does not take %j", (path, why) => {
    expect(() => tar([{ path, mode: 0o644, data: Buffer.alloc(0) }], NOW)).toThrow(why);
  });

  test("takes no path twice", () => {
    const twice = { path: "a", mode: 0o644, data: Buffer.alloc(0) };
    expect(() => tar([twice, twice], NOW)).toThrow("twice");
  });
});
