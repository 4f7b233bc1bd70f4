import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { now as clock } from "../../scripts/system/clock.ts";
import { run } from "../system/scratch.ts";
import {
  certificateOf,
  edit,
  look,
  mend,
  type Prepared,
  plainly,
  prepare,
  putCertificate,
  putCrl,
  write,
} from "./prepared.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

let directory: string;
let prepared: Prepared;
beforeAll(async () => {
  plainly();
  directory = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
  prepared = await prepare(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function copy(): string {
  const parent = mkdtempSync(join(tmpdir(), "gatehouse check "));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  const root = join(parent, "repository");
  execFileSync("cp", ["-a", prepared.root, root]);
  return root;
}

const pem = () =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const certificate = (name: string) => `pki/certs_by_serial/${prepared.serial(name)}.pem`;
const key = (name: string) => `pki/private/by_serial/${prepared.serial(name)}.key`;
const revocation = () => `pki/revoked/${prepared.serial("mallory")}.yaml`;
const revoked = () => [...(prepared.state.crl?.entries.values() ?? [])];
const number = () => (prepared.state.crl?.number ?? 0) + 5;
const remove = (root: string, path: string) => rmSync(join(root, path));

/** Another PEM with one bit of the signature, at the very end of the DER, turned over. */
function forge(text: string): string {
  const start = text.indexOf("-----BEGIN");
  const der = Buffer.from(text.slice(start).replace(/-----[A-Z ]+-----|\n/g, ""), "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  const body = (der.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
  return `${text.slice(0, start)}-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

interface Tampering {
  readonly tamper: (root: string) => unknown;
  readonly code: string;
  readonly path: () => string;
  /** `none`: it is not ours to mend by a command. */
  readonly fix?: "none" | "unrun";
  readonly level?: "warn";
}

const at = (path: string) => () => path;
const serial = "4A000000000000000000000000000001";

const FACTS: Readonly<Record<string, Tampering>> = {
  "a registry with a field that nobody knows": {
    tamper: (root) => edit(root, "clients.yaml", (text) => `${text}color: red\n`),
    code: "InvalidRegistry",
    path: at("clients.yaml"),
    fix: "none",
  },
  "a certificate cut short": {
    tamper: (root) => edit(root, certificate("alice"), (text) => text.slice(0, -60)),
    code: "StateDoubtful",
    path: () => certificate("alice"),
  },
  "a certificate under another serial number": {
    tamper: (root) => copyFileSync(join(root, certificate("alice")), join(root, certificate("bob"))),
    code: "StateDoubtful",
    path: () => certificate("bob"),
  },
  "a symlink in place of a certificate": {
    tamper: (root) => {
      remove(root, certificate("alice"));
      symlinkSync("/etc/passwd", join(root, certificate("alice")));
    },
    code: "StateDoubtful",
    path: () => certificate("alice"),
  },
  "a file that does not belong among the certificates": {
    tamper: (root) => write(root, "pki/certs_by_serial/notes.txt", "x"),
    code: "StateDoubtful",
    path: at("pki/certs_by_serial/notes.txt"),
  },
  "a certificate whose signature is wrong by one bit": {
    tamper: (root) => edit(root, certificate("alice"), forge),
    code: "Signature",
    path: () => certificate("alice"),
  },
  "a certificate with the authority's serial number": {
    tamper: (root) => {
      const own = prepared.state.authority?.serial ?? "";
      putCertificate(root, { serial: own, notBefore: clock() - HOUR, notAfter: clock() + DAY });
    },
    code: "SerialTwice",
    path: () => `pki/certs_by_serial/${prepared.state.authority?.serial}.pem`,
    fix: "none",
  },
  "a certificate that is valid before the authority": {
    tamper: (root) => putCertificate(root, { serial, notBefore: clock() - DAY, notAfter: clock() + DAY }),
    code: "Validity",
    path: at(`pki/certs_by_serial/${serial}.pem`),
    fix: "none",
  },
  "a client's certificate that says it is a server's": {
    tamper: (root) => edit(root, certificate("alice"), (text) => text.replace("kind: client", "kind: server")),
    code: "Profile",
    path: () => certificate("alice"),
  },
  "a certificate that says it is somebody else's": {
    tamper: (root) => edit(root, certificate("bob"), (text) => text.replace("identity: bob", "identity: alice")),
    code: "Lines",
    path: () => certificate("bob"),
  },
  "a certificate that says it was issued before it was valid": {
    tamper: (root) => edit(root, certificate("bob"), (text) => text.replace(/issued: \d+/, "issued: 1999")),
    code: "Lines",
    path: () => certificate("bob"),
  },
  "a certificate that says another reason than it was issued for": {
    tamper: (root) => edit(root, certificate("bob"), (text) => text.replace("reason: Missing", "reason: KeyChanged")),
    code: "Rewritten",
    path: () => certificate("bob"),
  },
  "a certificate that is gone": {
    tamper: (root) => remove(root, certificate("bob")),
    code: "CertificateLost",
    path: () => certificate("bob"),
  },
  "a revocation that is gone": {
    tamper: (root) => remove(root, revocation()),
    code: "RevocationLost",
    path: revocation,
  },
  "a revocation and every trace of it gone, in a commit": {
    tamper: (root) => {
      remove(root, revocation());
      write(root, "pki/crl.pem", prepared.firstCrl);
      remove(root, "pki/index.txt");
      run(root, "git", "commit", "--quiet", "--no-verify", "-am", "nothing to see");
    },
    code: "RevocationLost",
    path: revocation,
    fix: "unrun",
  },
  "a revocation that never came through a merge": {
    tamper: (root) => {
      run(root, "git", "checkout", "--quiet", "-b", "theirs");
      write(
        root,
        `pki/revoked/${prepared.serial("alice")}.yaml`,
        "at: 2026-01-01T00:00:00Z\nreason: keyCompromise\ncause: Declared\n",
      );
      run(root, "git", "add", "pki/revoked");
      run(root, "git", "commit", "--quiet", "-m", "theirs");
      run(root, "git", "checkout", "--quiet", "main");
      run(root, "git", "merge", "--quiet", "--strategy=ours", "-m", "ours", "theirs");
    },
    code: "RevocationLost",
    path: () => `pki/revoked/${prepared.serial("alice")}.yaml`,
    fix: "unrun",
  },
  "a revocation with another reason": {
    tamper: (root) => edit(root, revocation(), (text) => text.replace(/reason: \w+/, "reason: unspecified")),
    code: "Rewritten",
    path: revocation,
  },
  "a hold of a certificate that never was": {
    tamper: (root) => write(root, `pki/held/${serial}.yaml`, "at: 2026-01-01T00:00:00Z\nreason: certificateHold\n"),
    code: "StateDoubtful",
    path: at(`pki/certs_by_serial/${serial}.pem`),
  },
  "another authority": {
    tamper: (root) => {
      const subject = ["-subj", "/CN=Check CA/O=Example Ltd", "-days", "90", "-keyout", join(root, "../x.key")];
      run(
        root,
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-nodes",
        ...subject,
        "-out",
        "pki/ca.crt",
      );
    },
    code: "Rewritten",
    path: at("pki/ca.crt"),
  },
  "no authority any more": {
    tamper: (root) => remove(root, "pki/ca.crt"),
    code: "NoAuthority",
    path: at("pki/ca.crt"),
  },
};

const KEYS: Readonly<Record<string, Tampering>> = {
  "a managed key that is gone": {
    tamper: (root) => remove(root, key("alice")),
    code: "KeyMissing",
    path: () => key("alice"),
  },
  "a managed key that is another's": {
    tamper: (root) => copyFileSync(join(root, key("bob")), join(root, key("alice"))),
    code: "KeyMismatch",
    path: () => key("alice"),
  },
  "a managed key that is none": {
    tamper: (root) => write(root, key("alice"), "x"),
    code: "KeyUnreadable",
    path: () => key("alice"),
  },
  "a managed key sealed with another git-crypt key": {
    tamper: (root) => write(root, key("alice"), Buffer.concat([Buffer.from("\0GITCRYPT\0"), randomBytes(200)])),
    code: "KeyUnreadable",
    path: () => key("alice"),
  },
  "a key for a certificate that came by request": {
    tamper: (root) => {
      write(root, key("dave"), pem());
      chmodSync(join(root, key("dave")), 0o600);
    },
    code: "KeyUnexpected",
    path: () => key("dave"),
  },
  "an authority's key that is another": {
    tamper: (root) => write(root, "pki/private/ca.key", pem()),
    code: "KeyMismatch",
    path: at("pki/private/ca.key"),
  },
  "no authority's key": {
    tamper: (root) => remove(root, "pki/private/ca.key"),
    code: "KeyMissing",
    path: at("pki/private/ca.key"),
  },
};

const crl = at("pki/crl.pem");
const CRL: Readonly<Record<string, Tampering>> = {
  "no CRL": { tamper: (root) => remove(root, crl()), code: "Missing", path: crl },
  "an old CRL put back": { tamper: (root) => write(root, crl(), prepared.firstCrl), code: "CrlRollback", path: crl },
  "another CRL with the same number": {
    tamper: (root) =>
      putCrl(root, {
        number: number() - 5,
        thisUpdate: clock() - 60,
        nextUpdate: clock() + 30 * DAY,
        entries: revoked(),
      }),
    code: "CrlRollback",
    path: crl,
  },
  "a CRL without somebody who is revoked": {
    tamper: (root) =>
      putCrl(root, {
        number: number(),
        thisUpdate: clock() - 60,
        nextUpdate: clock() + 30 * DAY,
        entries: revoked().slice(1),
      }),
    code: "CrlEntries",
    path: crl,
  },
  "a CRL from the future": {
    tamper: (root) =>
      putCrl(root, { number: number(), thisUpdate: clock() + DAY, nextUpdate: clock() + 30 * DAY, entries: revoked() }),
    code: "CrlFuture",
    path: crl,
  },
  "a CRL whose number lies in the future": {
    tamper: (root) =>
      putCrl(root, {
        number: clock() + DAY,
        thisUpdate: clock() - 60,
        nextUpdate: clock() + 30 * DAY,
        entries: revoked(),
      }),
    code: "CrlFuture",
    path: crl,
  },
  "a CRL that has ended": {
    tamper: (root) =>
      putCrl(root, { number: number(), thisUpdate: clock() - DAY, nextUpdate: clock() - 1, entries: revoked() }),
    code: "CrlEnded",
    path: crl,
  },
  "a CRL that ends tomorrow": {
    tamper: (root) =>
      putCrl(root, { number: number(), thisUpdate: clock() - DAY, nextUpdate: clock() + DAY, entries: revoked() }),
    code: "CrlEnding",
    path: crl,
    level: "warn",
  },
  "a CRL with a byte changed": {
    tamper: (root) => edit(root, crl(), (text) => forge(text).replaceAll("CERTIFICATE", "X509 CRL")),
    code: "StateDoubtful",
    path: crl,
  },
};

const DERIVED: Readonly<Record<string, Tampering>> = {
  "somebody let in by hand": {
    tamper: (root) => edit(root, "pki/nginx/clients.map", (text) => `${text}# x\n`),
    code: "Drifted",
    path: at("pki/nginx/clients.map"),
  },
  "a derived file that is gone": {
    tamper: (root) => remove(root, "pki/index.txt"),
    code: "Missing",
    path: at("pki/index.txt"),
  },
  "the record of what was carried out gone": {
    tamper: (root) => remove(root, "pki/registry.yaml"),
    code: "Missing",
    path: at("pki/registry.yaml"),
  },
  "a server that nobody asked for": {
    tamper: (root) => write(root, "pki/nginx/servers/evil.conf", "x"),
    code: "Stray",
    path: at("pki/nginx/servers/evil.conf"),
  },
  "an issued certificate for somebody suspended": {
    tamper: (root) => write(root, "pki/issued/carol.crt", certificateOf(prepared.state, "carol").pem),
    code: "Stray",
    path: at("pki/issued/carol.crt"),
  },
  "another key under somebody's name": {
    tamper: (root) => write(root, "pki/private/alice.key", pem()),
    code: "Drifted",
    path: at("pki/private/alice.key"),
  },
  "a change of clients.yaml that nobody carried out": {
    tamper: (root) =>
      edit(root, "clients.yaml", (text) =>
        text.replace("  bob:", "  erin: { groups: [customers], contact: a@example.com }\n  bob:"),
      ),
    code: "Pending",
    path: at("clients.yaml"),
    level: "warn",
  },
  "a change of clients.yaml that the plan refuses": {
    tamper: (root) =>
      edit(root, "clients.yaml", (text) => text.replace("common_name: Check CA", "common_name: Other CA")),
    code: "AuthorityChanged",
    path: at("clients.yaml"),
    fix: "unrun",
  },
};

const TREE: Readonly<Record<string, Tampering>> = {
  "a key that others can read": {
    tamper: (root) => chmodSync(join(root, key("alice")), 0o644),
    code: "Mode",
    path: () => key("alice"),
  },
  "a directory of keys that others can enter": {
    tamper: (root) => chmodSync(join(root, "pki/private"), 0o755),
    code: "Mode",
    path: at("pki/private"),
  },
  "every key readable, as git checks them out": {
    tamper: (root) => run(root, "chmod", "-R", "a+r", "pki/private"),
    code: "Mode",
    path: at("pki/private"),
  },
  "a leftover of a killed run": {
    tamper: (root) => write(root, "pki/issued/.alice.crt.4711.tmp", "x"),
    code: "Leftover",
    path: at("pki/issued/.alice.crt.4711.tmp"),
    level: "warn",
  },
  "a file that nobody knows": {
    tamper: (root) => write(root, "pki/it's notes.txt", "x"),
    code: "Unexpected",
    path: at("pki/it's notes.txt"),
    level: "warn",
  },
  "a request of nobody": {
    tamper: (root) =>
      renameSync(join(root, "pki/reqs/dave.req"), join(root, "pki/reqs/ghost.req")) ??
      cpSync(join(root, "pki/reqs/ghost.req"), join(root, "pki/reqs/dave.req")),
    code: "Unexpected",
    path: at("pki/reqs/ghost.req"),
    level: "warn",
  },
};

const REPOSITORY: Readonly<Record<string, Tampering>> = {
  ".gitattributes without git-crypt": {
    tamper: (root) => edit(root, ".gitattributes", (text) => text.replace("filter=git-crypt", "filter=git-crpyt")),
    code: "Attributes",
    path: at(".gitattributes"),
  },
  "line endings on keys": {
    tamper: (root) => edit(root, ".gitattributes", (text) => `${text}*.pem text eol=crlf\n`),
    code: "Attributes",
    path: at(".gitattributes"),
  },
  "another filter for one key, in a file that is not committed": {
    tamper: (root) => write(root, ".git/info/attributes", "alice.key filter=lfs\n"),
    code: "Attributes",
    path: at("pki/private/alice.key"),
    fix: "unrun",
  },
  "git-crypt's filter gone": {
    tamper: (root) => run(root, "git", "config", "--unset", "filter.git-crypt.clean"),
    code: "Filter",
    path: at(".git/config"),
  },
  "git-crypt's filter allowed to fail": {
    tamper: (root) => run(root, "git", "config", "filter.git-crypt.required", "false"),
    code: "Filter",
    path: at(".git/config"),
  },
  "no hook": {
    tamper: (root) => run(root, "git", "config", "--unset", "core.hooksPath"),
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "a hook that cannot run": {
    tamper: (root) => chmodSync(join(root, "hooks/pre-commit"), 0o644),
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "a private key in the index": {
    tamper: (root) => {
      write(root, "leak.pem", pem());
      run(root, "git", "add", "leak.pem");
    },
    code: "PrivateKey",
    path: at("leak.pem"),
  },
  "a git-crypt key that nobody saved": {
    tamper: (root) => remove(root, ".git/gatehouse/key-exported"),
    code: "KeyNotExported",
    path: at(".git/git-crypt"),
    level: "warn",
  },
  "keys in ciphertext where git's filter is on": {
    tamper: (root) => {
      for (const name of readdirSync(join(root, "pki/private")).filter((one) => one.endsWith(".key"))) {
        const path = `pki/private/${name}`;
        write(root, path, execFileSync("git", ["cat-file", "blob", `HEAD:${path}`], { cwd: root }));
      }
      for (const name of readdirSync(join(root, "pki/private/by_serial"))) {
        const path = `pki/private/by_serial/${name}`;
        write(root, path, execFileSync("git", ["cat-file", "blob", `HEAD:${path}`], { cwd: root }));
      }
    },
    code: "HalfUnlocked",
    path: at("pki/private"),
    fix: "unrun",
  },
};

test("where everything holds, nothing is found and nothing is left out", async () => {
  expect(await look(copy())).toEqual({ findings: [], leftOut: [], certificates: 6 });
});

describe.each(Object.entries({ FACTS, KEYS, CRL, DERIVED, TREE, REPOSITORY }))("%s", (_, table) => {
  test.each(Object.entries(table))("%s is found, alone, and what is said mends it", async (_sentence, one) => {
    const root = copy();
    await one.tamper(root);
    const { findings } = await look(root);
    expect(findings.map(({ code, level, path }) => ({ code, level, path }))).toEqual([
      { code: one.code, level: one.level ?? "block", path: one.path() },
    ]);
    const fix = findings[0]?.fix ?? null;
    expect(fix === null).toBe(one.fix === "none");
    if (fix === null || one.fix === "unrun") return;
    mend(root, fix);
    expect((await look(root)).findings).toEqual([]);
  });
});

describe("without the key", () => {
  function lockedClone(): string {
    const parent = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
    onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
    run(parent, "git", "clone", "--quiet", prepared.root, "locked");
    const root = join(parent, "locked");
    run(root, "git", "config", "core.hooksPath", "hooks");
    return root;
  }

  test("everything is checked that needs none, and what does is said", async () => {
    const { findings, leftOut } = await look(lockedClone());
    expect(findings).toEqual([]);
    expect(leftOut).toEqual([expect.stringContaining("the vault is locked")]);
  });

  test("tampering is found all the same", async () => {
    const root = lockedClone();
    remove(root, revocation());
    edit(root, certificate("alice"), forge);
    const { findings } = await look(root);
    expect(findings.map(({ code }) => code)).toEqual(["Signature", "RevocationLost"]);
  });

  test("a key in the environment opens the keys where they lie, ciphertext as it is", async () => {
    const root = lockedClone();
    copyFileSync(join(root, key("bob")), join(root, key("alice")));
    vi.stubEnv("GATEHOUSE_KEY_FILE", join(directory, "exported.key"));
    onTestFinished(() => void vi.stubEnv("GATEHOUSE_KEY_FILE", undefined));
    const { findings, leftOut } = await look(root);
    expect(findings).toMatchObject([{ code: "KeyMismatch", path: key("alice") }]);
    expect(leftOut).toEqual([expect.stringContaining("until the facts are mended")]);
  });
});

test("a shallow clone says that its history is not all there", async () => {
  const parent = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  run(parent, "git", "clone", "--quiet", "--depth=1", `file://${prepared.root}`, "shallow");
  run(join(parent, "shallow"), "git", "config", "core.hooksPath", "hooks");
  const { findings } = await look(join(parent, "shallow"));
  expect(findings).toMatchObject([{ code: "Shallow", level: "warn", fix: "git fetch --unshallow" }]);
  mend(join(parent, "shallow"), findings[0]?.fix ?? "");
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
    const end = prepared.state.authority?.notAfter ?? 0;
    const of = async (now: number) => (await look(copy(), now)).findings.filter(({ path }) => path === "pki/ca.crt");
    expect(await of(end - 30 * DAY)).toMatchObject([{ code: "AuthorityEnding", level: "warn" }]);
    expect(await of(end + 1)).toMatchObject([{ code: "AuthorityEnded", level: "block" }]);
  });
});

test("a repository without an authority is not broken, only new", async () => {
  const root = copy();
  run(root, "git", "checkout", "--quiet", "--orphan", "fresh");
  run(root, "git", "rm", "--quiet", "-r", "--cached", "pki");
  rmSync(join(root, "pki"), { recursive: true });
  edit(root, "clients.yaml", (text) => text.replace(", csr: true", ""));
  const { findings } = await look(root);
  expect(findings).toMatchObject([{ code: "NoAuthority", level: "warn", fix: "npm start" }]);
});
