import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, outbox, sh, shWith, unpacked } from "./support/bundles.ts";
import { Nginx } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { clientsYaml, environment, type Ran, runProgram, type Variables } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";
import { clock, Site } from "./support/site.ts";

/** Programs that take no address beside a name need one that every machine knows. */
const HOST = "localhost";

let scratch: Scratch;
let site: Site;
let nginx: Nginx;
let port = 0;

beforeAll(async () => {
  scratch = new Scratch("programs");
  scratch.write("www/page.html", "<title>Inside</title><p>Only for those who may.</p>\n");
  [port = 0] = await freePorts(1);
  const server = `names: [${HOST}], listen: ["127.0.0.1:${port}"], redirect: [], software: nginx`;
  const registry = clientsYaml({ alice: "{ groups: [guests], home: files }", bob: "{ groups: [guests] }" })
    .replace("software: nginx", server)
    .replace("/srv/files", scratch.at("www"));
  site = await Site.create(registry, clock());
  nginx = await Nginx.start(scratch.at("run"), site.conf, port);
});
afterAll(async () => {
  await nginx?.stop();
  site?.[Symbol.dispose]();
  scratch?.[Symbol.dispose]();
});

/** A client's machine: its bundle installed below a directory, and paths in its configuration led there. */
async function machine(name: string, kind: string): Promise<string> {
  const directory = await unpacked(site.repository, name, "--for", kind);
  const root = scratch.at(`${name}-${kind}`);
  mkdirSync(root);
  const { code, said } = sh(["dash"], join(directory, "install.sh"), "--root", root, "--system", "linux");
  expect({ code, said }).toMatchObject({ code: 0 });
  const conf = join(root, `etc/gatehouse-client/${kind}/pkg.example.com.conf`);
  writeFileSync(conf, readFileSync(conf, "utf8").replaceAll("/etc/gatehouse-client", `${root}/etc/gatehouse-client`));
  return conf;
}

const url = (path: string) => `https://${HOST}:${port}${path}`;

describe.each([
  ["curl", (conf: string, target: string) => runProgram("curl", ["-sS", "-K", conf, target])],
  ["wget", (conf: string, target: string) => runProgram("wget", ["-nv", "-O", "-", `--config=${conf}`, target])],
])("%s with its configuration", (kind, fetch: (conf: string, target: string) => Promise<Ran>) => {
  test("gets what the client may see, and trusts the server for nothing but its certificate", async () => {
    const conf = await machine("alice", kind);
    for (const path of ["/files/page.html", "/home/page.html"])
      expect(await fetch(conf, url(path))).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("Only for those"),
      });
    const refused = await fetch(conf, url("/pkg/page.html"));
    expect(refused.stderr).toContain("403");
    // What the server says about it: curl shows that.
    expect(refused.stdout).toEqual(kind === "curl" ? expect.stringContaining("not open to you") : "");
    expect(refused.code).not.toBe(0);
    // A name that is not in the server's certificate.
    expect((await fetch(conf, `https://127.0.0.1:${port}/files/page.html`)).code).not.toBe(0);
  });

  test("does not get it with the certificate taken out", async () => {
    const conf = await machine("bob", kind);
    const lines = readFileSync(conf, "utf8").split("\n");
    writeFileSync(conf, lines.filter((line) => !/^(cert|key|certificate|private_key) /.test(line)).join("\n"));
    const { code, stdout } = await fetch(conf, url("/files/page.html"));
    expect(code).not.toBe(0);
    expect(stdout).not.toContain("Only for those");
  });
});

test("a curl that does not know how to show a refusal still fails on it", async () => {
  const directory = await unpacked(site.repository, "alice", "--for", "curl");
  const old = scratch.write("old/curl", '#!/bin/sh\ncase "$*" in *--fail-with-body*) exit 2 ;; esac\n');
  chmodSync(old, 0o755);
  const PATH = `${dirname(old)}:${process.env["PATH"]}`;
  for (const [name, extra, word] of [
    ["old", { PATH }, "fail"],
    ["known", {}, "fail-with-body"],
  ] as const) {
    const root = scratch.at(`curl-${name}`);
    mkdirSync(root);
    const install = join(directory, "install.sh");
    const ran = (env: Variables) => shWith(env, ["dash"], install, "--root", root, "--system", "linux");
    expect(ran(extra)).toMatchObject({ code: 0 });
    const conf = join(root, "etc/gatehouse-client/curl/pkg.example.com.conf");
    expect(readFileSync(conf, "utf8").trimEnd().split("\n").at(-1)).toBe(word);
    // After curl's update.
    expect(ran({})).toMatchObject({ code: 0 });
    expect(readFileSync(conf, "utf8")).toContain("\nfail-with-body\n");
  }
});

/** What keeps Chromium to itself: no sandbox for root, no traffic of its own. */
const QUIET = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"],
];

describe.each([
  ["by default", []],
  ["with --compat", ["--compat"]],
])("PKCS#12 %s", (_how, argv: readonly string[]) => {
  test("is imported into NSS, and Chromium opens the page with it", async () => {
    const home = scratch.at(`browser${argv.join("")}`);
    const store = `sql:${home}/.pki/nssdb`;
    mkdirSync(join(home, ".pki/nssdb"), { recursive: true });
    const passphrase = { GATEHOUSE_P12_PASSPHRASE: "over the telephone" };
    expect(await bundle(site.repository, ["alice", "--for", "p12", ...argv], passphrase)).toMatchObject({ code: 0 });
    execFileSync("certutil", ["-N", "-d", store, "--empty-password"]);
    execFileSync("pk12util", ["-d", store, "-i", outbox(site.repository, "alice.p12"), "-W", "over the telephone"]);
    execFileSync("certutil", ["-A", "-d", store, "-n", "ca", "-t", "C,,", "-i", site.ca]);
    expect(await browse(home, url("/files/page.html?browser"))).toContain("Only for those who may.");
    expect(await nginx.record("?browser")).toMatchObject({ client: "alice", status: "200" });
  });
});

/** The page as Chromium shows it. Of the certificates in its store it takes the first, as a policy would have it do. */
async function browse(home: string, page: string): Promise<string> {
  const profile = join(home, "profile");
  const exceptions = { auto_select_certificate: { [`https://${HOST}:${port},*`]: { setting: { filters: [{}] } } } };
  mkdirSync(join(profile, "Default"), { recursive: true });
  const preferences = { profile: { content_settings: { exceptions } } };
  writeFileSync(join(profile, "Default/Preferences"), JSON.stringify(preferences));
  const child = spawn("chromium", [...QUIET, `--user-data-dir=${profile}`, page], {
    env: { ...environment(), HOME: home },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  return output(child);
}

/** Chromium waits for what never comes when a page is refused: after half a minute its process group is ended. */
function output(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (data) => {
    text += String(data);
  });
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), 30_000);
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", () => {
      clearTimeout(timer);
      done(text);
    });
  });
}

test("the home of a client is in its README", async () => {
  const directory = await unpacked(site.repository, "alice");
  expect(readFileSync(join(dirname(directory), "alice/README"), "utf8")).toContain(`home ${url("/home/")}`);
});
