import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guardAudit } from "../../scripts/guard/audit.ts";
import { guardRange } from "../../scripts/guard/range.ts";
import { parseKeyFile } from "../../scripts/vault/key-file.ts";
import { seal } from "../../scripts/vault/seal.ts";
import { DER, ed25519, gitCryptKey, PEM, pem } from "./support/keys.ts";
import { base, begin, commit, found, RULES, remove, sealed, stage, ZEROS } from "./support/ranged.ts";
import { entry, symlink } from "./support/stage.ts";

beforeEach(begin);
afterEach(() => stage.remove());

describe("a range", () => {
  test("without keys is fine, ciphertext and all", async () => {
    commit("x", entry("pki/private/a.key", sealed(PEM)), entry("a", "text"));
    expect(await found()).toEqual([]);
    expect(await found(`${ZEROS}..HEAD`)).toEqual([]);
    expect(await found(`HEAD..${ZEROS}`)).toEqual([]);
  });

  test("shows ciphertext that left pki/private, and not what another rule of git-crypt's covers", async () => {
    commit("x", entry("pki/private/a.key", sealed(PEM)));
    remove("pki/private/a.key");
    const left = commit("y", entry("keys/a.key", sealed(PEM)));
    const [finding, ...rest] = await guardRange(stage.root, `${base}..HEAD`);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ code: "LeftVault", path: "keys/a.key", commit: left, level: "block" });
    commit("z", entry(".gitattributes", `${RULES}keys/** filter=git-crypt-keys diff=git-crypt-keys\n`));
    expect(await found()).toEqual([]);
  });

  test("shows a key that a later commit took away", async () => {
    const leak = commit("x", entry("leak.pem", PEM));
    remove("leak.pem");
    stage.commit("y");
    const [finding, ...rest] = await guardRange(stage.root, `${base}..HEAD`);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ code: "PrivateKey", path: "leak.pem", commit: leak });
    expect(finding?.message).toContain("it is published with this commit: replace the key");
    expect(finding?.fix).toBe(`git rebase --interactive ${leak}^`);
    expect(await found(`${ZEROS}..HEAD`)).toEqual(["leak.pem PrivateKey"]);
    expect(await found(`${leak}..HEAD`)).toEqual([]);
  });

  test("says how to rewrite a first commit", async () => {
    const tree = stage.git("rev-parse", `${commit("x", entry("leak.pem", PEM))}^{tree}`).trim();
    const root = stage.git("commit-tree", tree, "-m", "root").trim();
    const [finding] = await guardRange(stage.root, `${ZEROS}..${root}`);
    expect(finding).toMatchObject({ path: "leak.pem", fix: "git rebase --interactive --root" });
  });

  test("shows plaintext under pki/private that was sealed later", async () => {
    commit("x", entry("pki/private/a.key", PEM));
    commit("y", entry("pki/private/a.key", sealed(PEM)));
    expect(await found()).toEqual(["pki/private/a.key Plaintext"]);
  });

  test("shows what only a merge brought, and what came from its other side", async () => {
    stage.git("checkout", "--quiet", "--force", "-b", "side");
    commit("side", entry("side.pem", PEM));
    remove("side.pem");
    const side = stage.commit("side 2");
    stage.git("checkout", "--quiet", "--force", "main");
    const main = commit("main", entry("b", "text"));
    stage.add([entry("evil.pem", pem(ed25519.privateKey))]);
    const tree = stage.git("write-tree").trim();
    const merge = stage.git("commit-tree", tree, "-p", main, "-p", side, "-m", "merge").trim();
    expect(await found(`${base}..${merge}`)).toEqual(["evil.pem PrivateKey", "side.pem PrivateKey"]);
  });

  test("reads messages of commits, annotated tags on them, and notes", async () => {
    const talkative = commit(`look:\n\n${PEM}`);
    stage.git("tag", "--annotate", "v1", "--message", `tag\n\n${pem(ed25519.privateKey)}`);
    const blob = stage.run(["hash-object", "-w", "--stdin"], DER).toString().trim();
    stage.git("notes", "add", "-C", blob, "HEAD");
    const said = await found();
    expect(said).toHaveLength(3);
    expect(said).toContain(`(message of commit ${talkative.slice(0, 12)}) PrivateKey`);
    expect(said).toContain(`(note on ${talkative.slice(0, 12)}) PrivateKey`);
    expect(said.some((line) => line.startsWith("(message of tag "))).toBe(true);
    expect(await found(`${base}..v1`)).toEqual(said);
    expect(await found(`${ZEROS}..refs/notes/commits`)).toContain(`${talkative} PrivateKey`);
  });

  test("reads a tag on a blob, which no commit has", async () => {
    const blob = stage.run(["hash-object", "-w", "--stdin"], PEM).toString().trim();
    stage.git("tag", "key", blob);
    expect(await found(`${ZEROS}..refs/tags/key`)).toEqual([`(object ${blob.slice(0, 12)}) PrivateKey`]);
  });

  test("reads the targets of symlinks, and the names of files, which it does not repeat", async () => {
    commit("x", symlink("link", PEM), entry(`keys/${DER.toString("base64url")}`, "x"));
    const findings = await guardRange(stage.root, `${base}..HEAD`);
    expect(findings.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "(a file's name) PrivateKey",
      "link PrivateKey",
    ]);
    expect(JSON.stringify(findings)).not.toContain(DER.toString("base64url").slice(60, 80));
  });

  test("checks the rules as each commit has them", async () => {
    const bad = commit("x", entry(".gitattributes", RULES.replace("filter=git-crypt ", "filter=gitcrypt ")));
    commit("y", entry(".gitattributes", RULES));
    const findings = await guardRange(stage.root, `${base}..HEAD`);
    expect(findings).toMatchObject([{ code: "Attributes", commit: bad }]);
    expect(await found(`${bad}..HEAD`)).toEqual([]);
  });

  test("lets a rule for what only people read convert it, and none for what a plan reads", async () => {
    commit("x", entry(".gitattributes", `${RULES}*.md text\n`), entry("pki/private/a.key", sealed(PEM)));
    expect(await found()).toEqual([]);
    commit("y", entry(".gitattributes", `${RULES}*.yaml text\n`));
    expect(await found()).toEqual([".gitattributes Attributes"]);
  });

  test("takes the rules from the commits, not from this clone", async () => {
    commit("x", entry(".gitattributes", ""));
    stage.info("pki/private/** filter=git-crypt -text\n");
    expect(await found()).toEqual([".gitattributes Attributes"]);
    stage.info("* -filter\n");
    commit("y", entry(".gitattributes", RULES));
    expect(await found("HEAD^..HEAD")).toEqual([]);
  });

  test("takes exceptions from its base: a change cannot excuse itself", async () => {
    const lines = `- blob: ${stage.idOf(PEM)}\n  reason: a sample\n  expires: 9999-01-01\n`;
    const allowing = commit("x", entry("pki/guard-allow.yaml", lines));
    commit("y", entry("leak.pem", PEM));
    expect(await found()).toEqual(["leak.pem PrivateKey"]);
    expect(await found(`${allowing}..HEAD`)).toEqual([]);
  });

  test("is not fooled by git replace, nor by grafts", async () => {
    const leak = commit("x", entry("leak.pem", PEM));
    remove("leak.pem");
    const after = stage.commit("y");
    const clean = stage.git("commit-tree", `${base}^{tree}`, "-p", base, "-m", "clean").trim();
    stage.git("replace", leak, clean);
    expect(await found()).toEqual(["leak.pem PrivateKey"]);
    writeFileSync(join(stage.root, ".git/info/grafts"), `${after} ${base}\n`);
    expect(await found()).toEqual(["leak.pem PrivateKey"]);
  });

  test("below pki takes only what belongs there", async () => {
    commit("x", entry("pki/notes.txt", "text"), entry("pki/reqs/a.req", "text"));
    expect(await found()).toEqual(["pki/notes.txt Place", "pki/reqs/a.req Place"]);
  });
});

describe("with the git-crypt key", () => {
  const own = parseKeyFile(gitCryptKey());
  const provide = () => stage.provideKey(join(stage.root, ".git/git-crypt/keys"), own);

  test("what the newest commit holds must open; history may be of an older key", async () => {
    provide();
    commit("x", entry("pki/private/a.key", sealed(PEM)));
    expect(await found()).toEqual(["pki/private/a.key WrongKey"]);
    commit("y", entry("pki/private/a.key", seal(own, Buffer.from(PEM))));
    expect(await found()).toEqual([]);
  });

  test("what another named key seals is that key's business", async () => {
    provide();
    const rules = `${RULES}pki/private/ca.key filter=git-crypt-ca diff=git-crypt-ca\n`;
    commit("x", entry(".gitattributes", rules), entry("pki/private/ca.key", sealed(PEM)));
    expect(await found()).toEqual([]);
    commit("y", entry("pki/private/ca.key", seal(own, seal(own, Buffer.from(PEM)))));
    expect(await found()).toEqual(["pki/private/ca.key SealedTwice"]);
  });
});

describe("the audit", () => {
  const audit = async () => (await guardAudit(stage.root)).map(({ path, code }) => `${path} ${code}`);

  beforeEach(() => copyFileSync(new URL("../../.gitattributes", import.meta.url), join(stage.root, ".gitattributes")));

  test("finds nothing where there is nothing", async () => {
    commit("x", entry("pki/private/a.key", sealed(PEM)));
    expect(await audit()).toEqual([]);
  });

  test("finds keys on other branches, in reflogs and stashes, in tags, and in what nothing reaches", async () => {
    stage.git("checkout", "--quiet", "--force", "-b", "other");
    commit("x", entry("branch.pem", PEM));
    stage.git("checkout", "--quiet", "--force", "main");
    commit("y", entry("forgotten.pem", pem(ed25519.privateKey)));
    stage.git("reset", "--quiet", "--hard", base);
    const loose = stage.run(["hash-object", "-w", "--stdin"], DER).toString().trim();
    expect(await audit()).toEqual([
      `(object ${loose.slice(0, 12)}) PrivateKey`,
      "branch.pem PrivateKey",
      "forgotten.pem PrivateKey",
    ]);
  });

  test("finds what is staged, and plaintext of long ago", async () => {
    commit("x", entry("pki/private/a.key", PEM));
    commit("y", entry("pki/private/a.key", sealed(PEM)));
    stage.add([entry("leak.pem", pem(ed25519.privateKey))]);
    const said = await audit();
    expect(said).toContain("pki/private/a.key Plaintext");
    expect(said).toContain("leak.pem PrivateKey");
  });
});
