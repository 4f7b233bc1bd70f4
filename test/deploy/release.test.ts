import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { buildRelease } from "../../scripts/deploy/release.ts";
import type { Source } from "../../scripts/deploy/source.ts";
import type { Server } from "../../scripts/model/registry.ts";
import { holdsKey } from "../../scripts/model/release.ts";
import type { VaultKey } from "../../scripts/vault/key-file.ts";
import { seal } from "../../scripts/vault/seal.ts";
import {
  certificateOf,
  crlOf,
  DAY,
  NOW,
  registryOf,
  repositoryOf,
  revocationOf,
  serialOf,
  serverOf,
  stateOf,
} from "../support/plan-builders.ts";

const secret = (size: number) => createSecretKey(randomBytes(size));
const KEY: VaultKey = { name: null, versions: [{ version: 0, aes: secret(32), hmac: secret(64) }] };
const PEM = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });

const FILES: Readonly<Record<string, string | Buffer>> = {
  "pki/ca.crt": "ca",
  "pki/crl.pem": "crl",
  "pki/index.txt": "index",
  "pki/issued/a.example": "",
  "pki/issued/a.example.crt": "certificate of a",
  "pki/issued/alice.crt": "certificate of alice",
  "pki/private/ca.key": seal(KEY, Buffer.from("ca key")),
  "pki/private/a.example.key": seal(KEY, Buffer.from(PEM)),
  "pki/nginx/nginx.conf": "main",
  "pki/nginx/clients.map": "map",
  "pki/nginx/repositories/alpha.conf": "alpha",
  "pki/nginx/servers/a.example.conf": "a",
  "pki/nginx/servers/b.example.conf": "b",
  "pki/nginx/include/a.example.conf": "a",
  "pki/nginx/include/b.example.conf": "b",
  "pki/apache/httpd.conf": "apache",
};

/** A commit with these files, and the servers a.example, as given, and b.example. */
function sourceOf(server: Partial<Server>, more: Partial<Source> = {}, files = FILES): Source {
  const state = stateOf({
    certificates: [certificateOf({ serial: serialOf(7), notAfter: NOW + DAY })],
    revocations: [revocationOf(serialOf(7))],
    crl: crlOf({
      number: 42,
      entries: new Map([[serialOf(8), { serial: serialOf(8), at: NOW, reason: "superseded" }]]),
    }),
  });
  return {
    commit: "c".repeat(40),
    time: NOW,
    ancestors: ["a".repeat(40)],
    registry: registryOf({
      repositories: { alpha: repositoryOf("alpha"), beta: repositoryOf("beta") },
      servers: {
        "a.example": serverOf({ names: ["a.example"], ...server }),
        "b.example": serverOf({ names: ["b.example"] }),
      },
    }),
    state,
    paths: Object.keys(files),
    read: (path) => (files[path] === undefined ? null : Buffer.from(files[path])),
    vault: {
      state: "unlocked",
      treeUnlocked: false,
      key: KEY,
      keys: new Map([["default", KEY]]),
      read: never,
      forTree: never,
      waysIn: never,
    },
    drifted: new Set(),
    ...more,
  };
}

function never(): never {
  throw new Error("the working tree is not looked at");
}

const manifestOf = (source: Source) =>
  String(buildRelease(source, "a.example").files.find(({ path }) => path === "manifest")?.data);

describe("a release", () => {
  test("has everything of its server's software, and nothing of another server, a client or the authority", () => {
    expect(buildRelease(sourceOf({ csr: true }), "a.example").files.map(({ path }) => path)).toEqual([
      "ca.crt",
      "crl.pem",
      "issued/a.example.crt",
      "manifest",
      "nginx/clients.map",
      "nginx/include/a.example.conf",
      "nginx/nginx.conf",
      "nginx/repositories/alpha.conf",
      "nginx/servers/a.example.conf",
    ]);
  });

  test.each<[string, Partial<Server>]>([
    ["keeps its own", { csr: true }],
    ["has files of its own", { certificate: { file: "/c", key: "/k", ca: null } }],
    ["fetches, whatever else is said", { deploy: { to: "pull", branch: "x" } }],
  ])("holds no key where the server %s", (_, server) => {
    expect(holdsKey(buildRelease(sourceOf(server), "a.example"))).toBe(false);
  });

  test("tells where to probe, and only roots of what the server serves", () => {
    const source = sourceOf({ csr: true, listen: ["127.0.0.1:8443", "443"], repositories: ["alpha"] });
    expect(manifestOf(source)).toMatch(/^probe https a\.example 8443\nroot \/srv\/alpha\nancestor /m);
  });

  test("keeps revocations that only the CRL tells of, until their certificates have ended", () => {
    const text = manifestOf(sourceOf({ csr: true }));
    expect(text).toContain(`\nrevoked ${serialOf(7)} ${NOW + DAY}\nrevoked ${serialOf(8)} 253402300799\n`);
    expect(manifestOf(sourceOf({ csr: true }, { time: NOW + DAY }))).not.toContain(serialOf(7));
  });

  test.each<[string, Partial<Source>, Readonly<Record<string, string | Buffer>>, RegExp]>([
    ["no certificate", {}, { "pki/issued/a.example.crt": "" }, /^a\.example has no certificate in this commit/],
    [
      "no configuration",
      {},
      { "pki/nginx/servers/a.example.conf": "", "pki/nginx/include/a.example.conf": "" },
      /no nginx config/,
    ],
    ["a key in the clear", {}, { "pki/private/a.example.key": PEM }, /is in git in the clear/],
    [
      "a key of another certificate",
      {},
      { "pki/private/a.example.key": seal(KEY, Buffer.from(PEM)) },
      /is not the key of/,
    ],
    [
      "configuration that was edited",
      { drifted: new Set(["pki/nginx/nginx.conf"]) },
      {},
      /nginx\.conf in this commit is not what/,
    ],
  ])("is not made of a commit with %s", (_, more, changes, message) => {
    const changed = { ...FILES, ...changes };
    const files = Object.fromEntries(Object.entries(changed).filter(([, data]) => data.length > 0));
    expect(() => buildRelease(sourceOf({}, more, files), "a.example")).toThrow(message);
  });

  test("does not quote a key that does not fit", () => {
    const secret = "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n";
    const files = { ...FILES, "pki/private/a.example.key": seal(KEY, Buffer.from(secret)) };
    try {
      buildRelease(sourceOf({}, {}, files), "a.example");
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("SECRET");
    }
  });

  test("has the files of a kind whose names end otherwise, and no roots where a backend has them", () => {
    const haproxy = ["haproxy.cfg", "clients.map", "servers/a.example.cfg", "servers/b.example.cfg"];
    const files = { ...FILES, ...Object.fromEntries(haproxy.map((name) => [`pki/haproxy/${name}`, name])) };
    const source = sourceOf({ software: "haproxy", backend: "127.0.0.1:8080", csr: true }, {}, files);
    const paths = buildRelease(source, "a.example").files.map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith("haproxy/"))).toEqual([
      "haproxy/clients.map",
      "haproxy/haproxy.cfg",
      "haproxy/servers/a.example.cfg",
    ]);
    const manifest = String(buildRelease(source, "a.example").files.find(({ path }) => path === "manifest")?.data);
    expect(manifest).not.toMatch(/^root /m);
  });

  test("of a server that edits of another server's files touch is still made", () => {
    const drifted = new Set(["pki/nginx/servers/b.example.conf"]);
    expect(() => buildRelease(sourceOf({ csr: true }, { drifted }), "a.example")).not.toThrow();
  });
});
