import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unlock } from "../../scripts/flows/unlock.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { asTester } from "./support/in-process.ts";
import { type Command, clientsYaml, environment, NOON, Repository, runProgram } from "./support/repository.ts";

const CA_KEY = "pki/private/ca.key";
const INSTALLED = ".git/git-crypt/keys/default";

/** Unlocked, with a second commit by Rita that seals everything anew. */
let ready: Repository;
let other: Repository;
let keys: Readonly<Record<"former" | "present" | "strange", string>>;
let rekeyed: string;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }" }));
  ready.git("config", "core.hooksPath", "/dev/null");
  ready.git("branch", "before");
  const former = ready.beside("former.key");
  cpSync(ready.exportKey(), former);
  const present = ready.beside("present.key");
  const rita = { GIT_AUTHOR_NAME: "Rita \u001b[31m", GIT_AUTHOR_EMAIL: "rita@example.com" };
  const program = new URL("../../scripts/rekey.ts", import.meta.url).pathname;
  const { code, stderr } = await runProgram(
    process.execPath,
    [program, "--root", ready.root, "--export", present],
    rita,
  );
  if (code !== 0) throw new Error(stderr);
  rekeyed = ready.git("rev-parse", "--short=12", "HEAD").trim();
  ready.write("docs/later.md", "Later.\n");
  ready.commit("Go on");
  other = await Repository.ready(clientsYaml({}));
  keys = { former, present, strange: other.exportKey() };
});
afterAll(() => {
  ready?.[Symbol.dispose]();
  other?.[Symbol.dispose]();
});

async function refused(repository: Repository, keyFile: string | null): Promise<string> {
  try {
    await asTester(() => unlock({ root: repository.root, keyFile }));
  } catch (error) {
    if (error instanceof UserError) return [error.message, ...error.hints].join("\n");
    throw error;
  }
  throw new Error("it was not refused");
}

const WHOSE = {
  former: () => `it is from before commit ${rekeyed} (Rita \\u{1b}[31m <rita@example.com>, `,
  strange: () => "it is another repository's",
} as const;

/** Clones in which nothing but git's own objects can tell whose a key is. */
const CLONES: Readonly<Record<string, (clone: Repository) => unknown>> = {
  "a locked clone": () => {},
  "a clone whose keys are in the clear and whose own key is gone": async (clone) => {
    await asTester(() => unlock({ root: clone.root, keyFile: keys.present }));
    rmSync(clone.at(INSTALLED));
  },
  "a clone without pki/private in its tree": (clone) => rmSync(clone.at("pki/private"), { recursive: true }),
};

describe("a key that does not open HEAD", () => {
  const cases = Object.entries(CLONES).flatMap(([name, prepare]) =>
    (["former", "strange"] as const).map((key) => [name, key, prepare] as const),
  );
  it.each(cases)("in %s: the %s one is refused by name, and not installed", async (_, key, prepare) => {
    using clone = ready.clone();
    await prepare(clone);
    const before = clone.fingerprint("pki");
    expect(await refused(clone, keys[key])).toContain(WHOSE[key]());
    expect(existsSync(clone.at(INSTALLED))).toBe(false);
    expect(clone.fingerprint("pki")).toEqual(before);
    await asTester(() => unlock({ root: clone.root, keyFile: keys.present }));
    expect(existsSync(clone.at(INSTALLED))).toBe(true);
  });

  it("is refused where it is the clone's own, too, after somebody else's rekey was pulled", async () => {
    using clone = ready.clone();
    clone.git("reset", "--quiet", "--hard", "origin/before");
    await asTester(() => unlock({ root: clone.root, keyFile: keys.former }));
    clone.git("merge", "--quiet", "--ff-only", "origin/main");
    for (const given of [keys.former, null]) expect(await refused(clone, given)).toContain(WHOSE.former());
    expect(await asTester(() => unlock({ root: clone.root, keyFile: keys.present }))).toMatchObject({ left: [] });
    expect(clone.read(CA_KEY)).toBe(ready.read(CA_KEY));
  });

  it("but another branch is told so", async () => {
    using clone = ready.clone();
    clone.git("reset", "--quiet", "--hard", "origin/before");
    expect(await refused(clone, keys.present)).toMatch(/it is the key of origin(\/\w+)?, which is not/);
  });

  it("in an unlocked clone leaves the right one where it is", async () => {
    using twin = ready.copy();
    expect(await refused(twin, keys.strange)).toContain(WHOSE.strange());
    expect(await asTester(() => unlock({ root: twin.root, keyFile: null }))).toMatchObject({ opened: 0 });
  });
});

describe("the way into a locked clone", () => {
  const told = async (clone: Repository, commands: readonly Command[]) => {
    clone.write("clients.yaml", clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" }));
    const runs = [];
    for (const command of commands) runs.push(await clone.run(command));
    return runs.map(({ stdout, stderr }) => `${stdout}${stderr}`);
  };

  it.each([
    ["by an exported key", () => {}, "npm run unlock -- --key-file KEYFILE"],
    [
      "by GnuPG",
      (clone: Repository) => {
        mkdirSync(clone.at(".git-crypt/keys/default/0"), { recursive: true });
        writeFileSync(clone.at(`.git-crypt/keys/default/0/${"A".repeat(40)}.gpg`), "sealed to somebody");
      },
      "npm run unlock",
    ],
  ])("%s is the same in the words of unlock, start, reconcile and check", async (how, prepare, command) => {
    using clone = ready.clone();
    prepare(clone);
    const gpg = "with your GnuPG key: npm run unlock (.git-crypt holds one copy of git-crypt's key)";
    for (const text of await told(clone, ["unlock", "start", "reconcile", "check"])) {
      expect(text).toMatch(new RegExp(`${command}(?! --)`));
      if (!text.includes("Left out")) expect(text.includes(gpg)).toBe(how === "by GnuPG");
    }
  });

  it("after lock is the one that lock names", async () => {
    using twin = ready.copy();
    execFileSync(process.execPath, [new URL("../../scripts/lock.ts", import.meta.url).pathname, "--root", twin.root], {
      env: environment(),
      stdio: "pipe",
    });
    for (const text of await told(twin, ["start", "reconcile", "check"])) {
      expect(text).toMatch(/npm run unlock\b/);
      if (!text.includes("Left out"))
        expect(text).toContain("run: npm run unlock (with the key that lock put aside here)");
    }
  });
});

describe("before anything is sealed", () => {
  it("a key is installed, for there is nothing to prove it by", async () => {
    using fresh = Repository.fresh(clientsYaml({}));
    await asTester(() => unlock({ root: fresh.root, keyFile: keys.strange }));
    expect(await fresh.run("start", "--now", NOON)).toMatchObject({ code: 0 });
  });
});
