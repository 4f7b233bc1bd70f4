import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainly, prepare, write } from "../check/prepared.ts";
import { plainEnvironment } from "../system/scratch.ts";

let directory = "";
let root = "";
beforeAll(async () => {
  plainly();
  directory = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
  root = (await prepare(directory)).root;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function check(root: string, ...argv: string[]) {
  const line = [resolve("scripts/check.ts"), ...argv];
  const { status, stdout, stderr } = spawnSync(process.execPath, line, {
    cwd: root,
    env: plainEnvironment(),
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("check as a command", () => {
  it("says on stderr that everything holds, and exits 0", () => {
    expect(check(root)).toEqual({
      status: 0,
      stdout: "",
      stderr: expect.stringMatching(/^Everything holds: .*6 certificates/),
    });
    expect(JSON.parse(check(root, "--json").stdout)).toEqual({ findings: [] });
  });

  it("exits 0 for warnings alone, 1 for anything that blocks, with the findings on stdout, by path", () => {
    const copy = join(directory, "copy");
    cpSync(root, copy, { recursive: true });
    write(copy, "pki/notes.txt", "x");
    const warned = check(copy);
    expect(warned).toMatchObject({ status: 0, stderr: "1 warning (!) among 6 certificates.\n" });
    expect(warned.stdout).toBe(
      "! Unexpected  pki/notes.txt: is no file that Gatehouse knows of → rm -- pki/notes.txt\n",
    );
    write(copy, "pki/index.txt", "");
    chmodSync(join(copy, "pki/private/alice.key"), 0o640);
    const { status, stdout } = check(copy, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          code: "Drifted",
          level: "block",
          path: "pki/index.txt",
          message: expect.any(String),
          fix: "npm run reconcile",
        },
        {
          code: "Unexpected",
          level: "warn",
          path: "pki/notes.txt",
          message: expect.any(String),
          fix: "rm -- pki/notes.txt",
        },
        {
          code: "Mode",
          level: "block",
          path: "pki/private/alice.key",
          message: expect.any(String),
          fix: "chmod 600 pki/private/alice.key",
        },
      ],
    });
  });
});
