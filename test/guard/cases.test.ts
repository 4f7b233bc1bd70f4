import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guardStaged } from "../../scripts/guard/index.ts";
import { at, type Case, ELSEWHERE, flipped, key, other, PROTECTED, STATE, sealed } from "./support/cases.ts";
import { ec, PEM } from "./support/keys.ts";
import { type Entry, entry, Stage } from "./support/stage.ts";

let stage: Stage;

beforeAll(() => {
  stage = new Stage();
  copyFileSync(new URL("../../.gitattributes", import.meta.url), join(stage.root, ".gitattributes"));
  stage.git("add", ".gitattributes");
});

afterAll(() => stage.remove());

/** All cases in one index, which is one run of the guard; what it says of each path. */
async function verdicts(cases: readonly Case[]): Promise<Map<string, string[]>> {
  stage.clear();
  stage.add(cases.flatMap(({ entries }) => entries));
  const codes = new Map<string, string[]>();
  for (const { path, code } of await guardStaged(stage.root)) codes.set(path, [...(codes.get(path) ?? []), code]);
  return codes;
}

describe.each([
  ["elsewhere", ELSEWHERE],
  ["below pki, in the clear", STATE],
  ["below pki/private", PROTECTED],
])("%s", (room, cases) => {
  let codes: Map<string, string[]>;

  beforeAll(async () => {
    const directory = join(stage.root, ".git/git-crypt/keys");
    stage.provideKey(directory, room === "below pki/private" ? key : null);
    codes = await verdicts(cases);
  });

  test.each(cases.map((one) => [one.name, one] as const))("%j", (_, { entries, verdict }) => {
    const said = entries.flatMap(({ path }) => codes.get(path) ?? []);
    expect([...new Set(said)]).toEqual([...verdict]);
  });
});

test("there are at least 150 cases", () => {
  expect(ELSEWHERE.length + STATE.length + PROTECTED.length).toBeGreaterThanOrEqual(150);
});

describe("without the key", () => {
  test("what only the HMAC could tell passes, and one nonce over different bytes does not", async () => {
    stage.provideKey(join(stage.root, ".git/git-crypt/keys"), null);
    const first = sealed(PEM, other);
    const codes = await verdicts([at("pki/private/a", first), at("pki/private/b", flipped(Buffer.from(first)))]);
    expect([...codes]).toEqual([["pki/private/b", ["NonceReused"]]]);
  });
});

describe("rules are looked at before the first key is", () => {
  const GOOD = readFileSync(new URL("../../.gitattributes", import.meta.url), "utf8");
  const RULE = "pki/private/** filter=git-crypt diff=git-crypt -merge";

  test.each<[string, string | null, boolean]>([
    ["as they are here", GOOD, true],
    ["with git-crypt's default alone", "pki/private/** filter=git-crypt diff=git-crypt\n", true],
    ["with a second key for one file", `${GOOD}pki/private/ca.key filter=git-crypt-ca diff=git-crypt-ca\n`, true],
    ["with text=auto for all", `* text=auto\n${GOOD}`, true],
    ["deleted", null, false],
    ["empty", "", false],
    ["mistyped", GOOD.replace("filter=git-crypt ", "filter=gitcrypt "), false],
    ["with /* in place of /**", GOOD.replace(RULE, RULE.replace("/**", "/*")), false],
    ["for *.key alone", GOOD.replace(RULE, RULE.replace("/**", "/**/*.key")), false],
    ["overridden by a later rule", `${GOOD}*.p12 filter=lfs\n`, false],
    ["negated", `${GOOD}pki/private/** !filter\n`, false],
    ["switched off", `${GOOD}pki/private/x* -filter\n`, false],
    ["with text", `${GOOD}pki/private/** text\n`, false],
    ["with eol", `${GOOD}pki/private/** !text eol=crlf\n`, false],
    ["with an encoding", `${GOOD}pki/private/** working-tree-encoding=UTF-16LE\n`, false],
    ["on a line too long for git", GOOD.replace(RULE, `${RULE} ${"x".repeat(2100)}`), false],
    ["in another case", GOOD.replace(RULE, RULE.replace("private", "Private")), false],
  ])("%s", async (_, rules, good) => {
    stage.clear();
    if (rules === null) stage.git("rm", "--quiet", "--cached", "--ignore-unmatch", ".gitattributes");
    else stage.add([entry(".gitattributes", rules)]);
    stage.add([entry("README.md", "text")]);
    const codes = (await guardStaged(stage.root)).map(({ code }) => code);
    expect(codes).toEqual(good ? [] : ["Attributes"]);
  });

  test("in the working tree, too, and in .git/info/attributes", async () => {
    stage.clear();
    stage.add([entry(".gitattributes", GOOD)]);
    writeFileSync(join(stage.root, ".gitattributes"), "");
    expect((await guardStaged(stage.root)).map(({ message }) => message)).toEqual([
      expect.stringContaining("working tree"),
    ]);
    writeFileSync(join(stage.root, ".gitattributes"), GOOD);
    expect(await guardStaged(stage.root)).toEqual([]);
    stage.info("*.key -filter\n");
    expect((await guardStaged(stage.root)).map(({ path }) => path)).toEqual([".git/info/attributes"]);
    stage.info(null);
  });

  test("not in a repository that holds nothing", async () => {
    const fresh = new Stage();
    expect(await guardStaged(fresh.root)).toEqual([]);
    fresh.remove();
  });
});

describe("exceptions", () => {
  const allow = (...lines: string[]) => entry("pki/guard-allow.yaml", lines.join("\n"));
  const NOW = 1_795_262_400;
  const until = (date: string) => `  reason: a sample\n  expires: ${date}`;
  const leak = entry("leak.pem", PEM);

  async function codes(...entries: Entry[]): Promise<string[]> {
    stage.clear();
    stage.add(entries);
    return (await guardStaged(stage.root, NOW)).map(({ path, code }) => `${path} ${code}`);
  }

  test("by blob id, and by the public key's SHA-256", async () => {
    const { publicKey } = await import("./support/keys.ts").then(({ fingerprint }) => ({
      publicKey: fingerprint(ec.publicKey),
    }));
    expect(await codes(leak, allow(`- blob: ${stage.idOf(PEM)}`, until("2027-01-01")))).toEqual([]);
    expect(await codes(leak, allow(`- public_key: ${publicKey}`, until("2027-01-01")))).toEqual([]);
    expect(await codes(leak, allow(`- blob: ${stage.idOf("x")}`, until("2027-01-01")))).toEqual([
      "leak.pem PrivateKey",
    ]);
  });

  test("end", async () => {
    expect(await codes(leak, allow(`- blob: ${stage.idOf(PEM)}`, until("2026-01-01")))).toEqual([
      "leak.pem PrivateKey",
    ]);
  });

  test.each([
    ["no reason", "- blob: ID\n  expires: 2027-01-01"],
    ["no end", "- blob: ID\n  reason: x"],
    ["a glob", '- path: "*.pem"\n  reason: x\n  expires: 2027-01-01'],
    ["an abbreviated id", "- blob: 12345678\n  reason: x\n  expires: 2027-01-01"],
    ["no list", "blob: ID"],
    ["no YAML", "[: {"],
  ])("with %s except nothing, and block", async (_, text) => {
    const said = await codes(leak, allow(text.replace("ID", stage.idOf(PEM))));
    expect(said).toContain("leak.pem PrivateKey");
    expect(said.some((line) => line.startsWith("pki/guard-allow.yaml"))).toBe(true);
  });

  test("do not reach pki/private", async () => {
    const blob = allow(`- blob: ${stage.idOf(PEM)}`, until("2027-01-01"));
    expect(await codes(entry("pki/private/x.key", PEM), blob)).toEqual(["pki/private/x.key Plaintext"]);
  });

  test("have no other form: a comment in the file does nothing", async () => {
    expect(await codes(entry("x.pem", `# gitleaks:allow pragma: allowlist secret\n${PEM}`))).toEqual([
      "x.pem PrivateKey",
    ]);
  });
});
