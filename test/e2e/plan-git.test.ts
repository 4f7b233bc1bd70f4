import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decisions, makeRequest, planOf, serialOf } from "./support/judges.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), NOON);
});
afterAll(() => ready?.[Symbol.dispose]());

/** A copy whose branch `change` holds what `work` did, and which stands on main again. */
function branch(work: (twin: Repository) => void, from = ready): Repository {
  const twin = from.copy();
  twin.git("checkout", "--quiet", "-b", "change");
  work(twin);
  twin.commit("Change");
  twin.git("checkout", "--quiet", "main");
  return twin;
}

const planOfChange = (twin: Repository, ...argv: string[]) =>
  twin.run("plan", "--json", "--base", "main", "--head", "change", "--now", LATER, ...argv);

describe("plan --base --head", () => {
  it("shows a branch without checking it out, in a locked clone, and touches nothing", async () => {
    using twin = branch((twin) =>
      twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" })),
    );
    using clone = twin.clone();
    clone.git("branch", "--quiet", "change", "origin/change");
    const before = clone.fingerprint();
    const plan = planOf(await planOfChange(clone));
    expect(decisions(plan)).toEqual(["issue carol Missing"]);
    expect(plan.access).toMatchObject([{ client: "carol", previously: null, gains: ["files"], loses: [] }]);
    expect(clone.fingerprint()).toEqual(before);
    expect((await planOfChange(twin)).stdout).toBe((await planOfChange(clone)).stdout);
  });

  it("compares the merge with main as it is: what main did meanwhile is not the branch's doing", async () => {
    using twin = branch((twin) =>
      twin.write("clients.yaml", clientsYaml({ aaron: "{ groups: [guests] }", ...CLIENTS })),
    );
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, dora: "{ groups: [staff] }" }));
    await twin.run("reconcile", "--commit", "--now", "2026-11-21T13:00:00Z");
    const plan = planOf(await planOfChange(twin));
    expect(plan.access).toMatchObject([{ client: "aaron", previously: null, gains: ["files"], loses: [] }]);
    expect(plan.base).toBe(twin.git("rev-parse", "main").trim());
  });

  it("names a changed file of code among any number of new ones, in a submodule that main ignores too", async () => {
    using twin = branch((twin) => {
      for (let n = 0; n < 40; n++) twin.write(`a${n}.png`, "x\n");
      twin.write(".gitattributes", `${twin.read(".gitattributes")}# more\n`);
      mkdirSync(twin.at("docs/theme"), { recursive: true });
      twin.git("update-index", "--add", "--cacheinfo", `160000,${twin.git("rev-parse", "HEAD").trim()},docs/theme`);
    });
    twin.write(".gitmodules", '[submodule "x"]\n\tpath = docs/theme\n\turl = https://example.com/x\n\tignore = all\n');
    twin.commit("A theme");
    const messages = planOf(await planOfChange(twin)).warnings.map(({ code, message }) => `${code} ${message}`);
    expect(messages).toContain("CodeChanged this branch changes what runs: .gitattributes");
    expect(messages.join()).toMatch(/this branch adds what may run: .* and 31 more/);
  });

  it("takes no tag for the branch of that name", async () => {
    using twin = branch((twin) => twin.write("docs/x.md", "x\n"));
    twin.git("tag", "main", "main~1");
    const ran = await planOfChange(twin);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("main is the name of more than one here: refs/tags/main, refs/heads/main");
    expect(
      (await twin.run("plan", "--json", "--base", "refs/heads/main", "--head", "change", "--now", LATER)).code,
    ).toBe(0);
  });

  it("names keys that a branch brings for no entry, and keys for packages", async () => {
    using twin = branch((twin) => {
      makeRequest(twin, "carol");
      twin.write("pki/signing/pkg.pub", "a public key\n");
    });
    const messages = planOf(await planOfChange(twin)).warnings.map(({ code, message }) => `${code} ${message}`);
    expect(messages.join("\n")).toMatch(/MaterialChanged pki\/signing\/pkg\.pub changes/);
    expect(messages.join("\n")).toMatch(/MaterialChanged pki\/reqs\/carol\.req: for no entry/);
  });

  it("refuses what git cannot merge, by name", async () => {
    using twin = branch((twin) =>
      twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" })),
    );
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, dora: "{ groups: [staff] }" }));
    twin.commit("Add dora");
    const { refusals } = planOf(await planOfChange(twin));
    expect(refusals).toEqual([{ code: "MergeConflict", message: expect.stringMatching(/^clients\.yaml was changed/) }]);
  });

  it("has the digest that the working tree of the branch has", async () => {
    using twin = branch((twin) => twin.write("clients.yaml", clientsYaml({ alice: CLIENTS.alice })));
    const { digest } = planOf(await planOfChange(twin));
    twin.git("checkout", "--quiet", "change");
    expect(planOf(await twin.run("plan", "--json", "--now", LATER)).digest).toBe(digest);
  });

  it("takes a request, a signature's public key and policy from a branch", async () => {
    using twin = branch((twin) => {
      makeRequest(twin, "carol");
      twin.write("pki/signing/pkg.pub", "a public key\n");
      twin.write("pki/allowed_signers", "");
      twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests], csr: true }" }));
    });
    const ran = await planOfChange(twin);
    const plan = planOf(ran);
    expect({ code: ran.code, refusals: plan.refusals }).toEqual({ code: 0, refusals: [] });
    expect(plan.changes[0]).toMatchObject({ identity: "carol", key: "request" });
    expect(plan.warnings.map(({ code }) => code)).toContain("PolicyChanged");
  });

  it.each([
    ["edits a certificate", (twin: Repository) => append(twin, `pki/certs_by_serial/${serialOf(twin, "bob")}.pem`)],
    [
      "removes a certificate",
      (twin: Repository) => twin.git("rm", "-q", `pki/certs_by_serial/${serialOf(twin, "bob")}.pem`),
    ],
    ["adds a revocation", (twin: Repository) => twin.write("pki/revoked/40AA.yaml", "at: x\n")],
    ["replaces the CRL", (twin: Repository) => append(twin, "pki/crl.pem")],
    ["edits the registry as carried out", (twin: Repository) => append(twin, "pki/registry.yaml")],
    ["edits the servers' configuration", (twin: Repository) => append(twin, "pki/nginx/clients.map")],
    ["puts a directory among the requests", (twin: Repository) => twin.write("pki/reqs/deep/carol.req", "x\n")],
    ["brings attributes for pki", (twin: Repository) => twin.write("pki/nginx/.gitattributes", "x\n")],
    ["writes pki in another case", (twin: Repository) => twin.write("PKI/ca.crt", "x\n")],
    ["has git decode clients.yaml", attributes("clients.yaml working-tree-encoding=SHIFT-JIS")],
    ["has git write other line ends into facts", attributes("* text eol=crlf")],
    ["has a filter change requests", attributes("pki/reqs/* filter=x")],
    ["makes pki/reqs a symlink", (twin: Repository) => symlinkSync("/etc", twin.at("pki/reqs"))],
    ["renames a certificate", rename],
  ])("refuses a branch that %s", async (_, work) => {
    using twin = branch(work);
    const ran = await planOfChange(twin);
    expect(ran.code).toBe(1);
    expect(planOf(ran).refusals.map(({ code }) => code)).toContain("StateEdited");
  });

  it.each(["scripts/plan.ts", "Makefile", "docs/picture.svg", "package.json", ".gitattributes", "Clients.yaml.bak"])(
    "warns of a branch that changes what machines run: %s",
    async (path) => {
      using twin = branch((twin) => twin.write(path, "x\n"));
      expect(planOf(await planOfChange(twin)).warnings.map(({ code }) => code)).toContain("CodeChanged");
    },
  );

  it("a request that is a symlink is nobody's request", async () => {
    using twin = branch((twin) => {
      makeRequest(twin, "carol");
      twin.git("mv", "-f", "-k", "pki/reqs/carol.req", "carol.req");
      twin.write("pki/reqs/.gitkeep", "");
      symlinkSync(twin.at("clients.yaml"), twin.at("pki/reqs/dora.req"));
      twin.write("clients.yaml", clientsYaml({ ...CLIENTS, dora: "{ groups: [guests], csr: true }" }));
    });
    const { code, stdout } = await planOfChange(twin);
    expect(code).toBe(1);
    expect(stdout).not.toContain("common_name");
  });

  it("with a base alone looks at the working tree, what is not committed included", async () => {
    using twin = branch((twin) =>
      twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" })),
    );
    twin.git("checkout", "--quiet", "change");
    append(twin, "pki/crl.pem");
    const ran = await twin.run("plan", "--json", "--base", "main", "--now", LATER);
    const plan = planOf(ran);
    expect(plan.access.map(({ client }) => client)).toEqual(["carol"]);
    expect(plan.refusals).toContainEqual({ code: "StateEdited", message: expect.stringContaining("pki/crl.pem") });
  });

  it("errors in the branch's clients.yaml are errors with places", async () => {
    using twin = branch((twin) => twin.write("clients.yaml", clientsYaml({ alice: "{ groups: [stuff] }" })));
    const ran = await planOfChange(twin);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout).errors[0]).toMatchObject({ file: "clients.yaml", line: expect.any(Number) });
  });

  it("a branch without clients.yaml is a mistake that is explained", async () => {
    using twin = branch((twin) => twin.git("rm", "-q", "clients.yaml"));
    const { code, stdout, stderr } = await planOfChange(twin);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).errors[0].message).toContain("clients.yaml is not there");
    expect(stderr).not.toContain("    at ");
  });

  it.each(["nowhere", "--output=/tmp/gatehouse-owned", "main..change", ":clients.yaml", "HEAD:pki"])(
    "a ref that is no commit (%s) is refused",
    async (ref) => {
      const { code, stderr } = await ready.run("plan", `--head=${ref}`);
      expect(code).toBe(1);
      expect(stderr).toMatch(/is no commit here/);
      expect(existsSync("/tmp/gatehouse-owned")).toBe(false);
    },
  );

  it("no common ancestor is said in words", async () => {
    using twin = ready.copy();
    twin.git("checkout", "--quiet", "--orphan", "change");
    twin.commit("Another beginning");
    const ran = await planOfChange(twin);
    expect(ran.code).toBe(1);
    expect(planOf(ran).refusals).toEqual([
      { code: "MergeConflict", message: expect.stringContaining("have no commit in common here") },
    ]);
  });
});

function attributes(line: string) {
  return (twin: Repository) => twin.write(".gitattributes", `${twin.read(".gitattributes")}${line}\n`);
}

function append(twin: Repository, path: string): void {
  twin.write(path, `${twin.read(path)}\n`);
}

function rename(twin: Repository): void {
  const directory = "pki/certs_by_serial";
  twin.git("mv", `${directory}/${serialOf(twin, "bob")}.pem`, `${directory}/40AA.pem`);
}
