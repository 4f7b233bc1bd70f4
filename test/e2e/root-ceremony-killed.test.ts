import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { Ceremony, must, NAMES, PASSPHRASE, ROOT_SH } from "./support/root-ceremony.ts";
import { atTerminal, type Typed } from "./support/terminal.ts";

let first: Ceremony;
beforeAll(() => {
  first = Ceremony.withRoot();
});
afterAll(() => first[Symbol.dispose]());

const PATH = process.env["PATH"] ?? "";
const real = (program: string) => must("sh", ["-c", 'command -v "$1"', "sh", program]).trim();

/** Programs that do `before` first, in words of sh. */
function wrapped(ceremony: Ceremony, programs: readonly string[], before: string): { PATH: string } {
  mkdirSync(ceremony.at("bin"), { recursive: true });
  for (const program of programs) {
    const text = `#!/bin/sh\n${before}\nexec ${real(program)} "$@"\n`;
    writeFileSync(ceremony.at("bin", program), text, { mode: 0o755 });
  }
  return { PATH: `${ceremony.at("bin")}:${PATH}` };
}

/** Kills root.sh when it starts one of these programs for the nth time. Whether it came so far. */
function killed(ceremony: Ceremony, args: readonly string[], programs: readonly string[], n: number): boolean {
  const count = ceremony.at("count");
  writeFileSync(count, "0\n");
  const env = wrapped(
    ceremony,
    programs,
    `IFS= read -r n <${count}; n=$((n + 1)); echo $n >${count}; [ $n -ne ${n} ] || { kill -9 $PPID; exit 1; }`,
  );
  return ceremony.run(args, env).code === null;
}

/** What a run leaves behind that nobody should see. */
const hidden = (ceremony: Ceremony) => readdirSync(ceremony.root).filter((name) => name.startsWith("."));

describe("killed with SIGKILL and run again", () => {
  const WRITES = ["mkdir", "mv", "rm", "sync"];

  test("sign makes one certificate, wherever it was killed", () => {
    let n = 0;
    for (let cut = true; cut; ) {
      using ceremony = new Ceremony(first);
      const args = ["sign", ceremony.request(), "--yes"];
      cut = killed(ceremony, args, WRITES, ++n);
      if (cut) expect(ceremony.run(args), `killed at ${n}`).toMatchObject({ code: 0 });
      expect(ceremony.verdict(), `killed at ${n}`).toBe("issuing.crt: OK\n");
      expect(readdirSync(join(ceremony.root, "issued")), `killed at ${n}`).toEqual([`${ceremony.serial()}.crt`]);
      expect(hidden(ceremony)).toEqual([]);
    }
    expect(n).toBeGreaterThan(8);
  });

  test.each([1, 2, 3, 4])("revoke has taken it back after all, killed at step %i of what it moves", (n) => {
    using ceremony = new Ceremony(first);
    ceremony.must("sign", ceremony.request(), "--yes");
    const args = ["revoke", ceremony.serial(), "keyCompromise", "--yes"];
    expect(killed(ceremony, args, ["mv"], n)).toBe(true);
    ceremony.must(...args);
    expect(ceremony.verdict()).toContain("certificate revoked");
    expect(ceremony.ask("crl", "root.crl", "-text").match(/Serial Number/g)).toHaveLength(1);
    expect(hidden(ceremony)).toEqual([]);
  });

  test.each([1, 3])(
    "init has made one root whose key, certificate and list belong together, killed at step %i",
    (n) => {
      using ceremony = new Ceremony();
      const args = ["init", ...NAMES, "--key", "ec-p256"];
      expect(killed(ceremony, args, ["mv"], n)).toBe(true);
      const begun = ceremony.has(".pending");
      expect(ceremony.run(args)).toMatchObject({ code: 0 });
      expect(begun).toBe(n > 1);
      ceremony.must("sign", ceremony.request(), "--yes");
      expect(ceremony.verdict()).toBe("issuing.crt: OK\n");
      expect(ceremony.run(args).output).toContain("there is a root in");
    },
  );

  it("the list's number rises past one that was signed and not yet in its place", () => {
    using ceremony = new Ceremony(first);
    expect(killed(ceremony, ["crl"], ["mv"], 2)).toBe(true);
    const pending = must("openssl", ["crl", "-in", ".pending/root.crl", "-noout", "-crlnumber"], ceremony.root);
    expect(ceremony.must("crl")).toContain("An earlier run was stopped before its end");
    expect(ceremony.crlNumber()).toBeGreaterThan(Number.parseInt(pending.trim().replace(/crlNumber=(?:0x)?/, ""), 16));
  });
});

it("works on a root one at a time", () => {
  using ceremony = new Ceremony(first);
  writeFileSync(join(ceremony.root, ".lock"), `${process.pid}\n`);
  expect(ceremony.run(["crl"]).output).toContain(`process ${process.pid} works on this root`);
  expect(hidden(ceremony)).toEqual([".lock"]);
});

describe("the passphrase", () => {
  const initAt = (ceremony: Ceremony, typed: Typed, env: Record<string, string> = {}) =>
    atTerminal(["sh", ROOT_SH, "init", ...NAMES, "--key", "ec-p256", "--dir", ceremony.root], typed, env);
  const twice = (a: string, b: string): Typed => [
    ["root's key: ", `${a}\r`],
    ["The same again: ", `${b}\r`],
  ];

  it("is typed twice, is not shown, and is in no argument, no environment and no file; nor is the key in the clear", async () => {
    using ceremony = new Ceremony();
    mkdirSync(ceremony.root);
    const [seen, leaked] = [ceremony.at("seen"), ceremony.at("leaked")];
    const clear = `-e '${PASSPHRASE}' -e 'BEGIN PRIVATE' -e 'BEGIN EC PRIVATE'`;
    const look = `echo "$0 $*" >>${seen}; { { echo "$*"; env; } | grep ${clear}; grep -rl ${clear} ${ceremony.root}; } >>${leaked}`;
    const programs = ["openssl", "date", "mv", "mkdir", "rm", "sync", "stty"];
    const { code, screen } = await initAt(ceremony, twice(PASSPHRASE, PASSPHRASE), wrapped(ceremony, programs, look));
    expect(screen).toContain("The root is made: CN=Example Root, O=Example Ltd");
    expect(code).toBe(0);
    expect(screen).not.toContain(PASSPHRASE);
    expect(must("cat", [seen])).toContain("openssl genpkey");
    expect(must("cat", [leaked])).toBe("");
    expect(ceremony.must("crl")).toContain("root.crl is signed");
  });

  it("is the same both times, or nothing is made; the terminal shows again what is typed", async () => {
    using ceremony = new Ceremony();
    const words = ["sh", "-c", `sh ${ROOT_SH} init --common-name x --organization x --dir ${ceremony.root}; stty -a`];
    const { screen } = await atTerminal(words, twice(PASSPHRASE, `${PASSPHRASE}!`));
    expect(screen).toContain("these were two different passphrases; nothing was made");
    expect(screen).toMatch(/ echo\b/);
    expect(hidden(ceremony)).toEqual([]);
    expect(ceremony.has("root.key")).toBe(false);
  });

  it("is asked for once to sign, after which the fingerprint is shown and only yes is a yes", async () => {
    using ceremony = new Ceremony(first);
    const words = ["sh", ROOT_SH, "sign", ceremony.request(), "--dir", ceremony.root];
    const signed = (answer: string) =>
      atTerminal(words, [
        ["root.key: ", `${PASSPHRASE}\r`],
        ["Sign it? [yes/no] ", `${answer}\r`],
      ]);
    expect((await signed("y")).screen).toContain("nothing was done");
    expect(ceremony.has("issuing.crt")).toBe(false);
    expect((await signed("yes")).code).toBe(0);
    expect(ceremony.verdict()).toBe("issuing.crt: OK\n");
  });

  it("may be in a file with CR LF at its end", () => {
    using ceremony = new Ceremony(first);
    writeFileSync(ceremony.at("passphrase"), `${PASSPHRASE}\r\nmore\r\n`);
    expect(ceremony.must("crl")).toContain("root.crl is signed");
  });
});
