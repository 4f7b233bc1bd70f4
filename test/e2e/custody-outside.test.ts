import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { verdict } from "./support/judges.ts";
import { made, outsideKey, outsideYaml, program, signing, wholeWay } from "./support/outside.ts";
import { clientsYaml, NOON, Repository, type Variables } from "./support/repository.ts";

const CA_KEY = "pki/private/ca.key";
const ALICE = { alice: "{ groups: [staff] }" };
const MORE = { ...ALICE, bob: "{ groups: [guests] }", cleo: "{ groups: [guests] }" };
const LATER = "2026-11-22T12:00:00Z";
const SECRET = "tr0ub4dor&3";

describe.each(KEY_TYPES)("an authority whose key of type %s is outside the repository", (type) => {
  it("signs with a PEM file", async () => {
    using repository = Repository.fresh(outsideYaml(type, ALICE));
    await wholeWay(repository, { GATEHOUSE_CA_KEY_FILE: outsideKey(repository, type) });
  });

  it("signs by a program that calls openssl", async () => {
    using repository = Repository.fresh(outsideYaml(type, ALICE));
    const sign = program(repository, "sign", signing(outsideKey(repository, type)));
    await wholeWay(repository, { GATEHOUSE_CA_SIGNER: sign });
  });
});

it("opens a PEM file that openssl encrypted, with the passphrase of a file", async () => {
  using repository = Repository.fresh(outsideYaml("ec-p384", ALICE));
  const file = repository.beside("passphrase");
  writeFileSync(file, SECRET);
  const key = outsideKey(repository, "ec-p384", ["-aes256", "-pass", `file:${file}`]);
  await wholeWay(repository, { GATEHOUSE_CA_KEY_FILE: key, GATEHOUSE_CA_PASSPHRASE_FILE: file });
});

describe("the authority is not made", () => {
  const cases: readonly (readonly [string, (repository: Repository) => Variables, RegExp])[] = [
    [
      "where nothing says where its key is",
      () => ({}),
      /nothing here says where[\s\S]*GATEHOUSE_CA_KEY_FILE=[\s\S]*GATEHOUSE_CA_SIGNER=/,
    ],
    [
      "where two things say it",
      (repository) => ({ GATEHOUSE_CA_KEY_FILE: outsideKey(repository, "ec-p256"), GATEHOUSE_CA_SIGNER: "/bin/true" }),
      /GATEHOUSE_CA_KEY_FILE and GATEHOUSE_CA_SIGNER are both set/,
    ],
    [
      "with a key of another type",
      (repository) => ({ GATEHOUSE_CA_KEY_FILE: outsideKey(repository, "rsa-3072") }),
      /is of type rsa-3072, and clients\.yaml asks for ec-p256[\s\S]*write key: rsa-3072 below authority/,
    ],
    [
      "with a key in the repository",
      (repository) => {
        cpSync(outsideKey(repository, "ec-p256"), repository.at("here.pem"));
        symlinkSync(repository.at("here.pem"), repository.beside("there.pem"));
        return { GATEHOUSE_CA_KEY_FILE: repository.beside("there.pem") };
      },
      /lies in the repository, where no key of the authority may be/,
    ],
    [
      "with a file that is not there",
      () => ({ GATEHOUSE_CA_KEY_FILE: "/nowhere" }),
      /cannot be read \(ENOENT\): \/nowhere/,
    ],
    ["with a public key", (repository) => ({ GATEHOUSE_CA_KEY_FILE: publicHalf(repository) }), /is no private key/],
    [
      "by a program without a path",
      () => ({ GATEHOUSE_CA_SIGNER: "sign" }),
      /must be the whole path of a program, not sign/,
    ],
    ["by a program that is not there", () => ({ GATEHOUSE_CA_SIGNER: "/nowhere" }), /cannot be started \(ENOENT\)/],
    [
      "by a program that prints its private key",
      (repository) => ({
        GATEHOUSE_CA_SIGNER: program(repository, "sign", `cat '${outsideKey(repository, "ec-p256")}'\n`),
      }),
      /\(public-key\) printed no public key that can sign here/,
    ],
    [
      "by a program that has another key than it says",
      (repository) => {
        const other = program(repository, "other", signing(outsideKey(repository, "ec-p256")));
        const key = readFileSync(publicHalf(repository), "utf8");
        return {
          GATEHOUSE_CA_SIGNER: program(
            repository,
            "sign",
            `case $1 in public-key) echo '${key}' ;; *) exec '${other}' "$@" ;; esac\n`,
          ),
        };
      },
      /is no signature by the authority's key/,
    ],
  ];

  function publicHalf(repository: Repository): string {
    outsideKey(repository, "ec-p256");
    const half = program(repository, "half", signing(repository.beside("ec-p256.pem")));
    const pem = new TextDecoder().decode(
      process.getBuiltinModule("node:child_process").execFileSync(half, ["public-key"]),
    );
    writeFileSync(repository.beside("half.pem"), pem);
    outsideKey(repository, "ec-p256");
    return repository.beside("half.pem");
  }

  it.each(cases)("%s", async (_, variables, said) => {
    using repository = Repository.fresh(outsideYaml("ec-p256", ALICE));
    const { code, stderr } = await repository.runWith(variables(repository), "start", "--now", NOON);
    expect(code).toBe(1);
    expect(stderr).toMatch(said);
    expect(repository.list("pki")).not.toContain("ca.crt");
    expect(repository.list("pki/private")).toEqual([]);
  });
});

describe("a signing program that does not do as it should, and an authority that there is", () => {
  let ready: Repository;
  let key: string;
  beforeAll(async () => {
    ready = Repository.fresh(outsideYaml("ec-p256", ALICE));
    key = outsideKey(ready, "ec-p256");
    await made(ready, { GATEHOUSE_CA_KEY_FILE: key });
    ready.write("clients.yaml", outsideYaml("ec-p256", MORE));
  });
  afterAll(() => ready?.[Symbol.dispose]());

  const hostile: readonly (readonly [string, (repository: Repository) => string, RegExp])[] = [
    ["signs something else", () => `echo else | ${openssl()}`, /is no signature by the authority's key \(7\d bytes\)/],
    [
      "signs with another key",
      (one) => `openssl dgst -sha256 -sign '${outsideKey(one, "ec-p384")}'`,
      /no signature by the authority's key/,
    ],
    ["says nothing", () => "cat >/dev/null", /no signature by the authority's key \(0 bytes\)/],
    ["does not even read", () => "exit 0", /no signature by the authority's key \(0 bytes\)/],
    ["says garbage", () => "head -c 70 /dev/urandom", /no signature by the authority's key \(70 bytes\)/],
    ["prints base64", () => `${openssl()} | base64`, /no signature by the authority's key/],
    ["says 100 MB", () => "exec head -c 100000000 /dev/zero", /said more than 65536 bytes/],
    [
      "fails, and tells secrets and orders to the terminal",
      () => `printf 'sorry\\033[31m\\n::error::${"x".repeat(500)}' >&2; exit 3`,
      /ended with exit code 3, and said: sorry/,
    ],
    ["dies", () => "kill -9 $$", /ended with exit code none, by a signal/],
    [
      "dies in the middle of a batch",
      (one) =>
        `n=$(mktemp '${one.beside("n")}.XXXXXX'); set -- '${one.beside("n")}'.*; [ $# -lt 2 ] || exit 4; ${openssl()}`,
      /ended with exit code 4, and said nothing about it/,
    ],
  ];
  const openssl = () => `openssl dgst -sha256 -sign '${key}'`;

  it.each(hostile)("it %s: nothing half-done is left, and a good one carries on", async (_, body, said) => {
    using repository = ready.copy();
    const before = repository.fingerprint("pki");
    const bad = program(repository, "bad", `${body(repository)}\n`);
    const { code, stdout, stderr } = await repository.runWith(
      { GATEHOUSE_CA_SIGNER: bad },
      "reconcile",
      "--now",
      LATER,
    );
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toMatch(said);
    expect(stderr).toContain("docs/custody.md");
    expect(stdout + stderr).not.toContain("\u001b");
    expect(stderr).not.toMatch(/^::|x{250}/m);
    expect(repository.fingerprint("pki")).toEqual(before);
    const good = program(repository, "good", signing(key));
    expect(await repository.runWith({ GATEHOUSE_CA_SIGNER: good }, "reconcile", "--now", LATER)).toMatchObject({
      code: 0,
    });
    for (const name of ["bob", "cleo"]) expect(verdict(repository, `pki/issued/${name}.crt`, LATER)).toBe("OK");
  });
});

describe("a key that moves", () => {
  it("out of the vault: clients.yaml says so, the file goes, and the plan told the reviewer", async () => {
    using repository = await Repository.ready(clientsYaml(ALICE));
    cpSync(repository.at(CA_KEY), repository.beside("moved.pem"));
    repository.write("clients.yaml", clientsYaml(MORE).replace("key: ec-p256 }", "key: ec-p256, custody: outside }"));
    const { stdout } = await repository.run("plan", "--json", "--now", LATER);
    expect(JSON.parse(stdout).edits).toContainEqual(
      expect.objectContaining({ section: "authority", field: "custody", from: "vault", to: "outside" }),
    );
    const findings = async () => {
      const check = await repository.run("check", "--json", "--now", LATER);
      return JSON.parse(check.stdout).findings.filter(({ path }: { path: string }) => path === CA_KEY);
    };
    expect(await findings()).toMatchObject([{ code: "KeyUnexpected", fix: `rm -- ${CA_KEY}` }]);
    rmSync(repository.at(CA_KEY));
    const variables = { GATEHOUSE_CA_KEY_FILE: repository.beside("moved.pem") };
    expect(await repository.runWith(variables, "reconcile", "--now", LATER, "--commit")).toMatchObject({ code: 0 });
    expect(await findings()).toEqual([]);
    expect(verdict(repository, "pki/issued/bob.crt", LATER)).toBe("OK");
  });
});
