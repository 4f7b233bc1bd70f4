import { lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates, OpensslCa, serialOf, verdict } from "./support/judges.ts";
import { type Command, clientsYaml, NOON, Repository, runProgram, scriptOf } from "./support/repository.ts";

const REGISTRY = clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [guests], key: ed25519 }" });

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(REGISTRY, null);
});
afterAll(() => ready?.[Symbol.dispose]());

/** A command under an open umask: whatever mode is missing then was never asked for. */
function runOpen(repository: Repository, command: Command) {
  const line = [process.execPath, scriptOf(command), "--root", repository.root];
  return runProgram("/bin/sh", ["-c", 'umask 000; exec "$@"', "sh", ...line]);
}

function modes(repository: Repository, directory: string): Record<string, string> {
  const entries = readdirSync(repository.at(directory), { recursive: true, encoding: "utf8" });
  const mode = (path: string) => (lstatSync(path).mode & 0o777).toString(8);
  return Object.fromEntries(["", ...entries].map((entry) => [entry, mode(join(repository.at(directory), entry))]));
}

describe("start in a new repository", () => {
  it("makes the authority, git-crypt's key and every certificate, and says first that the key must be saved", async () => {
    using repository = Repository.fresh(REGISTRY);
    const { code, stdout, stderr } = await repository.run("start");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("Authority  CN=Test CA, O=Test Ltd");
    expect(stdout).toMatch(/^pkg +pkg +\/pkg\/ +1 client: alice$/m);
    expect(stderr).toMatch(/Next:\n1\. Save git-crypt's key/);
    expect(
      certificates(repository)
        .map(({ identity }) => identity)
        .sort(),
    ).toEqual(["alice", "bob", "pkg.example.com"]);
    expect(repository.git("log", "--format=%s").trim()).toBe("Begin");
    expect(repository.git("diff", "--cached", "--name-only")).toBe("");
  });

  it("keeps private files to their owner whatever the umask", async () => {
    using repository = Repository.fresh(REGISTRY);
    expect(await runOpen(repository, "start")).toMatchObject({ code: 0 });
    const { "": top, by_serial: keys, ...files } = modes(repository, "pki/private");
    expect({ top, keys }).toEqual({ top: "700", keys: "700" });
    expect(Object.keys(files).length).toBe(1 + 3 + 3);
    expect(new Set(Object.values(files))).toEqual(new Set(["600"]));
  });

  it.each(["alice", "bob", "pkg.example.com"])("openssl accepts the certificate of %s with the CRL", (name) => {
    expect(verdict(ready, `pki/issued/${name}.crt`, new Date().toISOString())).toBe("OK");
  });

  it("openssl ca reads index.txt", () => {
    using ca = new OpensslCa(ready);
    expect(ca.status(serialOf(ready, "alice"))).toBe("Valid (V)");
    expect(ca.crl()).toEqual([]);
  });

  it("changes not one byte the second time", async () => {
    const before = ready.fingerprint();
    const { code, stderr } = await ready.run("start");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("There is nothing to do");
    expect(ready.fingerprint()).toEqual(before);
  });

  it.each([10, 30, 55, 70])("goes on where it was killed, before file operation %i, and tidies up", async (fault) => {
    using repository = Repository.fresh(REGISTRY);
    const killed = await repository.runWith({ GATEHOUSE_FAULT: String(fault) }, "start");
    expect(killed.signal).toBe("SIGKILL");
    expect(await repository.run("start")).toMatchObject({ code: 0 });
    expect(certificates(repository)).toHaveLength(3);
    expect(repository.list("pki/private/by_serial")).toHaveLength(3);
    expect([...repository.fingerprint("pki").keys()].filter((path) => path.endsWith(".tmp"))).toEqual([]);
    expect(await repository.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it("says where clients.yaml is wrong, and makes nothing", async () => {
    using repository = Repository.fresh(clientsYaml({ alice: "{ groups: [stuff] }" }));
    const before = repository.fingerprint();
    const { code, stderr } = await repository.run("start");
    expect(code).toBe(1);
    expect(stderr).toMatch(/clients\.yaml:\d+:\d+: .*stuff.*staff/);
    const made = [...repository.fingerprint().keys()].filter((path) => !before.has(path));
    expect(made).toEqual([]);
  });
});

describe("start --exported", () => {
  it("confirms the right file, and does not ask again", async () => {
    using repository = ready.copy();
    const { code, stderr } = await repository.run("start", "--exported", repository.exportKey());
    expect(code).toBe(0);
    expect(stderr).toContain("That is the key.");
    expect(stderr).not.toContain("Save git-crypt's key");
    const again = await repository.run("start");
    expect(again.stderr).toMatch(/Next:\n1\. Point origin/);
  });

  it.each([
    ["another repository's key", "is another key than the one in use"],
    ["a file that is no key", "does not begin as git-crypt's keys do"],
    ["a file that is not there", "cannot be read"],
  ])("refuses %s, and goes on asking", async (what, words) => {
    using repository = ready.copy();
    using other = Repository.fresh(REGISTRY);
    const file = repository.beside("export");
    if (what.startsWith("another")) {
      await runProgram("/bin/sh", [
        "-c",
        'cd "$1" && git-crypt init && git-crypt export-key "$2"',
        "sh",
        other.root,
        file,
      ]);
    } else if (what === "a file that is no key") writeFileSync(file, "no key, but long enough to be one\n");
    const { code, stderr } = await repository.run("start", "--exported", file);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect((await repository.run("start")).stderr).toContain("Save git-crypt's key");
  });
});

describe("start in a locked clone", () => {
  it("shows the status and how to unlock, and changes nothing", async () => {
    using clone = ready.clone();
    const before = clone.fingerprint("pki");
    const { code, stdout, stderr } = await clone.run("start");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("3 identities: 3 valid");
    expect(stderr).toContain("git-crypt unlock KEYFILE");
    expect(clone.fingerprint("pki")).toEqual(before);
    expect(clone.git("status", "--porcelain")).toBe("");
  });
});

describe("create", () => {
  it("refuses where there is an authority, and changes nothing", async () => {
    const before = ready.fingerprint("pki");
    const { code, stderr } = await ready.run("create");
    expect(code).toBe(1);
    expect(stderr).toContain("there is an authority already (pki/ca.crt)");
    expect(ready.fingerprint("pki")).toEqual(before);
  });

  it.each([
    ["a certificate", "pki/certs_by_serial"],
    ["the registry as carried out", "pki/registry.yaml"],
    ["a CRL", "pki/crl.pem"],
    ["a revocation", "pki/revoked"],
    ["an index", "pki/index.txt"],
    ["a client's key", "pki/private/by_serial"],
  ])("refuses where only %s is left", async (_, kept) => {
    using repository = ready.copy();
    repository.write("pki/revoked/40AB.yaml", `at: ${NOON}\nreason: keyCompromise\ncause: Declared\n`);
    const pki = repository.beside("pki");
    await runProgram("/bin/sh", [
      ...["-c", 'mv "$1/pki" "$2" && mkdir -p "$1/$(dirname "$3")" && mv "$2/${3#pki/}" "$1/$3"', "sh"],
      ...[repository.root, pki, kept],
    ]);
    const before = repository.fingerprint("pki");
    const { code, stderr } = await repository.run("create");
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toContain("there is an authority already");
    expect(repository.fingerprint("pki")).toEqual(before);
  });

  it("refuses in a locked clone whose authority is gone", async () => {
    using clone = ready.clone();
    clone.git("rm", "--quiet", "-r", "pki/ca.crt", "pki/crl.pem", "pki/registry.yaml", "pki/index.txt");
    const { code, stderr } = await clone.run("create");
    expect(code).toBe(1);
    expect(stderr).toMatch(/there is an authority already|locked/);
    expect(clone.list("pki")).not.toContain("ca.crt");
  });

  it("uses the key that a killed run left, and tells nobody's secrets", async () => {
    using repository = Repository.fresh(REGISTRY);
    for (let fault = 1; repository.list("pki/private").filter((name) => name === "ca.key").length === 0; fault++) {
      const { signal } = await repository.runWith({ GATEHOUSE_FAULT: String(fault) }, "create");
      expect(signal).toBe("SIGKILL");
    }
    const key = repository.read("pki/private/ca.key");
    expect(repository.list("pki")).not.toContain("ca.crt");
    const { code, stderr } = await repository.run("create");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("with the key of an interrupted run");
    expect(repository.read("pki/private/ca.key")).toBe(key);
    expect(await repository.run("reconcile")).toMatchObject({ code: 0 });
    expect(verdict(repository, "pki/issued/alice.crt", new Date().toISOString())).toBe("OK");
  });
});

describe("programs on the PATH", () => {
  it("start says what is missing when git-crypt is", async () => {
    using repository = Repository.fresh(REGISTRY);
    const git = (await runProgram("/bin/sh", ["-c", "command -v git"])).stdout.trim();
    const bin = repository.beside("bin");
    await runProgram("/bin/sh", ["-c", 'mkdir "$1" && ln -s "$2" "$1/git"', "sh", bin, git]);
    const { code, stderr } = await repository.runWith({ PATH: bin }, "start");
    expect(code).toBe(1);
    expect(stderr).toContain("git-crypt is not installed");
    expect(stderr).toContain("sh scripts/setup.sh");
  });
});
