import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { removeFiles, tidyTemporaries, writeFiles } from "../../scripts/system/files.ts";
import { observeOperations } from "../../scripts/system/operation.ts";
import { isTemporary } from "../../scripts/system/replace.ts";
import { scratch } from "./scratch.ts";

const FILES = new URL("../../scripts/system/files.ts", import.meta.url).href;

afterEach(() => observeOperations(null));

const mode = (root: string, path: string) => (statSync(join(root, path)).mode & 0o777).toString(8);

describe("writeFiles", () => {
  test("writes text and bytes, makes directories, and leaves no temporary file", async () => {
    const root = scratch();
    await writeFiles(root, [
      { path: "pki/a/b.txt", data: "grüße\n" },
      { path: "pki/a/c.bin", data: new Uint8Array([0, 255]) },
    ]);
    expect(readFileSync(join(root, "pki/a/b.txt"), "utf8")).toBe("grüße\n");
    expect([...readFileSync(join(root, "pki/a/c.bin"))]).toEqual([0, 255]);
    expect(readdirSync(join(root, "pki/a")).sort()).toEqual(["b.txt", "c.bin"]);
  });

  test("keys are 0600 from the first byte, in directories that are 0700", async () => {
    const root = scratch();
    const seen: string[] = [];
    observeOperations((operation) => {
      const directory = join(root, "pki/private/by_serial");
      if (operation !== "flush" || !existsSync(directory)) return;
      for (const name of readdirSync(directory)) seen.push(mode(root, `pki/private/by_serial/${name}`));
    });
    await writeFiles(root, [{ path: "pki/private/by_serial/4A.key", data: "secret" }]);
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set(["600"]));
    expect(mode(root, "pki/private")).toBe("700");
    expect(mode(root, "pki/private/by_serial")).toBe("700");
  });

  test("what a killed run of the same process id left is not in the way, nor followed", async () => {
    const root = scratch();
    const outside = scratch();
    symlinkSync(join(outside, "target"), join(root, `.a.${process.pid}.tmp`));
    await writeFiles(root, [{ path: "a", data: "ours" }]);
    expect(readFileSync(join(root, "a"), "utf8")).toBe("ours");
    expect(lstatSync(join(root, "a")).isFile()).toBe(true);
    expect(readdirSync(outside)).toEqual([]);
  });

  test("a given mode is kept", async () => {
    const root = scratch();
    await writeFiles(root, [{ path: "run.sh", data: "", mode: 0o700 }]);
    expect(mode(root, "run.sh")).toBe("700");
  });

  test("a symlinked directory is refused, and nothing is written behind it", async () => {
    const root = scratch();
    const outside = scratch();
    mkdirSync(join(root, "pki"));
    symlinkSync(outside, join(root, "pki/private"));
    const writing = writeFiles(root, [{ path: "pki/private/ca.key", data: "secret" }]);
    await expect(writing).rejects.toThrow("pki/private is a symlink where a directory belongs");
    expect(readdirSync(outside)).toEqual([]);
  });

  test("a symlink in the file's own place is replaced, not followed", async () => {
    const root = scratch();
    const outside = scratch();
    writeFileSync(join(outside, "target"), "theirs");
    symlinkSync(join(outside, "target"), join(root, "crl.pem"));
    await writeFiles(root, [{ path: "crl.pem", data: "ours" }]);
    expect(readFileSync(join(outside, "target"), "utf8")).toBe("theirs");
    expect(readFileSync(join(root, "crl.pem"), "utf8")).toBe("ours");
  });

  test.each(["../x", "/etc/x", "a/../../x", "a//b", ""])("the path %j is a bug, not a file", async (path) => {
    await expect(writeFiles(scratch(), [{ path, data: "" }])).rejects.toThrow("not a path inside the repository");
  });

  test("a failure in the middle of a batch leaves old files whole and no temporary ones", async () => {
    const root = scratch();
    writeFileSync(join(root, "b"), "old");
    observeOperations((operation, path) => {
      if (operation === "rename" && path === "b") throw new Error("disk on fire");
    });
    const batch = ["a", "b", "c"].map((path) => ({ path, data: "new" }));
    await expect(writeFiles(root, batch)).rejects.toThrow("disk on fire");
    expect(readdirSync(root).sort()).toEqual(["a", "b"]);
    expect(readFileSync(join(root, "b"), "utf8")).toBe("old");
  });

  test("an operation that fails is told with its path and what to do", async () => {
    const root = scratch();
    mkdirSync(join(root, "taken/inside"), { recursive: true });
    const writing = writeFiles(root, [{ path: "taken", data: "" }]);
    await expect(writing).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(/^cannot rename taken:/),
    });
  });

  test("many small files are made durable by one flush, not by one each", async () => {
    const root = scratch();
    let flushes = 0;
    observeOperations((operation) => {
      if (operation === "flush") flushes += 1;
    });
    const files = Array.from({ length: 2000 }, (_, i) => ({ path: `keys/${i}`, data: "x".repeat(800) }));
    await writeFiles(root, files);
    expect(readdirSync(join(root, "keys")).length).toBe(2000);
    expect(flushes).toBeLessThan(10);
  });
});

test("killed at any operation, every file is whole or as it was, and the next run can tidy up", () => {
  const script = `
    import { writeFiles } from ${JSON.stringify(FILES)};
    await writeFiles(process.argv[1], ["a", "b"].map((name) => ({ path: "pki/" + name, data: "new ".repeat(1000) })));
  `;
  let survived = false;
  for (let fault = 1; !survived; fault += 1) {
    const root = scratch();
    mkdirSync(join(root, "pki"));
    writeFileSync(join(root, "pki/b"), "old");
    const env = { ...process.env, GATEHOUSE_FAULT: String(fault) };
    const { signal } = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script, root], { env });
    survived = signal === null;
    const whole = "new ".repeat(1000);
    const a = existsSync(join(root, "pki/a")) ? readFileSync(join(root, "pki/a"), "utf8") : whole;
    expect(a).toBe(whole);
    expect(["old", whole]).toContain(readFileSync(join(root, "pki/b"), "utf8"));
    const strays = readdirSync(join(root, "pki")).filter((name) => name !== "a" && name !== "b");
    expect(strays.every(isTemporary)).toBe(true);
    if (survived) expect(fault).toBeGreaterThan(5);
  }
});

test("tidyTemporaries removes what a killed run left and nothing else", async () => {
  const root = scratch();
  mkdirSync(join(root, "pki"));
  for (const name of [".ca.crt.123.tmp", ".hidden", "x.tmp", "ca.crt"]) writeFileSync(join(root, "pki", name), "");
  expect(await tidyTemporaries(root, ["pki", "pki/none"])).toEqual(["pki/.ca.crt.123.tmp"]);
  expect(readdirSync(join(root, "pki")).sort()).toEqual([".hidden", "ca.crt", "x.tmp"]);
});

test("removeFiles removes files, ignores absent ones, and does not reach through a symlink", async () => {
  const root = scratch();
  const outside = scratch();
  writeFileSync(join(outside, "x"), "");
  symlinkSync(outside, join(root, "link"));
  writeFileSync(join(root, "y"), "");
  await removeFiles(root, ["y", "none/z"]);
  expect(existsSync(join(root, "y"))).toBe(false);
  await expect(removeFiles(root, ["link/x"])).rejects.toThrow("link is a symlink");
  expect(existsSync(join(outside, "x"))).toBe(true);
});
