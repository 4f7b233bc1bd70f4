import { expect, test } from "vitest";
import { bundleFiles } from "../../scripts/clients/bundle.ts";
import { CLIENT_KINDS } from "../../scripts/clients/index.ts";
import { timeOfDay } from "../../scripts/clients/timer.ts";
import { input, textOf } from "./bundle-samples.ts";

test("every file of the list is in the archive, and nothing in the archive is secret but the key", async () => {
  const files = bundleFiles(await input("bob", ["curl", "wget"]));
  const inside = new Set(files.map(({ path }) => path.replace("bob/", "")));
  const sources = [...(await textOf("files", "bob", ["curl", "wget"])).matchAll(/ (?:text|data):(\S+) /g)];
  expect(sources.length).toBeGreaterThan(6);
  for (const [, source = ""] of sources) expect(inside).toContain(source);
  expect(files.filter(({ mode }) => (mode & 0o077) === 0).map(({ path }) => path)).toEqual(["bob/key.pem"]);
});

test("the list names each target once for each system, in five words", async () => {
  const lines = (await textOf("files", "alice", ["curl", "wget"])).trimEnd().split("\n");
  expect(lines[0]).toBe("linux,freebsd,netbsd,macos 0600 root credential:key @ETC@/key.pem");
  for (const line of lines)
    expect(line).toMatch(/^[a-z,]+ 0[0-7]{3} (root|_apt) (text|data|credential):\S+ (@ETC@)?\/\S+$/);
});

test("all kinds together want no place twice", async () => {
  const text = await textOf("files", "alice", CLIENT_KINDS);
  expect(text.split("\n").length).toBeGreaterThan(30);
});

test("bundle.conf says who, until when, and where to renew", async () => {
  expect(await textOf("bundle.conf", "bob", ["curl"], null)).toBe(
    [
      "name=bob",
      "serial=5F00",
      "not-after=2026-11-22T12:00:00Z",
      "renew-before=3600",
      "key=request",
      "renew-url=https://pkg.example.com/.gatehouse/certificate",
      "renew-ca=server-ca\n",
    ].join("\n"),
  );
});

test("the README tells a secret bundle from one that is not", async () => {
  expect(await textOf("README", "bob", ["curl"])).toContain("key.pem is this client's key");
  expect(await textOf("README", "bob", ["curl"], null)).toContain("There is nothing secret in this directory");
});

test("clients that were installed in one minute do not renew in one minute", () => {
  const times = Array.from({ length: 100 }, (_, index) => timeOfDay(`client${index}`));
  for (const { minute, hour } of times) {
    expect(minute).toBeLessThan(60);
    expect(hour).toBeLessThan(24);
  }
  expect(new Set(times.map(({ minute, hour }) => `${hour}:${minute}`)).size).toBeGreaterThan(80);
});
