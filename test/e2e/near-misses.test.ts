import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guardStaged } from "../../scripts/guard/index.ts";
import { decisions, makeRequest, planOf } from "./support/judges.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const ALICE = { alice: "{ groups: [staff] }" };
const WITH_DAVE = clientsYaml({ ...ALICE, dave: "{ groups: [staff], csr: true }" });
const LATER = "2026-11-22T12:00:00Z";
const PLACE = "pki/reqs/dave.req";
const MISSES = ["pki/reqs/dave.csr", "pki/reqs/Dave.req", "pki/reqs/dave (1).req", "pki/dave.req", "reqs/dave.req"];

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(ALICE), NOON);
});
afterAll(() => ready?.[Symbol.dispose]());

/** A copy in which dave is to be added, and his request lies somewhere. */
function missed(path: string, registry = WITH_DAVE): Repository {
  const twin = ready.copy();
  makeRequest(twin, "dave");
  mkdirSync(dirname(twin.at(path)), { recursive: true });
  renameSync(twin.at(PLACE), twin.at(path));
  twin.write("clients.yaml", registry);
  return twin;
}

const sh = (twin: Repository, command: string) =>
  execFileSync("sh", ["-ec", command], { cwd: twin.root, env: environment(), encoding: "utf8" });

describe.each(MISSES)("a request at %s", (path) => {
  it("is named by plan beside the entry that lacks it, with the command that mends it", async () => {
    using twin = missed(path);
    const { code, stderr } = await twin.run("plan", "--now", LATER);
    expect(code).toBe(1);
    const command =
      /^clients\.yaml:\d+:3: dave has csr: true, and there is no pki\/reqs\/dave\.req \((git .*)\)$/m.exec(stderr)?.[1];
    sh(twin, command ?? "false");
    const mended = planOf(await twin.run("plan", "--json", "--now", LATER));
    expect(decisions(mended)).toEqual(["issue dave Missing"]);
  });

  it("is named by check, too, where the entry is still to come", async () => {
    using twin = missed(path, clientsYaml(ALICE));
    const { findings } = JSON.parse((await twin.run("check", "--json", "--now", LATER)).stdout);
    const found = findings.filter((one: { code: string }) => one.code === "Unexpected");
    expect(found).toMatchObject([
      { path, level: "warn", fix: expect.stringMatching(/^git add .* && git mv .* pki\/reqs\/dave\.req$/) },
    ]);
    sh(twin, found[0].fix);
    expect(twin.list("pki/reqs")).toContain("dave.req");
  });

  it("is named by the guard when it is staged", async () => {
    using twin = missed(path);
    twin.git("add", "--all");
    const findings = (await guardStaged(twin.root)).filter((one) => one.path === path);
    expect(findings).toMatchObject([
      {
        code: "Place",
        level: path.startsWith("pki/") ? "block" : "warn",
        message: `is a request where none is read: its place is ${PLACE}`,
      },
    ]);
    sh(twin, findings[0]?.fix ?? "false");
    expect((await guardStaged(twin.root)).filter(({ code }) => code === "Place")).toEqual([]);
  });
});

it("a branch with a request in the wrong place is told where it belongs, not that state was edited", async () => {
  using twin = missed("pki/reqs/Dave.csr", clientsYaml(ALICE));
  twin.git("checkout", "--quiet", "-b", "change");
  twin.git("add", "--all");
  twin.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "Dave's request");
  const { refusals } = planOf(await twin.run("plan", "--json", "--base", "main", "--head", "change", "--now", LATER));
  expect(refusals.map(({ message }) => message)).toEqual([
    "pki/reqs/Dave.csr looks like a request, and lies where none is read. Take it to its place: git mv -- pki/reqs/Dave.csr pki/reqs/dave.req",
  ]);
});

it("a branch with its request beside pki/ is told so, too", async () => {
  using twin = missed("reqs/dave.req");
  twin.git("checkout", "--quiet", "-b", "change");
  twin.git("add", "--all");
  twin.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "Add dave");
  twin.git("checkout", "--quiet", "main");
  const asked = ["--base", "main", "--head", "change", "--now", LATER];
  expect((await twin.run("plan", ...asked)).stderr).toContain("git mv -- reqs/dave.req pki/reqs/dave.req)");
  const { findings } = JSON.parse((await twin.run("check", "--json", ...asked)).stdout);
  expect(JSON.stringify(findings)).toContain("git mv -- reqs/dave.req pki/reqs/dave.req");
});

it("a change of a request's shape alone changes nothing", async () => {
  using twin = missed(PLACE);
  const text = twin.read(PLACE);
  await twin.run("reconcile", "--now", LATER);
  const before = planOf(await twin.run("plan", "--json", "--now", LATER));
  twin.write(PLACE, Buffer.from(`\ufeffnote\r\n${text.replaceAll("\n", "\r\n")}-- \r\n`, "utf16le"));
  const after = planOf(await twin.run("plan", "--json", "--now", LATER));
  expect(decisions(after)).toEqual([]);
  expect(after).toMatchObject({ digest: before.digest, refusals: [], warnings: [] });
});
