import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guardAudit } from "../../scripts/guard/audit.ts";
import { guardRange } from "../../scripts/guard/range.ts";
import { parseKeyFile } from "../../scripts/vault/key-file.ts";
import { seal } from "../../scripts/vault/seal.ts";
import { plainEnvironment, scratch } from "../system/scratch.ts";
import { DER, ed25519, gitCryptKey, PEM, pem } from "./support/keys.ts";
import { type Entry, entry, Stage, symlink } from "./support/stage.ts";

const RULES = readFileSync(new URL("../../.gitattributes", import.meta.url), "utf8");
const COMMAND = new URL("../../scripts/guard.ts", import.meta.url).pathname;
const ZEROS = "0".repeat(40);
const sealed = (text: string): Buffer => seal(parseKeyFile(gitCryptKey()), Buffer.from(text));

let stage: Stage;
let base: string;

beforeEach(() => {
  stage = new Stage();
  base = commit("first", entry(".gitattributes", RULES), entry("README.md", "text"));
});

afterEach(() => stage.remove());

function commit(message: string, ...entries: readonly Entry[]): string {
  stage.add(entries);
  return stage.commit(message);
}

function remove(path: string): void {
  stage.git("rm", "--quiet", "--cached", "--", path);
}

const found = async (range = `${base}..HEAD`): Promise<string[]> =>
  (await guardRange(stage.root, range)).map(({ path, code }) => `${path} ${code}`);

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

describe("what cannot be decided", () => {
  const guard = (root: string, ...args: string[]) =>
    spawnSync(process.execPath, [COMMAND, ...args], { cwd: root, env: plainEnvironment(), encoding: "utf8" });

  test("exits 2: a shallow clone that hides part of the range", () => {
    commit("a", entry("leak.pem", PEM));
    remove("leak.pem");
    const later = stage.commit("b");
    commit("c", entry("d", "text"));
    const clone = join(scratch(), "clone");
    stage.git("clone", "--quiet", "--depth", "2", `file://${stage.root}`, clone);
    expect(guard(clone, "--range", `${ZEROS}..HEAD`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("unshallow"),
    });
    expect(guard(clone, "--range", `${base}..HEAD`).status).toBe(2);
    expect(guard(clone, "--range", `${later}..HEAD`).status).toBe(0);
  });

  test("exits 2: a name that git does not know, an option in place of one, three dots, a missing object", () => {
    for (const range of ["nobody..HEAD", `${"1".repeat(40)}..HEAD`, "--all..HEAD", `${base}...HEAD`, "HEAD", ".."]) {
      expect(guard(stage.root, `--range=${range}`).status, range).toBe(2);
    }
    stage.git("update-index", "--add", "--cacheinfo", `100644,${stage.idOf("never written")},ghost`);
    const tree = stage.git("write-tree", "--missing-ok").trim();
    const haunted = stage.git("commit-tree", tree, "-p", base, "-m", "x").trim();
    expect(guard(stage.root, "--range", `${base}..${haunted}`).status).toBe(2);
    expect(guard(stage.root, "--range", "HEAD..HEAD", "--audit").status).toBe(2);
  });

  test("says in words and in JSON what is published, and exits 1", () => {
    const leak = commit("x", entry("leak.pem", PEM));
    const { status, stdout } = guard(stage.root, "--range", `${base}..HEAD`);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^guard: leak\\.pem \\(commit ${leak.slice(0, 12)}\\): a private key in the clear: EC`),
    );
    const { findings } = JSON.parse(guard(stage.root, "--range", `${base}..HEAD`, "--json").stdout);
    expect(findings).toMatchObject([{ code: "PrivateKey", level: "block", path: "leak.pem", commit: leak }]);
  });
});

describe("a bare repository's pre-receive", () => {
  test("refuses a push while it is in quarantine, and lets a good one through", () => {
    const remote = join(scratch(), "remote.git");
    stage.git("init", "--quiet", "--bare", remote);
    const hook = `#!/bin/sh\nwhile read -r old new ref; do '${process.execPath}' '${COMMAND}' --range "$old..$new" || exit; done\n`;
    mkdirSync(join(remote, "hooks"), { recursive: true });
    writeFileSync(join(remote, "hooks/pre-receive"), hook);
    chmodSync(join(remote, "hooks/pre-receive"), 0o755);
    const push = (...refs: string[]) =>
      spawnSync("git", ["push", remote, ...refs], { cwd: stage.root, env: plainEnvironment(), encoding: "utf8" });
    expect(push("main")).toMatchObject({ status: 0 });
    commit("x", entry("leak.pem", PEM));
    const { status, stderr } = push("main");
    expect(status).toBe(1);
    expect(stderr).toContain("leak.pem (commit");
    expect(stage.run(["rev-parse", "main"], "", { GIT_DIR: remote }).toString().trim()).toBe(base);
    stage.git("reset", "--quiet", "--hard", base);
    commit("y", entry("fine", "text"));
    expect(push("main", "main:other")).toMatchObject({ status: 0 });
    expect(push(":other")).toMatchObject({ status: 0 });
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
