import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRequest, serialOf } from "./support/judges.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }", dora: "{ groups: [guests], csr: true }" };
const CHANGED = clientsYaml({ alice: CLIENTS.alice, dora: CLIENTS.dora, carol: "{ groups: [guests] }" });
const LATER = "2026-11-22T12:00:00Z";
const ESCAPE = "\u001b";

let ready: Repository;
beforeAll(async () => {
  ready = Repository.fresh(clientsYaml(CLIENTS));
  makeRequest(ready, "dora");
  const { code, stderr } = await ready.run("start", "--now", NOON);
  if (code !== 0) throw new Error(stderr);
  ready.commit("Make the authority");
});
afterAll(() => ready?.[Symbol.dispose]());

/** plan and reconcile of a change in a repository that somebody has tampered with; neither may crash or hang. */
async function runBoth(twin: Repository): Promise<{ codes: (number | null)[]; words: string }> {
  twin.write("clients.yaml", CHANGED);
  const runs = [await twin.run("plan", "--now", LATER), await twin.run("reconcile", "--now", LATER)];
  const words = runs.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  expect(words).not.toContain(ESCAPE);
  expect(words).not.toMatch(/^ {4}at /m);
  return { codes: runs.map(({ code }) => code), words };
}

describe("a symlink in place of a directory", () => {
  it.each([
    "pki/issued",
    "pki/private",
    "pki/private/by_serial",
    "pki/certs_by_serial",
    "pki/revoked",
    "pki/nginx",
    "pki/reqs",
  ])("%s leads nowhere: nothing outside is read, written or removed", async (directory) => {
    using twin = ready.copy();
    const outside = twin.beside("outside");
    if (existsSync(twin.at(directory))) renameSync(twin.at(directory), outside);
    else mkdirSync(outside);
    writeFileSync(`${outside}/keep.txt`, "keep\n");
    const before = readdirSync(outside).sort();
    symlinkSync(outside, twin.at(directory));
    const { codes, words } = await runBoth(twin);
    expect(readdirSync(outside).sort()).toEqual(before);
    expect(codes).toEqual([1, 1]);
    expect(words).toContain(directory);
  });

  it("pki itself a symlink: the same", async () => {
    using twin = ready.copy();
    const outside = twin.beside("outside");
    renameSync(twin.at("pki"), outside);
    symlinkSync(outside, twin.at("pki"));
    const list = () => readdirSync(outside, { recursive: true, encoding: "utf8" }).sort();
    const before = list();
    const { codes, words } = await runBoth(twin);
    expect(list()).toEqual(before);
    expect(codes).toEqual([1, 1]);
    expect(words).toContain("pki");
  });
});

describe("a symlink in place of a file", () => {
  it.each([
    "pki/crl.pem",
    "pki/ca.crt",
    "pki/registry.yaml",
    "pki/index.txt",
    "pki/issued/alice.crt",
    "pki/private/ca.key",
    "pki/nginx/clients.map",
  ])("%s is never written through", async (path) => {
    using twin = ready.copy();
    const outside = twin.beside("outside");
    renameSync(twin.at(path), outside);
    symlinkSync(outside, twin.at(path));
    const before = readFileSync(outside);
    await runBoth(twin);
    expect(readFileSync(outside)).toEqual(before);
  });

  it("a request that points at a secret tells nothing of it", async () => {
    using twin = ready.copy();
    const secret = twin.beside("secret");
    writeFileSync(secret, "-----BEGIN CERTIFICATE REQUEST-----\ns3cret\n-----END CERTIFICATE REQUEST-----\n");
    rmSync(twin.at("pki/reqs/dora.req"));
    symlinkSync(secret, twin.at("pki/reqs/dora.req"));
    const { codes, words } = await runBoth(twin);
    expect(codes).toEqual([1, 1]);
    expect(words).toContain("pki/reqs/dora.req");
    expect(words).not.toContain("s3cret");
  });

  it("clients.yaml as a symlink out of the repository is not followed", async () => {
    using twin = ready.copy();
    rmSync(twin.at("clients.yaml"));
    writeFileSync(twin.beside("elsewhere.yaml"), "s3cret: 1\n");
    symlinkSync(twin.beside("elsewhere.yaml"), twin.at("clients.yaml"));
    const { code, stdout, stderr } = await twin.run("plan", "--now", LATER);
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain("s3cret");
    expect(stderr).toContain("clients.yaml");
  });
});

describe("a FIFO", () => {
  it.each(["pki/reqs/evil.req", "pki/crl.pem", "pki/ca.crt", "pki/private/ca.key", "pki/nginx/x", "clients.yaml"])(
    "as %s is reported, not waited for",
    async (path) => {
      using twin = ready.copy();
      rmSync(twin.at(path), { force: true });
      execFileSync("mkfifo", [twin.at(path)]);
      for (const command of ["plan", "reconcile"] as const) {
        const ran = await twin.runAlone(command, "--now", "2027-11-01T00:00:00Z");
        expect(ran, command).toMatchObject({ signal: null, code: 1 });
        expect(ran.stdout + ran.stderr).toContain(path);
      }
    },
  );
});

describe("file names made to deceive", () => {
  const NAMES = [
    `evil${ESCAPE}[2K${ESCAPE}[1Aall is well`,
    "two\nlines",
    "dot\u202egnp.req",
    "..req",
    "--force",
    "$(id)",
    "a;b",
    "ü".repeat(60),
  ];

  it.each(["pki/reqs", "pki/nginx", "pki/issued", "pki/revoked", "pki/private"])(
    "in %s reach no terminal raw, and do no harm",
    async (directory) => {
      using twin = ready.copy();
      for (const name of NAMES) {
        twin.write(`${directory}/${name}`, "x\n");
        twin.write(`${directory}/${name}.req`, "x\n");
      }
      const { words } = await runBoth(twin);
      expect(words).not.toContain("\u202e");
      expect(words).not.toMatch(/^lines/m);
      if (directory === "pki/nginx" || directory === "pki/issued") {
        expect(twin.list(directory).filter((name) => NAMES.includes(name))).toEqual([]);
        expect(await twin.run("plan", "--now", LATER, "--detailed-exitcode")).toMatchObject({ code: 0 });
      }
    },
  );

  it("in a certificate's file or a doubt's words neither", async () => {
    using twin = ready.copy();
    const alice = `pki/certs_by_serial/${serialOf(twin, "alice")}.pem`;
    twin.write(alice, `identity: ${ESCAPE}[31m\nwrong\n${twin.read(alice)}`);
    twin.write(`pki/revoked/${serialOf(twin, "bob")}.yaml`, `at: ${ESCAPE}]0;title\u0007\n`);
    const { codes } = await runBoth(twin);
    expect(codes).toEqual([1, 1]);
    const { stdout, stderr } = await twin.run("status", "--now", LATER);
    expect(stdout + stderr).not.toContain(ESCAPE);
  });

  it("in the YAML's own mistakes neither", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", `version: 1\n"${ESCAPE}[31m\u202e": 1\n"cli\\e[31ments": {}\n`);
    for (const command of ["plan", "reconcile", "status", "start"] as const) {
      const { code, stdout, stderr } = await twin.run(command, "--now", LATER);
      expect(code).toBe(1);
      expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
    }
  });
});
