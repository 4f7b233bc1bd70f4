import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { now as clock } from "../../scripts/system/clock.ts";
import { installFilter } from "../../scripts/vault/install.ts";
import { run } from "../system/scratch.ts";
import { edit, look, mend, write } from "./prepared.ts";
import {
  certificate,
  copy,
  exportedKey,
  forge,
  key,
  prepared,
  remove,
  revocation,
  scratch,
  usePrepared,
} from "./tampering.ts";

usePrepared();

const DAY = 24 * 3600;

/** As they are in the repository that was cloned. */
function setUpHooks(root: string): void {
  run(root, "git", "config", "core.hooksPath", "hooks");
  write(root, ".git/gatehouse/code/.husky/pre-commit", "exit 0\n");
}

test("where everything holds, nothing is found and nothing is left out", async () => {
  expect(await look(copy())).toEqual({ findings: [], leftOut: [], certificates: 6 });
});

describe("without the key", () => {
  async function lockedClone(): Promise<string> {
    const parent = scratch();
    run(parent, "git", "clone", "--quiet", prepared().root, "locked");
    const root = join(parent, "locked");
    setUpHooks(root);
    await installFilter(root);
    return root;
  }

  test("everything is checked that needs none, and what does is said", async () => {
    const { findings, leftOut } = await look(await lockedClone());
    expect(findings).toEqual([]);
    expect(leftOut).toEqual([expect.stringContaining("the vault is locked")]);
  });

  test("a clone in which git has no filter for keys is named, and mended", async () => {
    const root = await lockedClone();
    run(root, "git", "config", "--remove-section", "filter.git-crypt");
    const { findings } = await look(root);
    expect(findings).toMatchObject([{ code: "Filter", level: "warn", path: ".git/config" }]);
    await mend(root, findings[0]?.fix ?? "");
    expect((await look(root)).findings).toEqual([]);
  });

  test("tampering is found all the same", async () => {
    const root = await lockedClone();
    remove(root, revocation());
    edit(root, certificate("alice"), forge);
    const { findings } = await look(root);
    expect(findings.map(({ code }) => code)).toEqual(["Signature", "RevocationLost"]);
  });

  test("a key in the environment opens the keys where they lie, ciphertext as it is", async () => {
    const root = await lockedClone();
    copyFileSync(join(root, key("bob")), join(root, key("alice")));
    vi.stubEnv("GATEHOUSE_KEY_FILE", exportedKey());
    onTestFinished(() => void vi.stubEnv("GATEHOUSE_KEY_FILE", undefined));
    const { findings, leftOut } = await look(root);
    expect(findings).toMatchObject([{ code: "KeyMismatch", path: key("alice") }]);
    expect(leftOut).toEqual([expect.stringContaining("until the facts are mended")]);
  });
});

test("a shallow clone says that its history is not all there", async () => {
  const parent = scratch();
  run(parent, "git", "clone", "--quiet", "--depth=1", `file://${prepared().root}`, "shallow");
  setUpHooks(join(parent, "shallow"));
  await installFilter(join(parent, "shallow"));
  const { findings } = await look(join(parent, "shallow"));
  expect(findings).toMatchObject([{ code: "Shallow", level: "warn", fix: "git fetch --unshallow" }]);
  await mend(join(parent, "shallow"), findings[0]?.fix ?? "");
  expect((await look(join(parent, "shallow"))).findings).toEqual([]);
});

describe("time that went by", () => {
  test("makes changes due, which is no tampering", async () => {
    const { findings } = await look(copy(), clock() + 340 * DAY);
    const due = findings.filter(({ code }) => code !== "CrlEnded");
    expect(due).toMatchObject([{ code: "Pending", level: "warn", path: "clients.yaml", fix: "npm run reconcile" }]);
  });

  test("makes derived files old, not wrong; an edited one stays wrong", async () => {
    const root = copy();
    write(root, "pki/nginx/roles.map", "x");
    const { findings } = await look(root, clock() + 400 * DAY);
    const level = new Map(findings.map((finding) => [finding.path, `${finding.code} ${finding.level}`]));
    expect(level.get("pki/index.txt")).toBe("Due warn");
    expect(level.get("pki/issued/alice.crt")).toBe("Due warn");
    expect(level.get("pki/nginx/roles.map")).toBe("Drifted block");
  });

  test("ends the authority, after a warning", async () => {
    const end = prepared().state.authority?.notAfter ?? 0;
    const of = async (now: number) => (await look(copy(), now)).findings.filter(({ path }) => path === "pki/ca.crt");
    expect(await of(end - 30 * DAY)).toMatchObject([{ code: "AuthorityEnding", level: "warn" }]);
    expect(await of(end + 1)).toMatchObject([{ code: "AuthorityEnded", level: "block" }]);
  });
});

test("a repository without an authority is not broken, only new", async () => {
  const root = copy();
  run(root, "git", "update-ref", "-d", "HEAD");
  rmSync(join(root, ".git/logs"), { recursive: true });
  run(root, "git", "rm", "--quiet", "-r", "--cached", "pki");
  rmSync(join(root, "pki"), { recursive: true });
  edit(root, "clients.yaml", (text) => text.replace(", csr: true", ""));
  const { findings } = await look(root);
  expect(findings).toMatchObject([{ code: "NoAuthority", level: "warn", fix: "npm start" }]);
});
