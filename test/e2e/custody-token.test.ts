import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verdict } from "./support/judges.ts";
import { made, outsideYaml, program, wholeWay } from "./support/outside.ts";
import { environment, Repository, type Variables } from "./support/repository.ts";
import { MODULE, SoftToken } from "./support/softhsm.ts";

const PIN = "31415-pin";
const ALICE = { alice: "{ groups: [staff] }" };
const NAMES = Array.from({ length: 20 }, (_, index) => `guest${index}`);
const MORE = { ...ALICE, ...Object.fromEntries(NAMES.map((name) => [name, "{ groups: [guests] }"])) };
const LATER = "2026-11-22T12:00:00Z";

function pinFile(repository: Repository, pin = PIN): string {
  const file = repository.beside(`pin-${pin}`);
  writeFileSync(file, `${pin}\n`, { mode: 0o600 });
  return file;
}

describe.each(["ec-p256", "ec-p384", "rsa-3072"] as const)(
  "an authority whose key of type %s is in a token",
  (type) => {
    it("signs there, with the PIN of a file", async () => {
      using repository = Repository.fresh(outsideYaml(type, ALICE));
      const token = new SoftToken(repository, PIN);
      token.key(type, "the ca", "0a");
      await wholeWay(repository, {
        ...token.variables,
        GATEHOUSE_CA_KEY_URI: token.uri("object=the%20ca"),
        GATEHOUSE_CA_PASSPHRASE_FILE: pinFile(repository),
      });
    });
  },
);

it("signs with a key that wants its PIN each time, named by its id, with the PIN that the URI names", async () => {
  using repository = Repository.fresh(outsideYaml("ec-p256", ALICE));
  const token = new SoftToken(repository, PIN);
  token.key("ec-p256", "ca", "0b0c", ["--always-auth"]);
  const uri = token.uri("id=%0b%0c;type=private", `&pin-source=file:${pinFile(repository)}`);
  await wholeWay(repository, { ...token.variables, GATEHOUSE_CA_KEY_URI: uri });
});

describe("a token that there is", () => {
  let ready: Repository;
  let token: SoftToken;
  let good: Variables;
  beforeAll(async () => {
    ready = Repository.fresh(outsideYaml("ec-p256", ALICE));
    token = new SoftToken(ready, PIN);
    for (const [label, id] of [
      ["ca", "01"],
      ["other", "02"],
      ["twins", "03"],
      ["twins", "04"],
    ] as const)
      token.key("ec-p256", label, id);
    good = {
      ...token.variables,
      GATEHOUSE_CA_KEY_URI: token.uri("object=ca"),
      GATEHOUSE_CA_PASSPHRASE_FILE: pinFile(ready),
    };
    await made(ready, good);
    ready.write("clients.yaml", outsideYaml("ec-p256", MORE));
  });
  afterAll(() => ready?.[Symbol.dispose]());

  const cases: readonly (readonly [string, () => Variables, RegExp])[] = [
    [
      "the PIN is wrong",
      () => ({ GATEHOUSE_CA_PASSPHRASE_FILE: pinFile(ready, "2718-pin") }),
      /that GATEHOUSE_CA_PASSPHRASE_FILE gives does not open the token the ca's token/,
    ],
    [
      "the PIN that the URI names is wrong",
      () => ({ GATEHOUSE_CA_KEY_URI: token.uri("object=ca", `&pin-source=${pinFile(ready, "1618-pin")}`) }),
      /1618-pin does not open the token[\s\S]*has been tried once/,
    ],
    [
      "there is no PIN, nor a terminal",
      () => ({ GATEHOUSE_CA_PASSPHRASE_FILE: "" }),
      /wants a passphrase or PIN, and there is no terminal/,
    ],
    [
      "the URI has the PIN in it",
      () => ({ GATEHOUSE_CA_KEY_URI: token.uri("object=ca", `&pin-value=${PIN}`) }),
      /holds a PIN \(pin-value\), which has no place there/,
    ],
    [
      "the token is another's",
      () => ({ GATEHOUSE_CA_KEY_URI: `pkcs11:token=x;object=ca?module-path=${MODULE}` }),
      /none of the \d tokens[\s\S]*--list-slots/,
    ],
    [
      "the key is not there",
      () => ({ GATEHOUSE_CA_KEY_URI: token.uri("object=nobody") }),
      /has no private key that GATEHOUSE_CA_KEY_URI names[\s\S]*--list-objects/,
    ],
    [
      "two keys fit",
      () => ({ GATEHOUSE_CA_KEY_URI: token.uri("object=twins") }),
      /fits more than one private key[\s\S]*say its id= too/,
    ],
    [
      "the key is another",
      () => ({ GATEHOUSE_CA_KEY_URI: token.uri("object=other") }),
      /what came back is no signature by the authority's key/,
    ],
    [
      "the module is not there",
      () => ({ GATEHOUSE_CA_KEY_URI: "pkcs11:object=ca?module-path=/nowhere.so" }),
      /\/nowhere\.so does not answer as it should/,
    ],
    [
      "the module is none",
      () => ({ GATEHOUSE_CA_KEY_URI: "pkcs11:object=ca?module-path=/bin/true" }),
      /\/bin\/true does not answer as it should/,
    ],
    [
      "p11-kit is not installed",
      () => ({ PATH: withoutP11Kit() }),
      /p11-kit, by which tokens are asked, is not installed/,
    ],
    [
      "the token is gone in the middle of a batch",
      () => ({ PATH: cutOff() }),
      /does not answer as it should: it ended/,
    ],
  ];

  /** Only what the command itself needs. */
  function withoutP11Kit(): string {
    const directory = ready.beside("few");
    if (!existsSync(directory)) {
      execFileSync("mkdir", [directory]);
      for (const name of ["git", "sh", "cat"]) execFileSync("ln", ["-s", which(name), `${directory}/${name}`]);
    }
    return directory;
  }

  /** A p11-kit to whom nobody talks any more after the first signature. */
  function cutOff(): string {
    execFileSync("mkdir", ["-p", ready.beside("cut")]);
    program(ready, "cut/p11-kit", `dd bs=1 count=1000 2>/dev/null | '${which("p11-kit")}' "$@"\n`);
    return `${ready.beside("cut")}:${process.env["PATH"]}`;
  }

  function which(name: string): string {
    return execFileSync("sh", ["-c", 'command -v "$1"', "sh", name], { encoding: "utf8" }).trim();
  }

  it.each(cases)(
    "%s: nothing is done, what to do is said, no PIN is, and the right ones carry on",
    async (_, bad, said) => {
      using repository = ready.copy();
      const before = repository.fingerprint("pki");
      const { code, stdout, stderr } = await repository.runWith({ ...good, ...bad() }, "reconcile", "--now", LATER);
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toMatch(said);
      expect((stdout + stderr).replaceAll(/pin-[\w-]+-pin/g, "")).not.toMatch(/31415-pin|2718-pin/);
      expect(repository.fingerprint("pki")).toEqual(before);
      expect(await repository.runWith(good, "reconcile", "--now", LATER)).toMatchObject({ code: 0 });
      for (const name of ["guest0", "guest19"]) expect(verdict(repository, `pki/issued/${name}.crt`, LATER)).toBe("OK");
    },
  );

  it("shows its PIN to no program that is started: not as an argument, not in the environment, and to no file", async () => {
    using repository = ready.copy();
    const seen = repository.beside("seen");
    execFileSync("mkdir", [repository.beside("shim")]);
    for (const name of ["git", "p11-kit", "sh", "openssl", "git-crypt"]) {
      const record = `{ printf '%s %s\\n' ${name} "$*"; env; tr '\\0' ' ' </proc/$$/cmdline; echo; } >>'${seen}'`;
      program(repository, `shim/${name}`, `${record}\nexec '${which(name)}' "$@"\n`);
    }
    const file = repository.beside("the-pin");
    writeFileSync(file, PIN);
    const variables = {
      ...good,
      GATEHOUSE_CA_PASSPHRASE_FILE: file,
      PATH: `${repository.beside("shim")}:${process.env["PATH"]}`,
    };
    const ran = await repository.runWith(variables, "reconcile", "--now", LATER, "--commit");
    expect(ran).toMatchObject({ code: 0 });
    const text = readFileSync(seen, "utf8");
    for (const name of ["git ", "p11-kit remote "]) expect(text.includes(`\n${name}`)).toBe(true);
    for (const secret of [PIN, "GATEHOUSE_CA", "the-pin"])
      expect((text + ran.stdout + ran.stderr).includes(secret)).toBe(false);
    const found = execFileSync("sh", ["-c", 'grep -rlF -e "$1" . || true', "sh", PIN], {
      cwd: repository.root,
      encoding: "utf8",
      env: environment(),
    });
    expect(found).toBe("");
  });
});
