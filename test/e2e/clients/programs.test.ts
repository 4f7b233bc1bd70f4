import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseUcl, type Ucl } from "../../clients/ucl.ts";
import { type Ran, runProgram } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Field, HOST } from "./field.ts";
import { npmRegistry, pythonIndex } from "./packages.ts";

const ABI = "FreeBSD:14:amd64";

let scratch: Scratch;
let field: Field;
const { publicKey } = generateKeyPairSync("ed25519");
const PUBKEY = String(publicKey.export({ type: "spki", format: "pem" }));

beforeAll(async () => {
  scratch = new Scratch("field");
  // As docs/repositories.md has it: each build in a directory of its own, and a link that is renamed.
  for (const build of ["1", "2"]) scratch.write(`www/packages/.real_${build}/meta.conf`, `version = ${build};\n`);
  symlinkSync(".real_1", scratch.at("www/packages", ABI));
  pythonIndex(scratch.at("www/python"));
  field = await Field.open(scratch, {
    repositories: {
      packages: "{ type: pkg, path: /packages/, root: @WWW@/packages, signing: pki/signing/packages.pub }",
      python: "{ type: files, path: /python/, root: @WWW@/python }",
      node: "{ type: files, path: /node/, root: @WWW@/node }",
    },
    pki: { "signing/packages.pub": PUBKEY },
  });
  npmRegistry(scratch.at("www/node"), `https://${HOST}:${field.port}/node/`);
});
afterAll(async () => {
  await field?.[Symbol.asyncDispose]();
  scratch?.[Symbol.dispose]();
});

/** What runs with a file of the machine's out of its way; then it is back. */
async function without<T>(file: string, run: () => Promise<T>): Promise<T> {
  renameSync(file, `${file}.away`);
  try {
    return await run();
  } finally {
    renameSync(`${file}.away`, file);
  }
}

function part(ucl: Ucl | undefined, name: string): Ucl {
  const found = typeof ucl === "object" ? ucl[name] : undefined;
  if (found === undefined) throw new Error(`no ${name} in ${JSON.stringify(ucl)}`);
  return found;
}

describe("pkg", () => {
  test("gets from what env names all that a fetch needs, and finds the key it is to verify with", async () => {
    const root = await field.machine("alice", "pkg", "freebsd");
    const conf = parseUcl(readFileSync(join(root, "usr/local/etc/pkg/repos/packages.conf"), "utf8"));
    const entry = part(conf, "packages");
    const env = (name: string) => String(part(part(entry, "env"), name));
    const url = `${String(part(entry, "url")).replace("${ABI}", ABI)}/meta.conf`;
    // libfetch and libcurl read these variables from the environment; the curl program takes them as options.
    const files = ["--cert", env("SSL_CLIENT_CERT_FILE"), "--key", env("SSL_CLIENT_KEY_FILE")];
    const fetch = (...more: readonly string[]) => runProgram("curl", ["-sS", "--fail", ...more, url]);
    expect(await fetch(...files, "--cacert", env("SSL_CA_CERT_FILE"))).toMatchObject({ stdout: "version = 1;\n" });
    symlinkSync(".real_2", scratch.at("www/packages/.next"));
    renameSync(scratch.at("www/packages/.next"), scratch.at("www/packages", ABI));
    expect(await fetch(...files, "--cacert", env("SSL_CA_CERT_FILE"))).toMatchObject({ stdout: "version = 2;\n" });
    expect((await fetch("--cacert", env("SSL_CA_CERT_FILE"))).stderr).toContain("400");
    expect((await fetch(...files)).code).not.toBe(0);
    expect(readFileSync(String(part(entry, "pubkey")), "utf8")).toBe(PUBKEY);
  });
});

/** A machine's own settings in the environment win over files. */
const OWN = /^(?:PIP_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/;
const UNSET = Object.keys(process.env).flatMap((name) => (OWN.test(name) ? ["-u", name] : []));

describe("pip", () => {
  const install = (root: string, target: string) => {
    const conf = join(root, "etc/gatehouse-client/pip/python.conf");
    const to = ["install", "--no-cache-dir", "--disable-pip-version-check", "--retries", "0", "--target", target];
    const settings = [`PIP_CONFIG_FILE=${conf}`, `HOME=${scratch.at("home")}`];
    return runProgram("env", [...UNSET, ...settings, "python3", "-m", "pip", ...to, "hello-gate"]);
  };

  test("installs a package with the configuration, and none without the certificate", async () => {
    const root = await field.machine("alice", "pip");
    const client = join(root, "etc/gatehouse-client/pip/client.pem");
    const done = await install(root, scratch.at("pip"));
    expect(done, done.stdout).toMatchObject({ code: 0 });
    expect(readFileSync(scratch.at("pip/hello_gate.py"), "utf8")).toContain("hello");
    expect(await field.record(".whl")).toMatchObject({ client: "alice", status: "200" });
    const refused = await without(client, () => install(root, scratch.at("pip-2")));
    expect(refused.code).not.toBe(0);
    expect(existsSync(scratch.at("pip-2/hello_gate.py"))).toBe(false);
  });
});

describe("npm", () => {
  const install = (conf: string, prefix: string): Promise<Ran> => {
    const quiet = [
      "--no-audit",
      "--no-fund",
      "--no-update-notifier",
      "--fetch-retries=0",
      "--cache",
      scratch.at("cache", prefix),
    ];
    return runProgram("npm", ["install", "--userconfig", conf, "--prefix", scratch.at(prefix), ...quiet, "hello-gate"]);
  };

  test("installs a package with the configuration, and none without the certificate", async () => {
    const root = await field.machine("alice", "npm");
    const conf = join(root, "etc/gatehouse-client/npm/node.npmrc");
    const done = await install(conf, "npm");
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(existsSync(scratch.at("npm/node_modules/hello-gate/index.js"))).toBe(true);
    expect(await field.record(".tgz")).toMatchObject({ client: "alice", status: "200" });
    const bare = scratch.write("bare.npmrc", readFileSync(conf, "utf8").replaceAll(/^.*:(?:cert|key)file=.*\n/gm, ""));
    const refused = await install(bare, "npm-2");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("400");
  });
});
