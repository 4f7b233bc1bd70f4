import { createHash, X509Certificate } from "node:crypto";
import { copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle, outbox, sh, unpacked } from "./support/bundles.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

const AT = ["--now", NOON] as const;
const ETC = "etc/gatehouse-client";

let repository: Repository;
let client: string;

beforeAll(async () => {
  repository = await Repository.ready(clientsYaml({ alice: "{ groups: [guests] }" }));
  client = repository.beside("client");
  mkdirSync(join(client, "etc"), { recursive: true });
});
afterAll(() => repository?.[Symbol.dispose]());

/** Runs a client's script in its own directory. */
function request(shell: string, ...argv: readonly string[]) {
  const line = `cd "$1" && shift && exec ${shell} "$@"`;
  return sh(["sh", "-c", line, "sh"], client, outbox(repository, "bob-request.sh"), "--root", client, ...argv);
}

const spki = (certificate: X509Certificate) =>
  createHash("sha256")
    .update(certificate.publicKey.export({ format: "der", type: "spki" }))
    .digest("hex");

test("a client makes its key itself, and its bundle has everything but that", async () => {
  const made = await bundle(repository, ["bob", "--request", ...AT]);
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("bob is not a client yet") });
  expect(lstatSync(outbox(repository, "bob-request.sh")).mode & 0o777).toBe(0o600);

  const first = request("dash");
  expect(first).toMatchObject({ code: 0, said: expect.stringContaining("key.pem is new") });
  const fingerprint = /^sha256:([0-9a-f]{64})$/m.exec(first.said)?.[1];
  const key = join(client, ETC, "key.pem");
  expect(lstatSync(key).mode & 0o777).toBe(0o600);
  const before = readFileSync(key, "utf8");
  expect(request("busybox sh").said).toContain("the request is for this key");
  expect(readFileSync(key, "utf8")).toBe(before);

  await admit("bob.req");
  const directory = await unpacked(repository, "bob", ...AT);
  expect(readdirSync(directory)).not.toContain("key.pem");
  expect(spki(new X509Certificate(readFileSync(join(directory, "fullchain.pem"))))).toBe(fingerprint);

  expect(install(directory)).toMatchObject({ code: 0 });
  expect(install(directory)).toEqual({ code: 0, said: "" });
  expect(readFileSync(key, "utf8")).toBe(before);

  const next = request("dash", "--new");
  expect(next.said).toContain("next-key.pem is new");
  expect(readFileSync(key, "utf8")).toBe(before);
  await admit("bob.req");
  const successor = await unpacked(repository, "bob", ...AT);
  expect(install(successor)).toMatchObject({ code: 0, said: expect.stringContaining("the next key takes its place") });
  expect(readFileSync(key, "utf8")).not.toBe(before);
  const present = new X509Certificate(readFileSync(join(client, ETC, "fullchain.pem")));
  expect(next.said).toContain(spki(present));
  expect(sh(["openssl", "pkey", "-noout", "-check", "-in"], key)).toMatchObject({ code: 0 });

  const gone = sh(["dash"], join(successor, "install.sh"), "--root", client, "--system", "linux", "--uninstall");
  expect(gone.said).toContain("was made on this machine: kept");
  expect(readdirSync(join(client, ETC))).toEqual(["key.pem"]);
  expect(install(directory)).toMatchObject({
    code: 1,
    said: expect.stringContaining("is not the key of this certificate"),
  });
});

function install(directory: string) {
  return sh(["dash"], join(directory, "install.sh"), "--root", client, "--system", "linux");
}

/** The pull request, merged and carried out. */
async function admit(file: string): Promise<void> {
  mkdirSync(repository.at("pki/reqs"), { recursive: true });
  copyFileSync(join(client, file), repository.at("pki/reqs/bob.req"));
  repository.write(
    "clients.yaml",
    clientsYaml({ alice: "{ groups: [guests] }", bob: "{ groups: [guests], csr: true }" }),
  );
  expect(await repository.run("reconcile", ...AT)).toMatchObject({ code: 0 });
}
