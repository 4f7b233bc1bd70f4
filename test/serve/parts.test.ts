import { X509Certificate } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { HOLDER, PREFIX, tidyStale } from "../../scripts/serve/directory.ts";
import { sampleFiles } from "../../scripts/serve/fill.ts";
import { followLines } from "../../scripts/serve/follow.ts";
import { chooseServer } from "../../scripts/serve/job.ts";
import { makeThrowaway } from "../../scripts/serve/material.ts";
import { explain } from "../../scripts/serve/nginx.ts";
import { choosePorts } from "../../scripts/serve/ports.ts";
import { findFile } from "../../scripts/serve/roots.ts";
import { self } from "../../scripts/system/holder.ts";
import { registry, repository, server } from "../servers/nginx-samples.ts";
import { scratch } from "../system/scratch.ts";

describe("which server", () => {
  const servers = {
    s: server({ names: ["s"], software: "stunnel" }),
    a1: server({ names: ["a"] }),
    b1: server({ names: ["b"] }),
  };
  const sample = registry({ repositories: {}, groups: {}, clients: {}, servers });

  test("is the first with nginx, or the one that is named", () => {
    expect(chooseServer(sample, null)).toBe("a1");
    expect(chooseServer(sample, "b1")).toBe("b1");
  });

  test.each([
    ["b2", "there is no server b2"],
    ["s", "s runs stunnel"],
  ])("cannot be %s", (name, words) => {
    expect(() => chooseServer(sample, name)).toThrow(words);
  });

  test("is none where none runs nginx", () => {
    expect(() => chooseServer({ ...sample, servers: new Map() }, null)).toThrow("no server with software: nginx");
  });
});

describe("sample content", () => {
  test.each([
    ["pkg", "meta.conf"],
    ["apt", "dists/bookworm/Release"],
    ["pkgsrc", "All/pkg_summary"],
    ["files", "hello.txt"],
  ] as const)("of type %s says of itself that it is one, in %s and on an index page", (type, first) => {
    const files = sampleFiles("r", { ...repository({ path: "/r/", root: "/srv/r" }), type, suite: "bookworm" });
    expect(files[0].path).toBe(first);
    expect(files.at(-1)).toMatchObject({ path: "index.html", text: expect.stringContaining(`href="${first}"`) });
    for (const { text } of files) expect(text).toContain("Sample content");
  });
});

describe("a file to ask for", () => {
  const of = (type: "pkg" | "files", files: readonly string[]) => {
    const root = scratch();
    for (const file of files) {
      mkdirSync(join(root, file, ".."), { recursive: true });
      writeFileSync(join(root, file), "x");
    }
    symlinkSync("/etc/passwd", join(root, "0-link"));
    return findFile({ ...repository({ path: "/r/", root }), type });
  };

  test.each<[string, "pkg" | "files", readonly string[], string | null]>([
    ["is what the type's clients read first", "pkg", ["a.txt", "meta.conf"], "meta.conf"],
    ["is any other where that is missing", "pkg", ["a.txt"], "a.txt"],
    ["may be deeper", "files", ["a/b/c.txt"], "a/b/c.txt"],
    ["is no dotfile and no link", "files", [".secret", ".git/config"], null],
    ["is not looked for all the way down", "files", ["a/b/c/d/e.txt"], null],
  ])("%s", (_, type, files, expected) => {
    expect(of(type, files)).toBe(expected);
  });
});

describe("a throwaway certificate", () => {
  test("is for the server's names, by an authority of its own, and different every time", async () => {
    const now = Math.floor(Date.now() / 1000);
    const { ca, certificate, key } = await makeThrowaway(["a.example.com", "b.example.com"], now);
    const read = new X509Certificate(certificate);
    expect(read.checkHost("b.example.com")).toBe("b.example.com");
    expect(read.verify(new X509Certificate(ca).publicKey)).toBe(true);
    expect(key).toContain("PRIVATE KEY");
    expect((await makeThrowaway(["a.example.com"], now)).ca).not.toBe(ca);
  });
});

describe("ports", () => {
  test("are free, and two", async () => {
    const { tls, plain } = await choosePorts(null);
    expect(tls).not.toBe(plain);
    expect((await choosePorts(tls)).tls).toBe(tls);
  });

  test.each([0, 65_536])("%i is none", async (port) => {
    await expect(choosePorts(port)).rejects.toThrow(`${port} is not a port`);
  });

  test("in use are said to be", async () => {
    const { tls } = await choosePorts(null);
    const blocker = createServer();
    await new Promise<void>((done) => blocker.listen(tls, "127.0.0.1", done));
    await expect(choosePorts(tls)).rejects.toThrow(`port ${tls} is in use`);
    blocker.close();
  });
});

describe("following a log", () => {
  test("gives whole lines, also of a file that comes later, and the rest only when asked", async () => {
    const file = join(scratch(), "log");
    const lines: string[] = [];
    const log = followLines(file, (text) => lines.push(text));
    writeFileSync(file, "one\ntw");
    await vi.waitFor(() => expect(lines).toEqual(["one"]));
    appendFileSync(file, "ö\nthree\n");
    log.stop(true);
    expect(lines).toEqual(["one", "twö", "three"]);
    appendFileSync(file, "four\n");
    // One that begins after the other has stopped reads later than the other would have.
    const later: string[] = [];
    const other = followLines(file, (text) => later.push(text));
    await vi.waitFor(() => expect(later).toContain("four"));
    other.stop(false);
    expect(lines).toHaveLength(3);
  });
});

describe("what killed runs left", () => {
  const leave = (base: string, holder: object | null) => {
    const directory = mkdtempSync(join(base, PREFIX));
    if (holder !== null) writeFileSync(join(directory, HOLDER), JSON.stringify(holder));
    return directory;
  };

  test("is removed; what is in use, just being made, or of another name stays", async () => {
    const base = scratch();
    const me = self("serve", 0);
    const dead = leave(base, { ...me, boot: "another" });
    const old = leave(base, null);
    utimesSync(old, 1000, 1000);
    const kept = [leave(base, me), leave(base, null), mkdtempSync(join(base, "gatehouse-other-"))];
    symlinkSync(dead, join(base, `${PREFIX}link`));
    expect((await tidyStale([base, join(base, "nowhere")])).sort()).toEqual([dead, old].sort());
    expect(readdirSync(base).sort()).toEqual(
      [...kept.map((path) => path.slice(base.length + 1)), `${PREFIX}link`].sort(),
    );
  });
});

describe("nginx's words", () => {
  test.each([
    [
      "without wrapping, each once",
      "nginx: [emerg] bind() failed\n2026/11/21 22:48:00 [emerg] 7#7: bind() failed\n",
      "bind() failed",
    ],
    ["without our directory", "nginx: [emerg] no such file /tmp/x/pki/ca.crt", "no such file pki/ca.crt"],
    ["as they are, where they have another form", "Segmentation fault\n", "Segmentation fault"],
    ["even if there are none", "", "it ended without a word"],
  ])("are given %s", (_, words, expected) => {
    expect(explain(words, "/tmp/x").message).toBe(`nginx does not run: ${expected}`);
  });
});
