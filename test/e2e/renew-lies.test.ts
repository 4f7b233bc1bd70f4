import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { createServer as createPlainServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envelop } from "../../scripts/x509/cms.ts";
import type { CertificateInput } from "../../scripts/x509/issue.ts";
import { makeIssuer } from "../../scripts/x509/issuer.ts";
import { issueCertificate, signerOf } from "../support/sign-now.ts";
import { authority, DAY, NOW, spkiOf } from "../x509/helpers/made.ts";
import { Field, type Machine, withoutCurl } from "./support/field.ts";
import { freePorts } from "./support/ports.ts";
import { eachCase, ProgramsAway, WAYS, type Way } from "./support/programs-away.ts";
import { clock } from "./support/site.ts";

/** What the server of renew.sh answers to the next request. */
let answer = { status: 200, body: "" };
let field: Field;
let server: Server;
let alice: Machine;
let bob: Machine;
let quinn: Machine;

beforeAll(async () => {
  const clients = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", quinn: "{ groups: [staff], csr: true }" };
  field = await Field.begin(clients, clock() - 345 * DAY, ["quinn"]);
  [alice, bob, quinn] = [await field.install("alice"), await field.install("bob"), await field.install("quinn")];
  field.story.on(new Date((clock() - 3600) * 1000).toISOString());
  await field.story.reconcile();
  const { repository } = field.story;
  const cert = repository.read("pki/issued/localhost.crt");
  const key = repository.read("pki/private/localhost.key");
  server = createServer({ cert, key }, (_request, response) => {
    response.writeHead(answer.status, { Connection: "close", Location: "/.gatehouse/other" }).end(answer.body);
  });
  await new Promise<void>((done) => server.listen(field.port, "127.0.0.1", done));
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await field?.[Symbol.asyncDispose]();
});

const fresh = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { key: privateKey, spki: spkiOf(publicKey) };
};
const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();

/** A certificate of the client's own authority. */
function issued(spki: Buffer, changes: Partial<CertificateInput> = {}): string {
  const { repository } = field.story;
  const issuer = makeIssuer(
    repository.read("pki/ca.crt"),
    signerOf(createPrivateKey(repository.read("pki/private/ca.key"))),
  );
  const subject = { commonName: "alice", organization: "Test Ltd", country: null };
  const times = { notBefore: NOW - 3600, notAfter: NOW + 100 * DAY };
  const serial = `5F${randomBytes(15).toString("hex").toUpperCase()}`;
  return issueCertificate({ profile: "client", ...subject, ...times, names: [], spki, serial, issuer, ...changes });
}

function enveloped(content: string, to: Machine = alice): string {
  const means = { contentKey: randomBytes(32), iv: randomBytes(16), ephemeral: fresh().key };
  return envelop(Buffer.from(content), to.read("fullchain.pem"), means);
}

/** Key and certificate as they should come, but for what is wrong with the certificate. */
function sealed(changes: Partial<CertificateInput> = {}): string {
  const { key, spki } = fresh();
  return enveloped(pem(key) + issued(spki, changes));
}

const other = () => ({ commonName: "bob", organization: "Test Ltd", country: null });

/** A server that refuses in the handshake, by the alert certificate_revoked (RFC 5246, 7.2); ends with the test. */
async function alarmed(): Promise<AsyncDisposable & { readonly port: number }> {
  const alert = Buffer.from([21, 3, 3, 0, 2, 2, 44]);
  const server = createPlainServer((socket) => socket.once("data", () => socket.end(alert)));
  const [port = 0] = await freePorts(1);
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return { port, [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())) };
}

const DASH = ["/usr/bin/dash"];

describe("renew.sh, when a server lies", () => {
  test.each<[string, () => string, string | RegExp]>([
    ["nothing at all", () => "", "cannot be opened"],
    ["a page", () => "<html>-----BEGIN CMS-----</html>\n", "cannot be opened"],
    ["an envelope cut short", () => sealed().slice(0, -300), "cannot be opened"],
    ["an envelope to somebody else", () => enveloped(pem(fresh().key), bob), "cannot be opened"],
    ["key and certificate in the clear", () => pem(fresh().key) + issued(fresh().spki), "cannot be opened"],
    ["an envelope with nothing in it", () => enveloped(""), "no whole certificate"],
    ["a certificate without its key", () => enveloped(issued(fresh().spki)), "does not belong"],
    ["another key", () => enveloped(pem(fresh().key) + issued(fresh().spki)), "does not belong"],
    [
      "a certificate cut short",
      () => {
        const { key, spki } = fresh();
        return enveloped((pem(key) + issued(spki)).slice(0, -80));
      },
      "no whole certificate",
    ],
    ["another authority's certificate", () => sealed({ issuer: authority().issuer }), /issuer|signature/],
    ["a server's certificate", () => sealed({ profile: "server", names: ["alice"] }), /purpose/],
    ["a certificate for somebody else", () => sealed(other()), "not for alice"],
    ["a certificate that has ended", () => sealed({ notBefore: NOW - 9 * DAY, notAfter: NOW - DAY }), "expired"],
    ["a certificate of tomorrow", () => sealed({ notBefore: NOW + DAY }), "not yet valid"],
  ])("that sends %s, keeps what it has and says so", async (_what, make, words) => {
    const before = [alice.read("key.pem"), alice.read("fullchain.pem")];
    answer = { status: 200, body: make() };
    const ran = await alice.renew();
    expect(ran).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(words) });
    expect(ran.stderr).toContain("the present certificate is kept");
    expect([alice.read("key.pem"), alice.read("fullchain.pem")]).toEqual(before);
  });

  test("takes no certificate that was issued before the present one, whenever it ends", async () => {
    const { serial } = alice;
    answer = { status: 200, body: sealed({ notBefore: NOW - 350 * DAY }) };
    expect(await alice.renew()).toMatchObject({ code: 0, stdout: "" });
    expect(await alice.renew(["--force"])).toMatchObject({ code: 1, stderr: expect.stringContaining("no newer") });
    expect(alice.serial).toBe(serial);
  });

  test("takes no certificate for another key where the client has its own", async () => {
    const { serial } = quinn;
    answer = { status: 200, body: issued(fresh().spki, { ...other(), commonName: "quinn" }) };
    expect(await quinn.renew()).toMatchObject({ code: 1, stderr: expect.stringContaining("does not belong") });
    expect(quinn.serial).toBe(serial);
  });

  test("follows it nowhere, and lets it write nothing to the terminal but words", async () => {
    answer = { status: 302, body: "" };
    expect((await alice.renew()).stderr).toContain("answers 302");
    answer = { status: 403, body: "\u001b[31mno\u0007\nway\n" };
    const { code, stderr } = await alice.renew();
    expect(code).toBe(2);
    expect(stderr).toContain("the server refuses this client");
    expect(stderr).toMatch(/answers 403: +\[31mno way\n/);
    expect(stderr).not.toMatch(/[^\n\x20-\x7e]/);
  });

  test("tells a server that refuses from one that is out of order", async () => {
    for (const status of [400, 401, 403, 404, 421]) {
      answer = { status, body: "no\n" };
      expect(await alice.renew()).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`answers ${status}: no\n`),
      });
    }
    for (const status of [500, 502, 503]) {
      answer = { status, body: "later\n" };
      const { code, stderr } = await alice.renew();
      expect(code).toBe(1);
      expect(stderr).not.toContain("refuses");
    }
  });

  test.each(["curl", "openssl alone"])("knows a refusal in the handshake, as Apache has it, with %s", async (by) => {
    const copy = alice.copy(field.at(by));
    await using strict = await alarmed();
    writeFileSync(copy.etc("bundle.conf"), copy.read("bundle.conf").replace(`:${field.port}/`, `:${strict.port}/`));
    const { code, stderr } = await copy.renew(
      [],
      by === "curl" ? {} : { PATH: withoutCurl(field.at("no-curl")) },
      DASH,
    );
    expect(stderr).toMatch(/refuses this client: \S+ sends .*alert/);
    expect(code).toBe(2);
  });

  test("asks no server whose certificate is another authority's", async () => {
    const copy = alice.copy(field.at("mistrusting"));
    writeFileSync(copy.etc("server-ca.pem"), authority().pem);
    answer = { status: 200, body: sealed() };
    expect(await copy.renew()).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
    expect(copy.serial).toBe(alice.serial);
  });

  // A copy of the machine for each run: many at once.
  let copies = 0;
  const renewed = async (path: string, shell: readonly string[]) => {
    copies += 1;
    const copy = alice.copy(field.at(`away-${copies}`));
    const { code } = await copy.renew([], { PATH: path }, shell);
    return { copy, code, kept: copy.serial === alice.serial, paired: copy.paired };
  };

  test.each([
    ["dash", ["/usr/bin/dash"], WAYS],
    ["busybox sh", ["/bin/busybox", "sh"], ["missing"]],
  ] as const)(
    "whatever program is missing or fails under %s, takes what is right or says that it did not",
    async (name, shell, ways) => {
      const away = new ProgramsAway(field.at(`programs ${name}`));
      answer = { status: 200, body: sealed() };
      await away.trace((path) => renewed(path, shell));
      expect(away.names).toEqual(expect.arrayContaining(["openssl", "readlink", "sed"]));
      expect(await renewed(away.path(), shell)).toMatchObject({ code: 0, kept: false, paired: true });
      const results = await eachCase(away.cases(ways), ({ path }) => renewed(path, shell));
      const wrong = [...results].filter(([, { code, kept, paired }]) => !paired || (code === 0 && kept));
      expect(wrong.map(([what]) => what)).toEqual([]);
      // What could not be done for want of a program is done once it is there.
      const failed = [...results].filter(([, { code }]) => code !== 0).map(([what, { copy }]) => ({ what, copy }));
      const [kept, took] = [true, false].map((is) =>
        failed.filter(({ copy }) => (copy.serial === alice.serial) === is),
      );
      const again = await eachCase(kept ?? [], ({ copy }) => copy.renew([], { PATH: away.path() }, shell));
      // A server that is asked with the new certificate has nothing newer.
      answer = { status: 204, body: "" };
      const later = await eachCase(took ?? [], ({ copy }) => copy.renew([], { PATH: away.path() }, shell));
      expect([...again, ...later].filter(([, { code }]) => code !== 0)).toEqual([]);
      expect(failed.filter(({ copy }) => copy.serial === alice.serial || !copy.paired)).toEqual([]);
    },
    240_000,
  );

  test.each<[string, readonly Way[], () => string]>([
    ["a certificate for somebody else", WAYS, () => sealed(other())],
    ["another key", ["failing"], () => enveloped(pem(fresh().key) + issued(fresh().spki))],
    ["another authority's certificate", ["failing"], () => sealed({ issuer: authority().issuer })],
  ])(
    "whatever program is missing or fails, never takes %s",
    async (what, ways, make) => {
      const shell = ["/usr/bin/dash"];
      const away = new ProgramsAway(field.at(`programs for ${what}`));
      // Whoever takes what is wrong finds the programs that this needs.
      answer = { status: 200, body: sealed() };
      await away.trace((path) => renewed(path, shell));
      answer = { status: 200, body: make() };
      const called = await away.trace((path) => renewed(path, shell));
      const results = await eachCase(away.cases(ways, called), ({ path }) => renewed(path, shell));
      const wrong = [...results].filter(([, { code, kept, paired }]) => code === 0 || !kept || !paired);
      expect(wrong.map(([program]) => program)).toEqual([]);
    },
    240_000,
  );

  // It shows that all the others failed for their own reason.
  test("takes what is right", async () => {
    const copy = alice.copy(field.at("right"));
    answer = { status: 200, body: sealed() };
    expect(await copy.renew()).toMatchObject({ code: 0, stderr: "" });
    expect({ paired: copy.paired, kept: copy.serial === alice.serial }).toEqual({ paired: true, kept: false });
  });
});
