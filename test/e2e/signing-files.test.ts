import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const PUBLIC = String(publicKey.export({ type: "spki", format: "pem" }));
const PRIVATE = String(privateKey.export({ type: "pkcs8", format: "pem" }));

const NAMED = clientsYaml({ alice: "{ groups: [staff] }" }).replace(
  "root: /srv/pkg }",
  "root: /srv/pkg, signing: pki/signing/packages.pub }",
);

const [before = ""] = NAMED.split("signing: ");
const PLACE = `clients.yaml:${before.split("\n").length}:${before.length - before.lastIndexOf("\n")}`;

describe("A file under pki/signing/", () => {
  let repository: Repository;
  beforeEach(() => {
    repository = Repository.fresh(NAMED);
  });
  afterEach(() => repository[Symbol.dispose]());

  test.each([
    ["holds a private key", PRIVATE],
    ["does not fit type pkg", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"],
  ])("that %s is an error of clients.yaml, with its place", async (message, data) => {
    repository.write("pki/signing/packages.pub", data);
    const { code, stdout, stderr } = await repository.run("plan", "--now", NOON);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(`${PLACE}: signing: pki/signing/packages.pub ${message}`);
  });

  test("passes check where it is public and named, and is told of where nobody names it", async () => {
    repository.write("pki/signing/packages.pub", PUBLIC);
    repository.write("pki/signing/old.pub", PUBLIC);
    expect(await repository.run("start", "--now", NOON)).toMatchObject({ code: 0 });
    repository.commit("Make the authority");
    const { stdout } = await repository.run("check", "--json", "--now", NOON);
    const { findings }: { findings: { code: string; path: string }[] } = JSON.parse(stdout);
    const ours = findings.filter(({ path }) => path.startsWith("pki/signing/"));
    expect(ours).toMatchObject([{ code: "SigningUnused", level: "warn", path: "pki/signing/old.pub" }]);
    repository.write("pki/signing/old.pub", PRIVATE);
    const after = await repository.run("check", "--now", NOON);
    expect(after.code).toBe(1);
    expect(after.stdout).toContain("everybody who can read this repository has it");
  });
});
