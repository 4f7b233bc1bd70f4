import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSealed } from "../../scripts/vault/seal.ts";
import { verdict } from "./support/judges.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";
import { startAtTerminal } from "./support/terminal.ts";

const CA_KEY = "pki/private/ca.key";
const SECRET = "correct horse battery stäple";
const WRONG = "not the one";
const BEFORE = clientsYaml({ alice: "{ groups: [staff] }" });
const AFTER = clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" });
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
let given: Record<string, string>;
let wrong: Record<string, string>;
beforeAll(async () => {
  ready = Repository.fresh(BEFORE);
  given = { GATEHOUSE_CA_PASSPHRASE_FILE: ready.beside("passphrase") };
  wrong = { GATEHOUSE_CA_PASSPHRASE: WRONG };
  writeFileSync(ready.beside("passphrase"), `${SECRET}\n`, { mode: 0o600 });
  const made = await ready.runWith(given, "start", "--now", NOON);
  expect(made).toMatchObject({ code: 0 });
  expect(made.stdout + made.stderr).not.toContain(SECRET);
  ready.settle("Make the authority");
  ready.write("clients.yaml", AFTER);
});
afterAll(() => ready?.[Symbol.dispose]());

const openssl = (repository: Repository, args: readonly string[]) =>
  execFileSync("openssl", args, { cwd: repository.root, encoding: "utf8", env: environment() });
const PASSIN = () => `file:${given["GATEHOUSE_CA_PASSPHRASE_FILE"]}`;

describe("an authority that was made with a passphrase in the environment", () => {
  it("has a key that openssl opens with it, encrypted once more on its way into git", async () => {
    expect(ready.read(CA_KEY)).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(openssl(ready, ["asn1parse", "-in", CA_KEY])).toMatch(/PBES2[\s\S]*hmacWithSHA256[\s\S]*aes-256-cbc/);
    const half = openssl(ready, ["pkey", "-in", CA_KEY, "-passin", PASSIN(), "-pubout"]);
    expect(half).toBe(openssl(ready, ["x509", "-in", "pki/ca.crt", "-noout", "-pubkey"]));
    const blob = execFileSync("git", ["cat-file", "blob", `HEAD:${CA_KEY}`], { cwd: ready.root });
    expect(isSealed(blob)).toBe(true);
    const audit = await ready.run("guard", "--audit", "--json");
    expect(JSON.parse(audit.stdout)).toEqual({ findings: [] });
  });

  it("issues with it what openssl's strictest check passes", async () => {
    using repository = ready.copy();
    expect(await repository.runWith(given, "reconcile", "--now", LATER, "--commit")).toMatchObject({ code: 0 });
    expect(verdict(repository, "pki/issued/bob.crt", LATER)).toBe("OK");
    expect(await repository.runWith(given, "plan", "--now", LATER, "--detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it.each([
    [
      "without it, where there is no terminal",
      () => ({}),
      /wants a passphrase or PIN, and there is no terminal to ask/,
    ],
    ["with another", () => wrong, /that GATEHOUSE_CA_PASSPHRASE gives does not open pki\/private\/ca\.key/],
    [
      "with a file that is not there",
      () => ({ GATEHOUSE_CA_PASSPHRASE_FILE: "/nowhere" }),
      /cannot be read \(ENOENT\)/,
    ],
    ["with an empty file", () => ({ GATEHOUSE_CA_PASSPHRASE_FILE: "/dev/null" }), /first line of \/dev\/null is empty/],
  ])("does nothing %s, says what to do, and no secret", async (_, variables, said) => {
    using repository = ready.copy();
    const before = repository.fingerprint("pki");
    const { code, stdout, stderr } = await repository.runWith(variables(), "reconcile", "--now", LATER);
    expect(code).toBe(1);
    expect(stderr).toMatch(said);
    expect(stdout + stderr).not.toMatch(new RegExp(`${SECRET}|${WRONG}`));
    expect(repository.fingerprint("pki")).toEqual(before);
  });

  it("is planned and checked without it; with it, check looks at the key too", async () => {
    using repository = ready.copy();
    repository.write("clients.yaml", BEFORE);
    expect(await repository.run("plan", "--now", NOON, "--detailed-exitcode")).toMatchObject({ code: 0 });
    const without = await repository.run("check", "--now", NOON);
    expect(without.stderr + without.stdout).toContain("because pki/private/ca.key has a passphrase");
    const findings = async (variables: Record<string, string>) => {
      const { stdout } = await repository.runWith(variables, "check", "--json", "--now", NOON);
      return (JSON.parse(stdout).findings as { path: string; message: string }[]).filter(({ path }) => path === CA_KEY);
    };
    expect(await findings({})).toEqual([]);
    expect(await findings(given)).toEqual([]);
    expect(await findings(wrong)).toMatchObject([{ message: "is not opened by the passphrase that is given" }]);
    openssl(repository, [
      "genpkey",
      "-algorithm",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-aes256",
      "-pass",
      PASSIN(),
      "-out",
      CA_KEY,
    ]);
    expect(await findings(given)).toMatchObject([{ message: "is not the key of its certificate" }]);
  });

  it("asks for it at the terminal, again where it was wrong, and shows nothing of what is typed", async () => {
    using repository = ready.copy();
    const prompt = `Passphrase or PIN of ${CA_KEY}: `;
    const typed = [[prompt, `${WRONG}\r`] as const, [prompt, `${SECRET}\r`] as const];
    const { code, screen } = await startAtTerminal(repository, typed, ["--now", LATER]);
    expect({ code, screen }).toMatchObject({ code: 0 });
    expect(screen).not.toMatch(new RegExp(`${SECRET}|${WRONG}`));
    expect(verdict(repository, "pki/issued/bob.crt", LATER)).toBe("OK");
  });

  it("gives up after three wrong ones, and nothing was done", async () => {
    using repository = ready.copy();
    const before = repository.fingerprint("pki");
    const typed = Array.from({ length: 3 }, () => [`of ${CA_KEY}: `, `${WRONG}\r`] as const);
    const { code, screen } = await startAtTerminal(repository, typed, ["--now", LATER]);
    expect(code).toBe(1);
    expect(screen).toContain("3 times; nothing was done");
    expect(repository.fingerprint("pki")).toEqual(before);
  });
});

it("is put on a key by the line in docs/custody.md, and taken off again, and all goes on", async () => {
  using repository = await Repository.ready(BEFORE);
  const plain = repository.read(CA_KEY);
  const how = ["-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "600000"];
  openssl(repository, ["pkcs8", ...how, "-in", CA_KEY, "-out", `${CA_KEY}.new`, "-passout", PASSIN()]);
  renameSync(repository.at(`${CA_KEY}.new`), repository.at(CA_KEY));
  repository.commit("Give the authority's key a passphrase");
  repository.write("clients.yaml", AFTER);
  expect(await repository.run("reconcile", "--now", LATER)).toMatchObject({ code: 1 });
  expect(await repository.runWith(given, "reconcile", "--now", LATER, "--commit")).toMatchObject({ code: 0 });
  expect(verdict(repository, "pki/issued/bob.crt", LATER)).toBe("OK");
  expect(await repository.run("guard", "--audit")).toMatchObject({ code: 0 });
  openssl(repository, ["pkey", "-in", CA_KEY, "-passin", PASSIN(), "-out", `${CA_KEY}.new`]);
  expect(repository.read(`${CA_KEY}.new`)).toBe(plain);
});
