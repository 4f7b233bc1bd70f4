import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatInstant } from "../../scripts/model/time.ts";
import { issueAuthority, issueCertificate } from "../../scripts/x509/issue.ts";
import { makeIssuer } from "../../scripts/x509/issuer.ts";
import { keySigner } from "../../scripts/x509/signer.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { curl } from "./support/curl.ts";
import { easyRsa, pemsIn, verdicts } from "./support/foreign-ca.ts";
import { planOf } from "./support/judges.ts";
import { Nginx } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";
import { clock } from "./support/site.ts";

const SAMPLE = readFileSync(join(CHECKOUT, "clients.yaml"), "utf8");
const PKG = "pkg.example.com";

describe("adopt, of what easy-rsa left", () => {
  let scratch: Scratch;
  let repository: Repository;
  let nginx: Nginx;
  let tls = 0;
  const old = (path: string) => scratch.at("easy-rsa/pki", path);

  beforeAll(async () => {
    scratch = new Scratch("easyrsa");
    scratch.write("www/packages/file.txt", "packages\n");
    const run = easyRsa(scratch.at("easy-rsa"));
    run("init-pki");
    run("--req-cn=Easy-RSA CA", "build-ca", "nopass");
    for (const name of ["alice", "bob", "carol", "dave"]) run("build-client-full", name, "nopass");
    run(`--subject-alt-name=DNS:${PKG}`, "build-server-full", PKG, "nopass");
    run("renew", "alice", "nopass");
    run("revoke", "carol", "keyCompromise");
    run("revoke", "dave");
    run("gen-crl");
    repository = Repository.fresh(SAMPLE);
    expect(await repository.run("adopt", scratch.at("easy-rsa"))).toMatchObject({ code: 0 });
    const [listen = 0, plain = 0] = await freePorts(2);
    tls = listen;
    const root = scratch.at("www/packages");
    const text = repository
      .read("clients.yaml")
      .replace("repositories: {}", `repositories:\n  packages: { type: files, path: /packages/, root: ${root} }`)
      .replace("adopted: { repositories: [] }", "adopted: { repositories: [packages] }")
      .replace(
        "certificate: issued",
        `certificate: issued, listen: ["127.0.0.1:${tls}"], redirect: ["127.0.0.1:${plain}"]`,
      );
    repository.write("clients.yaml", text);
    expect(planOf(await repository.run("plan", "--json")).summary).toMatchObject({
      issue: 0,
      renew: 0,
      revoke: 0,
      crl: 0,
    });
    expect(await repository.run("reconcile")).toMatchObject({ code: 0 });
    nginx = await Nginx.start(scratch.at("run"), repository.at("pki/nginx/nginx.conf"), tls);
  }, 120_000);
  afterAll(async () => {
    await nginx?.stop();
    repository?.[Symbol.dispose]();
    scratch?.[Symbol.dispose]();
  });

  const status = async (cert: string, key: string) =>
    (await curl(PKG, tls, "/packages/file.txt", "--cacert", old("ca.crt"), "--cert", cert, "--key", key)).status;
  const former = (directory: string) => readdirSync(old(directory)).map((name) => old(`${directory}/${name}`));

  it("lets everybody in at nginx with what they have, renewed certificates and their predecessors too", async () => {
    expect(await status(old("issued/alice.crt"), old("private/alice.key"))).toBe(200);
    expect(await status(old("issued/bob.crt"), old("private/bob.key"))).toBe(200);
    expect(await status(old("renewed/issued/alice.crt"), old("renewed/private/alice.key"))).toBe(200);
  });

  it("refuses at nginx whom easy-rsa revoked, whatever they were revoked for", async () => {
    const certificates = former("revoked/certs_by_serial");
    expect(certificates).toHaveLength(2);
    for (const file of certificates) {
      const key = file.replace("certs_by_serial", "private_by_serial").replace(/\.crt$/, ".key");
      expect(await status(file, key)).toBe(400);
    }
  });

  it("agrees with easy-rsa's own CRL on every certificate that there is", () => {
    const files = [...pemsIn(old("certs_by_serial")), ...former("revoked/certs_by_serial")];
    const ours = verdicts(files, repository.at("pki/ca.crt"), repository.at("pki/crl.pem"));
    expect(ours).toEqual(verdicts(files, old("ca.crt"), old("crl.pem")));
    expect([...ours.values()].filter((one) => one === "OK").length).toBe(files.length - 2);
  });

  it("serves by the certificate that the server had", () => {
    const serial = (file: string) => new X509Certificate(readFileSync(file)).serialNumber;
    expect(serial(repository.at(`pki/issued/${PKG}.crt`))).toBe(serial(old(`issued/${PKG}.crt`)));
  });
});

/** As many certificates as a large easy-rsa has, made in this process. */
async function crowd(top: string, count: number): Promise<void> {
  mkdirSync(join(top, "issued"), { recursive: true });
  mkdirSync(join(top, "private"));
  const now = clock();
  const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
  const own = { commonName: "Crowd CA", organization: "Crowd", country: null };
  const { privateKey: key } = pair();
  const until = now + 3000 * 86_400;
  const signer = keySigner(key);
  const authority = await issueAuthority({ ...own, signer, serial: "01", notBefore: now - 86_400, notAfter: until });
  writeFileSync(join(top, "ca.crt"), authority);
  writeFileSync(join(top, "private/ca.key"), key.export({ type: "pkcs8", format: "pem" }));
  const issuer = makeIssuer(authority, signer);
  const lines: string[] = [];
  const end = formatInstant(until).replace(/^..|[-:T]/g, "");
  for (let n = 0; n < count; n++) {
    const { privateKey, publicKey } = pair();
    const spki = publicKey.export({ type: "spki", format: "der" });
    const serial = `${(0x10000 + n).toString(16).toUpperCase().padStart(6, "0")}`;
    const common = { profile: "client" as const, names: [], organization: "Crowd", country: null, commonName: `c${n}` };
    const pem = await issueCertificate({ ...common, spki, serial, notBefore: now - 3600, notAfter: until, issuer });
    writeFileSync(join(top, `issued/c${n}.crt`), pem);
    writeFileSync(join(top, `private/c${n}.key`), privateKey.export({ type: "pkcs8", format: "pem" }));
    const gone = n % 20 === 0 ? `R\t${end}\t${formatInstant(now - 60).replace(/^..|[-:T]/g, "")}` : `V\t${end}\t`;
    lines.push(`${gone}\t${serial}\tunknown\t/CN=c${n}\n`);
  }
  writeFileSync(join(top, "index.txt"), lines.join(""));
}

it("adopts two thousand certificates in less than ten seconds", async () => {
  using scratch = new Scratch("crowd");
  using repository = Repository.fresh(SAMPLE);
  await crowd(scratch.at("pki"), 2000);
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const { code, stderr } = await repository.run("adopt", scratch.at("pki"));
  const seconds = (performance.now() - begin) / 1000;
  // Of this process: what others do meanwhile is not its fault.
  const { user, system } = process.cpuUsage(used);
  const busy = (user + system) / 1_000_000;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  console.info(`2,000 certificates adopted in ${seconds.toFixed(1)} s, ${busy.toFixed(1)} s of them at work`);
  expect(busy).toBeLessThan(10);
  expect(repository.list("pki/certs_by_serial")).toHaveLength(2000);
  expect(repository.list("pki/revoked")).toHaveLength(100);
  expect(planOf(await repository.run("plan", "--json"))).toMatchObject({
    refusals: [],
    summary: { issue: 0, revoke: 0, crl: 0 },
  });
  rmSync(scratch.at("pki"), { recursive: true });
});
