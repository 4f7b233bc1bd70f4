import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, outbox, unpacked } from "./support/bundles.ts";
import { makeRequest } from "./support/judges.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [guests], csr: true }",
  carol: "{ groups: [guests], suspended: true }",
  dora: "{ groups: [guests], expires: 2026-12-24 }",
  mallory: "{ revoked: keyCompromise }",
};
const AT = ["--now", NOON] as const;

let repository: Repository;

beforeAll(async () => {
  repository = Repository.fresh(clientsYaml(CLIENTS));
  makeRequest(repository, "bob");
  expect(await repository.run("start", ...AT)).toMatchObject({ code: 0 });
  repository.commit("Make the authority");
});
afterAll(() => repository?.[Symbol.dispose]());

describe("the archive", () => {
  test("is the owner's only, and the same bytes each time", async () => {
    expect(await bundle(repository, ["alice", ...AT])).toMatchObject({ code: 0, stderr: "" });
    const file = outbox(repository, "alice.tar");
    const first = readFileSync(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await bundle(repository, ["alice", "--now", "2026-11-23"]);
    expect(readFileSync(file).equals(first)).toBe(true);
  });

  test.each(["tar", "busybox tar"])("is read by %s, with its modes", async (program) => {
    const [name = "", ...words] = program.split(" ");
    await bundle(repository, ["alice", ...AT]);
    const text = execFileSync(name, [...words, "tvf", outbox(repository, "alice.tar")], { encoding: "utf8" });
    const modes = new Map(text.split("\n").map((line) => [line.split(" ").at(-1), line.split(/\s/)[0]] as const));
    expect(modes.get("alice/key.pem")).toBe("-rw-------");
    expect(modes.get("alice/install.sh")).toBe("-rwxr-xr-x");
    expect(modes.get("alice/fullchain.pem")).toBe("-rw-r--r--");
  });

  test("holds the key that belongs to the certificate, and a README that says how to recognise it", async () => {
    const directory = await unpacked(repository, "alice", ...AT);
    const certificate = new X509Certificate(readFileSync(`${directory}/fullchain.pem`));
    const key = createPublicKey(readFileSync(`${directory}/key.pem`, "utf8"));
    expect(certificate.publicKey.equals(key)).toBe(true);
    const readme = readFileSync(`${directory}/README`, "utf8");
    const hex = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
    for (const words of [hex, certificate.serialNumber, "2027-11-21T12:00:00Z"]) expect(readme).toContain(words);
    expect(readFileSync(`${directory}/bundle.conf`, "utf8")).toContain("renew-before=2592000\nkey=managed\n");
    expect(readFileSync(`${directory}/server-ca.pem`, "utf8")).toBe(repository.read("pki/ca.crt"));
  });

  test("has configuration for what the client reaches, or for what --for names", async () => {
    const kinds = async (...argv: readonly string[]) =>
      JSON.parse((await bundle(repository, [...argv, "--json", ...AT])).stdout).files[0].kinds;
    expect(await kinds("alice")).toEqual(["pkg", "curl"]);
    expect(await kinds("bob")).toEqual(["curl"]);
    expect(await kinds("bob", "--for", "wget,curl")).toEqual(["curl", "wget"]);
  });

  test("holds no key of a client that has its own", async () => {
    const { stdout } = await bundle(repository, ["bob", ...AT]);
    expect(stdout).toContain("Nothing in it is secret");
    expect(readFileSync(outbox(repository, "bob.tar"), "latin1")).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/);
  });

  test("of a locked clone is made for a client with its own key, and refused where a key has to be read", async () => {
    using locked = repository.clone();
    expect(await bundle(locked, ["bob", ...AT])).toMatchObject({ code: 0 });
    const refused = await bundle(locked, ["alice", ...AT]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("the vault is locked") });
    expect(refused.stderr).toContain("npm run unlock");
    const key = repository.exportKey();
    expect(await bundle(locked, ["alice", ...AT], { GATEHOUSE_KEY_FILE: key })).toMatchObject({ code: 0 });
  });
});

test("whom to trust for a server that has a CA of its own is said by a file", async () => {
  using twin = repository.copy();
  const own = "  own.example.com: { software: nginx, certificate: { file: /c, key: /k, ca: /nowhere/own.pem } }\n";
  twin.write("clients.yaml", clientsYaml(CLIENTS).replace("servers:\n", `servers:\n${own}`));
  expect(await twin.run("reconcile", ...AT)).toMatchObject({ code: 0 });
  expect(await bundle(twin, ["alice", ...AT])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/clients of own.example.com need its CA[\s\S]+--server-ca FILE/),
  });
  const theirs = repository.read("pki/issued/alice.crt");
  writeFileSync(twin.beside("own.pem"), theirs);
  const directory = await unpacked(twin, "alice", "--server-ca", twin.beside("own.pem"), ...AT);
  expect(readFileSync(`${directory}/server-ca.pem`, "utf8")).toBe(theirs + twin.read("pki/ca.crt"));
});

describe("is refused", () => {
  test.each([
    ["a stranger", ["alcie"], "there is no client alcie\n  Did you mean alice?"],
    ["a server", ["pkg.example.com"], "pkg.example.com is a server"],
    ["a client on hold", ["carol"], "carol is suspended"],
    ["a revoked client", ["mallory"], "mallory is revoked (keyCompromise), for good"],
    ["a kind that is none", ["alice", "--for", "crul"], 'there is no kind "crul"\n  Did you mean curl?'],
    ["a recipient that is none", ["alice", "--recipient", "age1nobody"], "no public key that age can encrypt to"],
    ["a file without recipients", ["alice", "--recipient", "/dev/null"], "/dev/null names no recipient"],
    ["PKCS#12 without a passphrase", ["alice", "--for", "p12"], "GATEHOUSE_P12_PASSPHRASE"],
    ["PKCS#12 of a key that is not here", ["bob", "--for", "p12"], "openssl pkcs12 -export"],
    ["a script for a key that is made here", ["alice", "--request"], "the key of alice is made here"],
    ["a directory that is not there", ["alice", "--out", "/nowhere"], "/nowhere is not a directory"],
  ])("%s", async (_what, argv, words) => {
    const { code, stdout, stderr } = await bundle(repository, [...argv, ...AT]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test("a client whose access has ended, as of then", async () => {
    expect(await bundle(repository, ["dora", ...AT])).toMatchObject({ code: 0 });
    expect(await bundle(repository, ["dora", "--now", "2026-12-24"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the access of dora has ended: expires 2026-12-24T00:00:00Z"),
    });
  });

  test("a client that is added, or removed, and not carried out yet", async () => {
    using twin = repository.copy();
    const { alice: _gone, ...rest } = CLIENTS;
    twin.write("clients.yaml", clientsYaml({ ...rest, eve: "{ groups: [guests] }" }));
    expect((await bundle(twin, ["eve", ...AT])).stderr).toContain("carry it out: npm run reconcile");
    expect((await bundle(twin, ["alice", ...AT])).stderr).toContain("no longer in clients.yaml");
  });

  test("inside the repository, unless git ignores the file", async () => {
    using twin = repository.copy();
    mkdirSync(twin.at("sub"));
    const argv = ["alice", "--out", twin.at("sub"), ...AT];
    expect(await bundle(twin, argv)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("inside a git repository"),
    });
    expect(twin.list("sub")).toEqual([]);
    writeFileSync(twin.at(".gitignore"), "/sub/\n");
    expect(await bundle(twin, argv)).toMatchObject({ code: 0 });
    expect(twin.git("status", "--porcelain", "sub")).toBe("");
  });

  test("a key that is not the certificate's, which it does not show", async () => {
    using twin = repository.copy();
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
    twin.write("pki/private/alice.key", pem);
    const { code, stderr } = await bundle(twin, ["alice", ...AT]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is not the key of certificate"),
    });
    expect(stderr).not.toContain(pem.split("\n")[1]);
  });
});
