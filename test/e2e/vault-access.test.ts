/** docs/operations.md, "Who can read the keys", command by command, with the real git-crypt and GnuPG. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseKeyFile } from "../../scripts/vault/key-file.ts";
import { isSealed, open } from "../../scripts/vault/seal.ts";
import { committed } from "../vault/git-crypt.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const CA_KEY = "pki/private/ca.key";
const PERSON = "colleague@example.com";

let ready: Repository;
/** The colleague's GnuPG, whose public key the administrator has as well. */
let gnupg: string;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }" }));
  gnupg = ready.beside("g");
  mkdirSync(gnupg, { mode: 0o700 });
  const quick = ["--batch", "--passphrase", "", "--quick-generate-key", PERSON, "future-default", "default", "never"];
  execFileSync("gpg", quick, { env: environment({ GNUPGHOME: gnupg }), stdio: "ignore" });
});
afterAll(() => {
  execFileSync("gpgconf", ["--kill", "all"], { env: environment({ GNUPGHOME: gnupg }) });
  ready?.[Symbol.dispose]();
});

const gitCrypt = (repository: Repository, ...args: readonly string[]) =>
  execFileSync("git-crypt", args, { cwd: repository.root, env: environment({ GNUPGHOME: gnupg }), stdio: "pipe" });
const keyOf = (file: string) => parseKeyFile(readFileSync(file));

describe("a colleague with GnuPG", () => {
  it("is added, unlocks, loses access with rekey, and is added again", async () => {
    using twin = ready.copy();
    gitCrypt(twin, "add-gpg-user", "--trusted", PERSON);
    using clone = twin.clone();
    expect(await clone.runWith({ GNUPGHOME: gnupg }, "unlock")).toMatchObject({ code: 0 });
    expect(clone.read(CA_KEY)).toBe(twin.read(CA_KEY));
    expect(clone.git("config", "filter.git-crypt.process")).toContain("gatehouse");

    const { code, stderr } = await twin.run("rekey");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const [, person = ""] = /git-crypt add-gpg-user ([0-9A-F]{40})/.exec(stderr) ?? [];
    expect(twin.git("ls-files", ".git-crypt/keys")).toBe("");
    using second = twin.clone();
    expect(await second.runWith({ GNUPGHOME: gnupg }, "unlock")).toMatchObject({ code: 1 });

    gitCrypt(twin, "add-gpg-user", "--trusted", person);
    second.git("pull", "--quiet");
    expect(await second.runWith({ GNUPGHOME: gnupg }, "unlock")).toMatchObject({ code: 0 });
    expect(second.read(CA_KEY)).toBe(twin.read(CA_KEY));
  });
});

describe("CI", () => {
  it("gets the key as one variable", async () => {
    const encoded = execFileSync("sh", ["-c", "git-crypt export-key /dev/stdout | base64"], {
      cwd: ready.root,
      env: environment(),
      encoding: "utf8",
    });
    using clone = ready.clone();
    clone.write("clients.yaml", clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" }));
    const ran = await clone.runWith({ GATEHOUSE_KEY: encoded }, "reconcile", "--commit", "--now", NOON);
    expect(ran).toMatchObject({ code: 0 });
    expect(isSealed(committed(clone.root, "pki/private/bob.key"))).toBe(true);
  });
});

describe("taking access away", () => {
  it("needs new keys: what the old git-crypt key opens stays in the history", async () => {
    using twin = ready.copy();
    const old = twin.exportKey();
    await twin.run("rekey");
    const history = execFileSync("git", ["cat-file", "blob", `HEAD~1:${CA_KEY}`], { cwd: twin.root });
    expect(open(keyOf(old), history).toString()).toBe(twin.read(CA_KEY));
    expect(() => open(keyOf(old), committed(twin.root, CA_KEY))).toThrow("another key");
  });
});

describe("least privilege: a second key for the authority's own", () => {
  async function separated(): Promise<Repository> {
    const repository = Repository.fresh(clientsYaml({ alice: "{ groups: [staff] }" }));
    gitCrypt(repository, "init");
    gitCrypt(repository, "init", "-k", "authority");
    appendFileSync(repository.at(".gitattributes"), `${CA_KEY} filter=git-crypt-authority diff=git-crypt-authority\n`);
    expect(await repository.run("start", "--now", NOON)).toMatchObject({ code: 0 });
    repository.commit("Make the authority");
    gitCrypt(repository, "export-key", "-k", "authority", repository.beside("authority.key"));
    return repository;
  }
  const OTHERS = clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" });

  it("each key opens its own files and no other", async () => {
    using repository = await separated();
    const [common, authority] = [repository.exportKey(), repository.beside("authority.key")];
    expect(open(keyOf(authority), committed(repository.root, CA_KEY)).toString()).toBe(repository.read(CA_KEY));
    expect(() => open(keyOf(common), committed(repository.root, CA_KEY))).toThrow("another key");
    expect(open(keyOf(common), committed(repository.root, "pki/private/alice.key")).toString()).toBe(
      repository.read("pki/private/alice.key"),
    );
    expect((await repository.run("check", "--now", NOON)).stdout).not.toMatch(/Attributes|Filter/);
  });

  it("in a locked clone the common key signs nothing; both together do, for CI", async () => {
    using repository = await separated();
    const [common, authority] = [repository.exportKey(), repository.beside("authority.key")];
    using clone = repository.clone();
    clone.write("clients.yaml", OTHERS);
    const alone = await clone.runWith({ GATEHOUSE_KEY_FILE: common }, "reconcile", "--now", NOON);
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining("git-crypt's key authority") });
    const both = { GATEHOUSE_KEY_FILE: `${common}:${authority}` };
    expect(await clone.runWith(both, "reconcile", "--commit", "--now", NOON)).toMatchObject({ code: 0 });
    expect(isSealed(committed(clone.root, "pki/private/bob.key"))).toBe(true);
    const encoded = [common, authority].map((file) => readFileSync(file).toString("base64")).join(",");
    expect(await clone.runWith({ GATEHOUSE_KEY: encoded }, "check", "--now", NOON)).toMatchObject({ code: 0 });
  });

  it("a clone unlocked with the common key alone works with the rest, and is unlocked further by the other", async () => {
    using repository = await separated();
    const [common, authority] = [repository.exportKey(), repository.beside("authority.key")];
    using clone = repository.clone();
    const { code, stderr } = await clone.run("unlock", "--key-file", common);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("key authority stay ciphertext"),
    });
    expect(isSealed(readFileSync(clone.at(CA_KEY)))).toBe(true);
    expect(clone.read("pki/private/alice.key")).toContain("PRIVATE KEY");
    expect(clone.git("status", "--porcelain")).toBe("");
    expect(await clone.run("unlock", "--key-file", authority)).toMatchObject({ code: 0 });
    clone.write("clients.yaml", OTHERS);
    expect(await clone.run("reconcile", "--commit", "--now", NOON)).toMatchObject({ code: 0 });
    expect(await clone.run("rekey", "--key-name", "authority")).toMatchObject({ code: 0 });
    expect(() => open(keyOf(authority), committed(clone.root, CA_KEY))).toThrow("another key");
    expect(open(keyOf(common), committed(clone.root, "pki/private/alice.key")).toString()).toContain("PRIVATE KEY");
    expect(clone.git("status", "--porcelain")).toBe("");
  });
});
