import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Data only: the template's clients.yaml, and no state. */
let root = "";
let broken = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "status-"));
  cpSync("clients.yaml", join(root, "clients.yaml"));
  broken = mkdtempSync(join(tmpdir(), "status-"));
  writeFileSync(join(broken, "clients.yaml"), "version: 1\nclientz: {}\n");
});
afterAll(() => {
  for (const directory of [root, broken]) rmSync(directory, { recursive: true });
});

function status(directory: string, ...argv: string[]) {
  const line = [resolve("scripts/status.ts"), "--root", directory, "--now", "2026-11-21", ...argv];
  const { status: code, stdout, stderr } = spawnSync(process.execPath, line, { encoding: "utf8" });
  return { code, stdout, stderr };
}

describe("status as a command", () => {
  it("prints identities and reach on stdout, and nothing else", () => {
    const { code, stdout, stderr } = status(root);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Authority {2}none yet/);
    expect(stdout).toContain("\nmissing ");
    expect(stdout).toContain("\nrepository ");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("gives a script JSON, narrowed to one client", () => {
    const { identities } = JSON.parse(status(root, "--json").stdout);
    const { name } = identities[0];
    const one = JSON.parse(status(root, "--json", "--client", name).stdout);
    expect(one).toMatchObject({ asOf: "2026-11-21T00:00:00Z", authority: null, crl: null, identities: [{ name }] });
  });

  it.each([
    ["a client that is not there", ["--client", "alicf"], "there is no client, server or signer alicf"],
    ["a repository that is not there", ["--repository", "bookwrom"], "Did you mean bookworm?"],
    ["a serial that is none", ["--serial", "xyz"], '--serial: "xyz" is not a serial number'],
    ["a serial that is not there", ["--serial", "serial=5f:3A"], "no certificate here has the serial number 5F3A"],
  ])("%s is a mistake with a hint, and exits 1", (_, argv, words) => {
    const { code, stdout, stderr } = status(root, ...argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(words);
  });

  it("a registry that cannot be read is said so, exits 1, and what is known is shown all the same", () => {
    const { code, stdout, stderr } = status(broken);
    expect(code).toBe(1);
    expect(stderr).toContain("clients.yaml:2:1: ");
    expect(stderr).toContain("when it was last carried out");
    expect(stdout).toContain("Authority  none yet");
  });
});
