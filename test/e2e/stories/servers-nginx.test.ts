import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { copyFileSync, cpSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect } from "vitest";
import { formatInstant } from "../../../scripts/model/time.ts";
import { chapters } from "../support/chapters.ts";
import { curl } from "../support/curl.ts";
import { Nginx } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";
import type { Clients } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { clock } from "../support/site.ts";
import { Story } from "../support/story.ts";

const ago = (days: number) => formatInstant(clock() - days * 86_400);
const NAMES = ["one.example.com", "two.example.com", "three.example.com"] as const;
const [ONE, TWO, THREE] = NAMES;

let scratch: Scratch;
let story: Story;
let nginx: Nginx | undefined;
let port: number;
let listeners: string;
let bySomebodyElse: string;

const registry = (servers: Clients) => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
certificates: { lifetime: 365d }
repositories: { files: { type: files, path: /files/, root: ${scratch.at("www")} } }
groups: { staff: { repositories: [files] } }
clients: { alice: { groups: [staff] } }
servers:
${Object.entries(servers)
  .map(([name, entry]) => `  ${name}: { ${entry === "" ? "" : `${entry}, `}${listeners} }\n`)
  .join("")}`;

/** As Let's Encrypt's would lie on the server: a chain, a key, and, since this one is private, what signed it. */
function filesOfItsOwn(): string {
  const [file, key] = [scratch.at("own.pem"), scratch.at("own.key")];
  const names = ["-subj", "/CN=own", "-addext", `subjectAltName=${NAMES.map((name) => `DNS:${name}`).join(",")}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", file], { stdio: "ignore" });
  return `certificate: { file: ${file}, key: ${key}, ca: ${file} }`;
}

/** pki/ as a release would bring it, and the keys that are the servers' own: `csr` says whose. */
async function deploy(...csr: readonly string[]): Promise<void> {
  rmSync(scratch.at("pki"), { recursive: true, force: true });
  cpSync(story.repository.at("pki"), scratch.at("pki"), { recursive: true });
  for (const name of csr) copyFileSync(story.repository.beside(`${name}.key`), scratch.at(`pki/private/${name}.key`));
  if (nginx) await nginx.reload();
  else nginx = await Nginx.start(scratch.at("run"), scratch.at("pki/nginx/nginx.conf"), port);
}

/** The certificate that nginx shows under a name, verified against a CA for that name. */
function shown(name: string, ca: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: "127.0.0.1", servername: name, ca: readFileSync(ca) }, () => {
      done(socket.getPeerX509Certificate()?.serialNumber ?? "");
      socket.destroy();
    });
    socket.once("error", fail);
  });
}

/** What alice, with the certificate that she was given first, and who trusts a CA, gets from a server. */
async function fetched(name: string, ca: string): Promise<number> {
  const alice = ["--cert", scratch.at("alice.crt"), "--key", scratch.at("alice.key")];
  return (await curl(name, port, "/files/file.txt", "--cacert", ca, ...alice)).status;
}

const ours = () => story.repository.at("pki/ca.crt");
const theirs = () => new X509Certificate(readFileSync(bySomebodyElse)).serialNumber;

/** Each server shows this certificate, and alice gets in with this CA and with no other. */
async function insist(expected: Readonly<Record<string, readonly [ca: string, serial: string]>>): Promise<void> {
  for (const [name, [ca, serial]] of Object.entries(expected)) {
    expect([name, await shown(name, ca), await fetched(name, ca)]).toEqual([name, serial, 200]);
    const other = ca === bySomebodyElse ? ours() : bySomebodyElse;
    await expect(fetched(name, other)).rejects.toThrow(/certificate/);
  }
}

beforeAll(async () => {
  scratch = new Scratch("servers");
  scratch.write("www/file.txt", "files\n");
  const [tls = 0, plain = 0] = await freePorts(2);
  port = tls;
  listeners = `listen: ["127.0.0.1:${tls}"], redirect: ["127.0.0.1:${plain}"]`;
  const own = filesOfItsOwn();
  bySomebodyElse = scratch.at("own.pem");
  const servers = { [ONE]: "", [TWO]: "csr: true", [THREE]: own };
  story = await Story.begin(servers, { on: ago(340), requests: [TWO], registry });
  copyFileSync(story.repository.at("pki/issued/alice.crt"), scratch.at("alice.crt"));
  copyFileSync(story.repository.at("pki/private/alice.key"), scratch.at("alice.key"));
  // The CRL is renewed all the while; the certificates are not due yet.
  expect(await story.on(ago(6)).reconcile()).toEqual([]);
});
afterAll(async () => {
  await nginx?.stop();
  story?.[Symbol.dispose]();
  scratch?.[Symbol.dispose]();
});

const chapter = chapters("a server takes its certificate in each of three ways, and in another one from then on");

chapter(
  "nginx serves with a key made here, with one that the server keeps, and with files of the server's own",
  async () => {
    await deploy(TWO);
    await insist({
      [ONE]: [ours(), story.newest(ONE)],
      [TWO]: [ours(), story.newest(TWO)],
      [THREE]: [bySomebodyElse, theirs()],
    });
  },
);

chapter("nginx goes on with what it has until the renewed ones come, and then shows those", async () => {
  const [one, two] = [story.newest(ONE), story.newest(TWO)];
  const renewals = ["alice", ONE, TWO].map((name) => `renew ${name} RenewalDue`);
  expect(await story.on(ago(2)).reconcile()).toEqual(renewals);
  await insist({ [ONE]: [ours(), one], [TWO]: [ours(), two], [THREE]: [bySomebodyElse, theirs()] });
  await deploy(TWO);
  expect([one, two]).not.toContain(story.newest(ONE));
  await insist({
    [ONE]: [ours(), story.newest(ONE)],
    [TWO]: [ours(), story.newest(TWO)],
    [THREE]: [bySomebodyElse, theirs()],
  });
});

chapter("nginx follows when each server takes another of the three ways", async () => {
  const files = `certificate: { file: ${bySomebodyElse}, key: ${scratch.at("own.key")}, ca: ${bySomebodyElse} }`;
  story
    .on(ago(1))
    .edit({ [ONE]: "csr: true", [TWO]: files, [THREE]: "" })
    .request(ONE);
  await story.reconcile();
  await deploy(ONE);
  await insist({
    [ONE]: [ours(), story.newest(ONE)],
    [TWO]: [bySomebodyElse, theirs()],
    [THREE]: [ours(), story.newest(THREE)],
  });
  await story.insistOnSoundness();
});
