import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpacked } from "../support/bundles.ts";
import { type Ran, runProgram, type Variables } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Field, HOST } from "./field.ts";
import { npmRegistry, pythonIndex } from "./packages.ts";

/** Nobody is there. */
const NOWHERE = "127.0.0.1:1";

let scratch: Scratch;
let field: Field;
const roots = new Map<string, string>();
const readmes = new Map<string, string>();
beforeAll(async () => {
  scratch = new Scratch("overrides");
  pythonIndex(scratch.at("www/python"));
  field = await Field.open(scratch, {
    repositories: {
      python: "{ type: files, path: /python/, root: @WWW@/python }",
      node: "{ type: files, path: /node/, root: @WWW@/node }",
    },
  });
  npmRegistry(scratch.at("www/node"), `https://${HOST}:${field.port}/node/`);
  for (const kind of ["pip", "npm", "curl", "wget"]) {
    roots.set(kind, await field.machine("alice", kind));
    readmes.set(kind, readFileSync(join(await unpacked(field.repository, "alice", "--for", kind), "README"), "utf8"));
  }
  // A CA that is not the server's, and a certificate that is not a client's.
  await runProgram("openssl", [
    ..."req -x509 -nodes -subj /CN=other -days 9 -newkey ec -pkeyopt ec_paramgen_curve:P-256".split(" "),
    "-keyout",
    scratch.at("other.key"),
    "-out",
    scratch.at("other.pem"),
  ]);
});
afterAll(async () => {
  await field?.[Symbol.asyncDispose]();
  scratch?.[Symbol.dispose]();
});

const installed = (kind: string, file: string) => join(roots.get(kind) ?? "", "etc/gatehouse-client", kind, file);
const hello = () => `https://${HOST}:${field.port}/node/hello-gate`;

let runs = 0;
/** A program with nothing in its environment but these. */
function clean(variables: Variables, argv: readonly string[]): Promise<Ran> {
  const home = scratch.at(`home-${runs++}`);
  const own = Object.entries({ PATH: process.env["PATH"] ?? "", HOME: home, ...variables });
  return runProgram("env", ["-i", ...own.map(([name, value]) => `${name}=${value}`), ...argv]);
}

/** What each program does with its bundle; `conf` in place of the installed file. */
const USE: Readonly<Record<string, (variables: Variables, conf?: string) => Promise<Ran>>> = {
  pip: (variables, conf = installed("pip", "python.conf")) => {
    const to = ["--no-cache-dir", "--disable-pip-version-check", "--retries", "0", "-d", scratch.at(`pip-${runs}`)];
    const pip = ["python3", "-m", "pip", "download", "--no-deps", ...to, "hello-gate"];
    return clean({ PIP_CONFIG_FILE: conf, ...variables }, pip);
  },
  npm: (variables, conf = installed("npm", "node.npmrc")) => {
    const own = ["--userconfig", conf, "--cache", scratch.at(`cache-${runs}`), "--fetch-retries=0"];
    return clean(variables, ["npm", "view", ...own, "hello-gate", "version"]);
  },
  curl: (variables, conf = installed("curl", `${HOST}.conf`)) => clean(variables, ["curl", "-sS", "-K", conf, hello()]),
  wget: (variables, conf = installed("wget", `${HOST}.conf`)) =>
    clean(variables, ["wget", `--config=${conf}`, "--tries=1", "-qO-", hello()]),
};

const use = (kind: string, variables: Variables, conf?: string) => {
  const run = USE[kind];
  if (run === undefined) throw new Error(`nobody uses ${kind} here`);
  return run(variables, conf);
};

/** By kind: what makes the program fail or ask somebody else. `OTHER` is another CA's file. */
const WINS: Readonly<Record<string, Variables>> = {
  pip: {
    PIP_INDEX_URL: `https://${NOWHERE}/`,
    PIP_EXTRA_INDEX_URL: `https://${NOWHERE}/`,
    PIP_FIND_LINKS: `https://${NOWHERE}/`,
    PIP_NO_INDEX: "1",
    PIP_CERT: "OTHER",
    PIP_CLIENT_CERT: "OTHER",
    PIP_PROXY: `http://${NOWHERE}`,
    REQUESTS_CA_BUNDLE: "OTHER",
    CURL_CA_BUNDLE: "OTHER",
  },
  npm: {
    npm_config_registry: `https://${NOWHERE}/`,
    npm_config_cafile: "OTHER",
    npm_config_proxy: `http://${NOWHERE}`,
    npm_config_https_proxy: `http://${NOWHERE}`,
  },
  curl: {},
  wget: {},
};

/** What makes it believe a server that it would not believe. */
const BLINDS: Readonly<Record<string, Variables>> = {
  pip: { PIP_TRUSTED_HOST: HOST },
  npm: { npm_config_strict_ssl: "false" },
};

/** What the bundle wins over, so that its README need not name it. */
const LOSES: Readonly<Record<string, Variables>> = {
  pip: { SSL_CERT_FILE: "OTHER" },
  npm: { npm_config_userconfig: "/dev/null", NODE_EXTRA_CA_CERTS: "OTHER", NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  curl: { CURL_CA_BUNDLE: "OTHER", SSL_CERT_FILE: "OTHER" },
  wget: { CURL_CA_BUNDLE: "OTHER", SSL_CERT_FILE: "OTHER", WGETRC: "/dev/null" },
};

const rows = (table: Readonly<Record<string, Variables>>) =>
  Object.entries(table).flatMap(([kind, all]) =>
    Object.entries(all).map(([name, value]) => [kind, name, value] as const),
  );
const given = (name: string, value: string) => ({ [name]: value === "OTHER" ? scratch.at("other.pem") : value });

describe("what wins over a bundle is in its README", () => {
  test.concurrent.each(rows(WINS))("%s: %s", async (kind, name, value) => {
    const { code, stdout, stderr } = await use(kind, given(name, value));
    if (code === 0) expect(stdout + stderr).toContain(NOWHERE);
    expect(readmes.get(kind)).toMatch(new RegExp(`(?:^| )${name}(?: |$)`, "m"));
  });

  test.concurrent.each(rows(BLINDS))("%s: %s, which stops looking at certificates", async (kind, name, value) => {
    const file = kind === "pip" ? installed("pip", "python.conf") : installed("npm", "node.npmrc");
    const text = readFileSync(file, "utf8").replace(/^(cert|cafile)( ?= ?).*$/m, `$1$2${scratch.at("other.pem")}`);
    const conf = scratch.write(`${kind}-${name}.conf`, text);
    expect((await use(kind, {}, conf)).code).not.toBe(0);
    expect(await use(kind, given(name, value), conf)).toMatchObject({ code: 0 });
    expect(readmes.get(kind)).toContain(name);
  });
});

describe("what does not win", () => {
  test.concurrent.each(rows(LOSES))("%s: %s", async (kind, name, value) => {
    const { code, stdout, stderr } = await use(kind, given(name, value));
    expect(code, stdout + stderr).toBe(0);
    expect(readmes.get(kind)).not.toContain(name);
  });
});

test("the README names what is shown to be one of these, and nothing else", () => {
  for (const [kind, readme] of readmes) {
    const named = [...readme.matchAll(/\b(?:PIP|npm_config|CURL|REQUESTS|SSL|NODE)_[A-Za-z_]+/g)].map(([name]) => name);
    const shown = [...Object.keys(WINS[kind] ?? {}), ...Object.keys(BLINDS[kind] ?? {}), "PIP_CONFIG_FILE"];
    expect(shown).toEqual(expect.arrayContaining(named));
  }
});

test("curl believes what the environment names where the bundle names no CA", async () => {
  const text = readFileSync(installed("curl", `${HOST}.conf`), "utf8");
  const conf = scratch.write("system.conf", text.replace(/^cacert.*\n/m, ""));
  const ca = join(roots.get("curl") ?? "", "etc/gatehouse-client/server-ca.pem");
  expect((await use("curl", {}, conf)).code).not.toBe(0);
  for (const name of ["CURL_CA_BUNDLE", "SSL_CERT_FILE"])
    expect(await use("curl", { [name]: ca }, conf)).toMatchObject({ code: 0 });
});

test.each(["pip", "npm", "curl", "wget"])(
  "%s takes a proxy from the environment, and the README's way around",
  async (kind) => {
    const proxy = { https_proxy: `http://${NOWHERE}` };
    expect((await use(kind, proxy)).code).not.toBe(0);
    const [, line = ""] = /^ +export (no_proxy=.*)$/m.exec(readmes.get(kind) ?? "") ?? [];
    const value = await clean({ no_proxy: "elsewhere" }, ["sh", "-c", `${line}; printf %s "$no_proxy"`]);
    expect(value.stdout).toBe(`elsewhere,${HOST}`);
    expect(await use(kind, { ...proxy, no_proxy: value.stdout })).toMatchObject({ code: 0 });
  },
);
