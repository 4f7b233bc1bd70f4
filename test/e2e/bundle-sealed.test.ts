import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PATIENCE } from "../support/patience.ts";
import { bundle, outbox } from "./support/bundles.ts";
import { CHECKOUT, clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const AT = ["--now", NOON] as const;

let repository: Repository;

beforeAll(async () => {
  repository = await Repository.ready(clientsYaml({ alice: "{ groups: [guests] }" }));
});
afterAll(() => repository?.[Symbol.dispose]());

describe("with --recipient", () => {
  /** Makes a key pair; the identity file, and its public half. */
  let made = 0;
  function keyPair(kind: string): { readonly identity: string; readonly recipient: string } {
    const identity = repository.beside(`key-${kind}-${made++}`);
    if (kind === "age") {
      execFileSync("age-keygen", ["-o", identity], { stdio: "pipe" });
      return { identity, recipient: execFileSync("age-keygen", ["-y", identity], { encoding: "utf8" }).trim() };
    }
    const bits = kind === "rsa" ? ["-b", "2048"] : [];
    execFileSync("ssh-keygen", ["-q", "-t", kind, ...bits, "-N", "", "-C", "a person", "-f", identity]);
    return { identity, recipient: readFileSync(`${identity}.pub`, "utf8").trim() };
  }

  test.each(["age", "ed25519", "rsa"])(
    "age itself opens the archive with a key of type %s, and is needed",
    async (kind) => {
      const { identity, recipient } = keyPair(kind);
      expect(await bundle(repository, ["alice", ...AT])).toMatchObject({ code: 0 });
      const { code, stdout, stderr } = await bundle(repository, ["alice", "--recipient", recipient, ...AT]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain("age -d -i KEY alice.tar.age | tar x");
      const file = outbox(repository, "alice.tar.age");
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, "latin1")).not.toContain("fullchain.pem");
      const opened = execFileSync("age", ["-d", "-i", identity, file]);
      expect(opened.equals(readFileSync(outbox(repository, "alice.tar")))).toBe(true);
    },
  );

  test("a file with several keys seals for each of them, and for nobody else", async () => {
    const [one, two, other] = [keyPair("age"), keyPair("ed25519"), keyPair("rsa")];
    const list = repository.beside("recipients");
    execFileSync("sh", [
      "-c",
      `printf '# operators\\n%s\\n\\n%s\\n' "$1" "$2" > "$3"`,
      "sh",
      one.recipient,
      two.recipient,
      list,
    ]);
    expect(await bundle(repository, ["alice", "--recipient", list, ...AT])).toMatchObject({ code: 0 });
    const opens = ({ identity }: { identity: string }) =>
      spawnSync("age", ["-d", "-i", identity, outbox(repository, "alice.tar.age")]).status === 0;
    expect([one, two, other].map(opens)).toEqual([true, true, false]);
  });
});

test("what only looks like a public key is refused, as age itself refuses it", async () => {
  const string = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  for (const point of [Buffer.alloc(32, 2), Buffer.from(`01${"00".repeat(31)}`, "hex"), Buffer.alloc(31, 1)]) {
    const wire = Buffer.concat([string(Buffer.from("ssh-ed25519")), string(point)]);
    const recipient = `ssh-ed25519 ${wire.toString("base64")}`;
    const { code, stderr } = await bundle(repository, ["alice", "--recipient", recipient, ...AT]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("is no public key that age") });
    expect(spawnSync("age", ["-r", recipient], { input: "x" }).status).toBe(1);
  }
});

describe("with --for p12", () => {
  const openssl = (...argv: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      "openssl",
      ["pkcs12", "-in", outbox(repository, "alice.p12"), ...argv],
      {
        encoding: "utf8",
      },
    );
    return { status, text: stdout + stderr };
  };

  test("openssl opens the file with the passphrase of the environment", async () => {
    const variables = { GATEHOUSE_P12_PASSPHRASE: "korrekt ü 3" };
    const ran = await bundle(repository, ["alice", "--for", "p12", ...AT], variables);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).not.toContain("korrekt");
    expect(statSync(outbox(repository, "alice.p12")).mode & 0o777).toBe(0o600);
    const { status, text } = openssl("-info", "-noenc", "-passin", "pass:korrekt ü 3");
    expect(status).toBe(0);
    expect(text).toMatch(/AES-256-CBC/);
    expect(text).toContain(repository.read("pki/private/alice.key").split("\n")[1]);
    expect(openssl("-noenc", "-passin", "pass:another").status).toBe(1);
  });

  test("a passphrase comes from a file's first line, and --compat is 3DES", async () => {
    const file = repository.beside("passphrase");
    execFileSync("sh", ["-c", `printf 'first line\\nsecond\\n' > "$1"`, "sh", file]);
    const argv = ["alice", "--for", "p12,curl", "--compat", "--passphrase-file", file, ...AT];
    expect((await bundle(repository, argv)).stdout).toMatch(/alice\.p12 {2}\(p12\)[\s\S]+alice\.tar {2}\(curl\)/);
    expect(openssl("-info", "-noenc", "-passin", "pass:first line").text).toMatch(/pbeWithSHA1And3-KeyTripleDES-CBC/);
  });

  test("a person types it twice, and it is not shown", async () => {
    const told = await typed(["hunter2", "hunter2"]);
    expect(told).toMatchObject({ code: 0, shown: expect.stringMatching(/^Passphrase: \r\nThe same again: \r\n/) });
    expect(told.shown).not.toContain("hunter2");
    expect(openssl("-noenc", "-passin", "pass:hunter2").status).toBe(0);
    expect(await typed(["one", "two"])).toMatchObject({
      code: 1,
      shown: expect.stringContaining("the two are different"),
    });
    expect(await typed(["\u0003"])).toMatchObject({
      code: 1,
      shown: expect.stringContaining("no passphrase was given"),
    });
  });

  /** Runs the command on a terminal of its own; each answer is typed when a prompt stands there. */
  function typed(answers: readonly string[]): Promise<{ readonly code: number | null; readonly shown: string }> {
    const command = [process.execPath, join(CHECKOUT, "scripts/bundle.ts"), "--root", repository.root, "alice"];
    const words = [...command, "--for", "p12", "--now", NOON, "--out", outbox(repository)];
    const line = words.map((word) => `'${word}'`).join(" ");
    const child = spawn("script", ["-qec", line, "/dev/null"], { env: environment(), timeout: PATIENCE });
    const rest = [...answers];
    let shown = "";
    child.stdout.on("data", (data) => {
      shown += String(data);
      const next = String(data).endsWith(": ") ? rest.shift() : undefined;
      if (next !== undefined) child.stdin.write(`${next}\r`);
    });
    return new Promise((done, fail) => {
      child.once("error", fail);
      child.once("close", (code) => done({ code, shown }));
    });
  }
});
