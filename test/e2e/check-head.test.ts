import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRequest, serialOf } from "./support/judges.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), NOON);
});
afterAll(() => ready?.[Symbol.dispose]());

/** A copy whose branch `change` holds what `work` did, and which stands on main again. */
function branch(work: (twin: Repository) => void): Repository {
  const twin = ready.copy();
  twin.git("checkout", "--quiet", "-b", "change");
  work(twin);
  twin.commit("Change");
  twin.git("checkout", "--quiet", "main");
  return twin;
}

interface Found {
  readonly code: string;
  readonly level: string;
  readonly path: string;
  readonly fix: string | null;
}

async function check(twin: Repository, ...argv: string[]): Promise<{ code: number | null; found: Found[] }> {
  const { code, stdout, stderr } = await twin.run("check", "--json", "--now", LATER, ...argv);
  if (stdout === "") throw new Error(stderr);
  return { code, found: JSON.parse(stdout).findings };
}

const append = (twin: Repository, path: string) => twin.write(path, `${twin.read(path)}\n`);
const certificate = (twin: Repository) => `pki/certs_by_serial/${serialOf(twin, "bob")}.pem`;
const OF_CHANGE = ["--head", "change", "--base", "main"];

describe("check --head", () => {
  it("finds nothing in a good change, in a locked clone, and touches nothing", async () => {
    using twin = branch((twin) => {
      makeRequest(twin, "carol");
      twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests], csr: true }" }));
    });
    using clone = twin.clone();
    clone.git("branch", "--quiet", "change", "origin/change");
    clone.write("pki/crl.pem", "what the working tree holds does not count\n");
    const before = clone.fingerprint();
    const { code, found } = await check(clone, ...OF_CHANGE);
    expect({ code, found }).toMatchObject({ code: 0, found: [{ code: "Pending", path: "clients.yaml" }] });
    expect(clone.fingerprint()).toEqual(before);
  });

  it.each<[what: string, work: (twin: Repository) => void, code: string, path: (twin: Repository) => string]>([
    ["a certificate that was edited", reword, "Rewritten", certificate],
    ["a certificate that is gone", (twin) => twin.git("rm", "-q", certificate(twin)), "CertificateLost", certificate],
    ["a derived file", (twin) => append(twin, "pki/nginx/clients.map"), "Drifted", () => "pki/nginx/clients.map"],
    ["another authority", (twin) => twin.write("pki/ca.crt", ""), "StateDoubtful", () => "pki/ca.crt"],
    ["a CRL that is gone", (twin) => twin.git("rm", "-q", "pki/crl.pem"), "Missing", () => "pki/crl.pem"],
    ["a symlink for a CRL", link, "StateDoubtful", () => "pki/crl.pem"],
    [
      "rules that would let keys in as they are",
      (twin) => twin.write(".gitattributes", "pki/private/** -filter\n"),
      "Attributes",
      () => ".gitattributes",
    ],
    ["installed packages", (twin) => force(twin, "node_modules/.bin/sh"), "ForeignCode", () => "node_modules"],
    [
      "a lock file that npm prefers",
      (twin) => force(twin, "npm-shrinkwrap.json"),
      "ForeignCode",
      () => "npm-shrinkwrap.json",
    ],
    [
      "a clients.yaml that cannot be read",
      (twin) => twin.write("clients.yaml", clientsYaml({ alice: "{ groups: [stuff] }" })),
      "InvalidRegistry",
      () => "clients.yaml",
    ],
    [
      "a request that is none",
      (twin) => {
        twin.write("pki/reqs/carol.req", "x\n");
        twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests], csr: true }" }));
      },
      "BadRequest",
      () => "pki/reqs/carol.req",
    ],
  ])("finds %s", async (_, work, code, path) => {
    using twin = branch(work);
    const wanted = path(ready);
    const { code: exit, found } = await check(twin, "--head", "change");
    expect(exit).toBe(1);
    expect(found).toContainEqual(expect.objectContaining({ code, level: "block", path: wanted }));
    expect((await check(twin)).code).toBe(0);
  });

  it("knows with a base what of the state the branch changed, and how to take that back", async () => {
    using twin = branch((twin) => {
      twin.write("pki/notes.txt", "x\n");
      append(twin, "pki/crl.pem");
      twin.write("pki/allowed_signers", "");
      for (const path of ["node_modules/.bin/sh", "node_modules/x/index.js"]) force(twin, path);
    });
    const main = twin.git("rev-parse", "--short=12", "main").trim();
    const { code, found } = await check(twin, ...OF_CHANGE);
    expect(code).toBe(1);
    const foreign = found.filter((one) => one.code === "ForeignCode");
    expect(foreign.map(({ path }) => path)).toEqual(["node_modules"]);
    expect(foreign[0]?.fix).toMatch(/^git rm -r -q -f --cached -- node_modules && git commit /);
    const edited = found.filter((one) => one.code === "StateEdited");
    expect(edited.map(({ path, fix }) => [path, fix])).toEqual([
      ["pki/crl.pem", `git checkout ${main} -- pki/crl.pem`],
      ["pki/notes.txt", "git rm -- pki/notes.txt"],
    ]);
  });

  it("knows with a base what a commit of the branch wrote and the next took back, and brings none of it back", async () => {
    const forged = "pki/revoked/5F00000000000000000000000000000F.yaml";
    using twin = branch((twin) => {
      twin.write(forged, "at: 2026-11-21T12:00:00Z\nreason: superseded\n");
      twin.commit("Write");
      twin.git("rm", "--quiet", forged);
      twin.write("docs/notes.md", "Notes\n");
    });
    const { found } = await check(twin, ...OF_CHANGE);
    expect(found.map(({ code, path }) => [code, path])).toEqual([["StateEdited", forged]]);
    twin.git("checkout", "--quiet", "change");
    const env = environment({ GIT_EDITOR: "echo One >" });
    execFileSync("sh", ["-ec", found[0]?.fix ?? "false"], { cwd: twin.root, env });
    expect((await check(twin, ...OF_CHANGE)).found).toEqual([]);
  });

  it("finds an older CRL than the base has", async () => {
    using twin = ready.copy();
    const old = twin.read("pki/crl.pem");
    await twin.run("reconcile", "--commit", "--now", "2026-12-10T12:00:00Z");
    twin.git("checkout", "--quiet", "-b", "change");
    twin.write("pki/crl.pem", old);
    twin.commit("Change");
    twin.git("checkout", "--quiet", "main");
    const { found } = await check(twin, ...OF_CHANGE);
    expect(found.map(({ code }) => code)).toContain("CrlRollback");
  });

  it("explains a ref that is no commit, and a base without a head", async () => {
    expect(await ready.run("check", "--head", "nowhere")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nowhere is no commit here"),
    });
    expect(await ready.run("check", "--base", "main")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--base belongs to --head"),
    });
  });
});

/** Added, whatever is ignored. */
function force(twin: Repository, path: string): void {
  twin.write(path, "x\n");
  twin.git("add", "--force", path);
}

function reword(twin: Repository): void {
  twin.write(certificate(twin), twin.read(certificate(twin)).replace("reason: Missing", "reason: Reissue"));
}

function link(twin: Repository): void {
  twin.git("rm", "-q", "pki/crl.pem");
  symlinkSync("/etc/passwd", twin.at("pki/crl.pem"));
}
