import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseInstant } from "../../../scripts/model/time.ts";
import { publicKey } from "../support/judges.ts";
import type { Clients } from "../support/repository.ts";
import { Story } from "../support/story.ts";

const PKG = "pkg.example.com";
const EDGE = "edge.example.com";
const OWN = "own.example.com";
const FILES =
  "{ certificate: { file: /etc/ssl/own/fullchain.pem, key: /etc/ssl/own/privkey.pem, ca: /etc/ssl/ca.pem } }";

/** In this story servers come and go, and so `edit` is about them. */
const registry = (servers: Clients) => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories: { files: { type: files, path: /files/, root: /srv/files } }
clients: {}
servers:
${Object.entries(servers)
  .map(([name, entry]) => `  ${name}: ${entry}\n`)
  .join("")}`;

const SERVERS = {
  [PKG]: "{ names: [pkg.example.com, packages.example.com] }",
  web: "{ software: apache, names: [web.example.com, 192.0.2.7, '2001:DB8::7'] }",
  tunnel: "{ software: stunnel, names: [192.0.2.8, tunnel.example.com] }",
  [EDGE]: "{ csr: true }",
  [OWN]: FILES,
};

let before: Story;
beforeAll(async () => {
  before = (await Story.begin(SERVERS, { on: "2026-01-01", requests: [EDGE], registry })).on("2026-01-10");
});
afterAll(() => before?.[Symbol.dispose]());

/** What openssl says of a server's certificate under a name, as a client that connects to that name would. */
function under(story: Story, serial: string, name: string): string {
  const check = /^[0-9.]+$|:/.test(name) ? "-verify_ip" : "-verify_hostname";
  const trust = ["-CAfile", story.repository.at("pki/ca.crt"), "-attime", String(parseInstant(story.now))];
  const file = story.repository.at(`pki/certs_by_serial/${serial}.pem`);
  const args = ["verify", "-x509_strict", "-purpose", "sslserver", ...trust, check, name, file];
  const { stdout, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error) throw error;
  return stdout.includes(": OK") ? "OK" : (/lookup: ?(.+)$/m.exec(stderr)?.[1] ?? stderr);
}

const keyOf = (story: Story, serial: string) =>
  publicKey("x509", story.repository.at(`pki/certs_by_serial/${serial}.pem`));

/** The lines by which nginx finds certificate and key. */
const nginxFiles = (story: Story, name: string) =>
  [...story.repository.read(`pki/nginx/servers/${name}.conf`).matchAll(/^ *ssl_certificate(?:_key)? "?([^";]+)"?;$/gm)]
    .map(([, file = ""]) => file)
    .sort();

describe("a server's certificate", () => {
  it.each([
    [PKG, ["pkg.example.com", "packages.example.com"], ["example.com", "192.0.2.7"]],
    ["web", ["web.example.com", "192.0.2.7", "2001:db8::7"], ["192.0.2.8", "2001:db8::8", "pkg.example.com"]],
    ["tunnel", ["192.0.2.8", "tunnel.example.com"], ["tunnel"]],
    [EDGE, [EDGE], [PKG]],
  ])("is for the names of %s and for no other", (name, own, foreign) => {
    const serial = before.newest(name);
    expect(own.map((one) => under(before, serial, one))).toEqual(own.map(() => "OK"));
    for (const one of foreign) expect(under(before, serial, one)).toMatch(/mismatch/);
    expect(before.verdict(serial)).toBe("OK");
  });

  it("and its key lie in pki/ only where they are made here", () => {
    expect(before.repository.list("pki/issued")).toEqual([EDGE, PKG, "tunnel", "web"].map((name) => `${name}.crt`));
    const keys = before.repository.list("pki/private").filter((file) => file.endsWith(".key"));
    expect(keys).toEqual(["ca.key", `${PKG}.key`, "tunnel.key", "web.key"]);
    expect(before.repository.git("show", `HEAD:pki/private/${PKG}.key`)).toMatch(/^\0GITCRYPT\0/);
  });

  it("is renewed thirty days before its end: a new key for a managed one, the same for a request", async () => {
    using story = before.copy().on("2026-12-02");
    const renewals = [EDGE, PKG, "tunnel", "web"].map((name) => `renew ${name} RenewalDue`);
    expect(await story.reconcile()).toEqual(renewals);
    const [old = "", fresh = ""] = story.serials(PKG);
    expect(keyOf(story, fresh)).not.toBe(keyOf(story, old));
    expect(publicKey("pkey", story.repository.at(`pki/private/${PKG}.key`))).toBe(keyOf(story, fresh));
    expect(new Set(story.serials(EDGE).map((one) => keyOf(story, one))).size).toBe(1);
    // The one that servers still have until the next deploy is good until its end.
    expect(story.verdicts(PKG)).toEqual(["OK", "OK"]);
    expect(await story.after("1d").reconcile()).toEqual([]);
    await story.insistOnSoundness();
  });
});

describe("names are", () => {
  it("added: one new certificate that has them all; the one in use goes on until the servers have it", async () => {
    using story = before.copy();
    story.edit({ web: "{ software: apache, names: [web.example.com, 192.0.2.7, '2001:db8::7', 192.0.2.9] }" });
    expect(await story.reconcile()).toContain("issue web NamesChanged");
    expect(under(story, story.newest("web"), "192.0.2.9")).toBe("OK");
    expect(story.verdicts("web")).toEqual(["OK", "OK"]);
    await story.insistOnSoundness();
  });

  it("taken out: the new certificate lacks them", async () => {
    using story = before.copy();
    expect(await story.edit({ [PKG]: "{}" }).reconcile()).toContain(`issue ${PKG} NamesChanged`);
    expect(under(story, story.newest(PKG), "packages.example.com")).toMatch(/mismatch/);
    expect(under(story, story.newest(PKG), PKG)).toBe("OK");
  });

  it("put in another order: nothing is issued", async () => {
    using story = before.copy();
    story.edit({ [PKG]: "{ names: [packages.example.com, pkg.example.com] }" });
    expect((await story.reconcile()).filter((one) => !one.startsWith("definition"))).toEqual([]);
  });

  it("changed of a server that keeps its key: the same request, other names", async () => {
    using story = before.copy();
    story.edit({ [EDGE]: "{ csr: true, names: [edge.example.com, edge2.example.com] }" });
    expect(await story.reconcile()).toContain(`issue ${EDGE} NamesChanged`);
    expect(new Set(story.serials(EDGE).map((one) => keyOf(story, one))).size).toBe(1);
    expect(under(story, story.newest(EDGE), "edge2.example.com")).toBe("OK");
  });
});

describe("a server's own key", () => {
  it("brings nothing into the certificate but itself: names are the registry's", async () => {
    using story = before.copy();
    story.request(EDGE, "-subj", "/CN=evil.example", "-addext", "subjectAltName=DNS:evil.example,IP:192.0.2.66");
    expect(await story.reconcile()).toEqual([`issue ${EDGE} KeyChanged`, `revoke ${EDGE} KeyChanged`]);
    for (const name of ["evil.example", "192.0.2.66"])
      expect(under(story, story.newest(EDGE), name)).toMatch(/mismatch/);
    expect(under(story, story.newest(EDGE), EDGE)).toBe("OK");
    const own = publicKey("pkey", story.repository.beside(`${EDGE}.key`));
    expect(keyOf(story, story.newest(EDGE))).toBe(own);
    await story.insistOnSoundness();
  });

  it("replaced, with an overlap: the old certificate goes on until the server has the new one", async () => {
    using story = before
      .copy()
      .edit({ [EDGE]: "{ csr: true, overlap: 7d }" })
      .request(EDGE);
    expect(await story.reconcile()).toEqual([`issue ${EDGE} KeyChanged`]);
    expect(story.verdicts(EDGE)).toEqual(["OK", "OK"]);
    expect(await story.after("7d").reconcile()).toEqual([`revoke ${EDGE} Superseded`]);
  });

  it("that is another server's is refused, and the certificate that is there goes on", async () => {
    using story = before.copy();
    story.edit({ other: "{ csr: true, names: [other.example.com] }" });
    story.repository.write("pki/reqs/other.req", story.repository.read(`pki/reqs/${EDGE}.req`));
    const { refusals, decided } = await story.refused();
    expect(refusals).toEqual([expect.stringMatching(/^BadRequest pki\/reqs\/other\.req: .*certified for edge/)]);
    expect(decided.filter((one) => !one.startsWith("definition"))).toEqual([]);
    expect(story.verdicts(EDGE)).toEqual(["OK"]);
  });
});

describe("a server", () => {
  it("that is gone: certificate revoked, key and configuration away", async () => {
    using story = before.copy().edit({ [PKG]: null, [EDGE]: null });
    const [pkg, edge] = [story.newest(PKG), story.newest(EDGE)];
    expect(await story.reconcile()).toEqual(
      expect.arrayContaining([`revoke ${EDGE} Removed`, `revoke ${PKG} Removed`]),
    );
    expect(story.crl()).toEqual({ [pkg]: "Cessation Of Operation", [edge]: "Cessation Of Operation" });
    for (const directory of ["pki/issued", "pki/private", "pki/reqs", "pki/nginx/servers"]) {
      expect(story.repository.list(directory).filter((file) => /^(?:pkg|edge)\./.test(file))).toEqual([]);
    }
    await story.insistOnSoundness();
  });

  it("whose key was stolen goes and comes again: another key, and the stolen one is on the CRL for good", async () => {
    using story = before.copy().edit({ [PKG]: null });
    const stolen = story.newest(PKG);
    await story.reconcile();
    story.after("1h").edit({ [PKG]: SERVERS[PKG] ?? "" });
    expect((await story.plan()).warnings.map(({ code }) => code)).toContain("NameReused");
    expect(await story.reconcile()).toContain(`issue ${PKG} Missing`);
    expect(keyOf(story, story.newest(PKG))).not.toBe(keyOf(story, stolen));
    expect(story.crl()).toEqual({ [stolen]: "Cessation Of Operation" });
    await story.insistOnSoundness();
  });

  it("with files of its own gets nothing from here: they are referenced, and need not be here", async () => {
    expect(nginxFiles(before, OWN)).toEqual(["/etc/ssl/own/fullchain.pem", "/etc/ssl/own/privkey.pem"]);
    expect(before.serials(OWN)).toEqual([]);
    await before.insistOnSoundness();
  });

  it("goes from a key made here to one of its own, to files of its own, and back to the first", async () => {
    using story = before.copy();
    const first = story.newest(PKG);
    const decided = async () => (await story.reconcile()).filter((one) => !one.startsWith("definition"));
    story.edit({ [PKG]: "{ csr: true, names: [pkg.example.com, packages.example.com] }" }).request(PKG);
    expect(await decided()).toEqual([`issue ${PKG} KeyChanged`]);
    expect(story.verdicts(PKG)).toEqual(["OK", "OK"]);
    expect(story.repository.list("pki/private")).not.toContain(`${PKG}.key`);

    const second = story.newest(PKG);
    story.after("1d").edit({ [PKG]: FILES });
    const { changes } = await story.plan();
    const revokes = changes.filter(({ kind }) => kind === "revoke");
    expect(revokes.map(({ message }) => message)).toEqual(Array(2).fill("its server has a certificate of its own"));
    expect(await decided()).toEqual([`revoke ${PKG} Removed`, `revoke ${PKG} Removed`]);
    expect(story.crl()).toEqual({ [first]: "Cessation Of Operation", [second]: "Cessation Of Operation" });
    expect(story.repository.list("pki/reqs")).toEqual([`${EDGE}.req`]);
    expect(story.repository.list("pki/issued")).not.toContain(`${PKG}.crt`);
    expect(nginxFiles(story, PKG)).toEqual(nginxFiles(before, OWN));

    expect(
      await story
        .after("1d")
        .edit({ [PKG]: SERVERS[PKG] ?? "" })
        .reconcile(),
    ).toContain(`issue ${PKG} Missing`);
    expect(story.verdicts(PKG)).toEqual(["certificate revoked", "certificate revoked", "OK"]);
    expect(nginxFiles(story, PKG)).toEqual(nginxFiles(before, PKG));
    await story.insistOnSoundness();
  });

  it("does not get a key certified that it gave up when it took files of its own", async () => {
    using story = before.copy();
    const request = story.repository.read(`pki/reqs/${EDGE}.req`);
    await story.edit({ [EDGE]: FILES }).reconcile();
    story.after("1d").edit({ [EDGE]: SERVERS[EDGE] ?? "" });
    story.repository.write(`pki/reqs/${EDGE}.req`, request);
    const { refusals } = await story.refused();
    expect(refusals).toEqual([expect.stringMatching(/^BadRequest .*its key was revoked/)]);
    expect((await story.request(EDGE).reconcile()).slice(-1)).toEqual([`issue ${EDGE} Missing`]);
  });

  it("with files of its own and a key of its own at once is a mistake", async () => {
    using story = before.copy().edit({ [EDGE]: FILES.replace("{ ", "{ csr: true, ") });
    const { code, stderr } = await story.run("plan");
    expect(code).toBe(1);
    expect(stderr).toContain("csr cannot stand beside a certificate of the server's own");
  });
});
