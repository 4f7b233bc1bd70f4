import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates, planOf, readCrl, serialOf, serialsOf, verdict } from "./support/judges.ts";
import { clientsYaml, Repository } from "./support/repository.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff] }",
  erin: "{ groups: [guests], lifetime: 60d }",
};
const BROKEN = clientsYaml({ alice: "{ groups: [stuff] }", bob: "{ grups: [staff] }", erin: "yes" });
const FORTY_DAYS_ON = "2026-12-31T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS));
  ready.write("clients.yaml", clientsYaml({ alice: CLIENTS.alice, erin: CLIENTS.erin }));
  const { code, stderr } = await ready.run("reconcile", "--commit", "--now", "2026-11-21T13:00:00Z");
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => ready?.[Symbol.dispose]());

describe("a day with a broken clients.yaml", () => {
  it("plan says every mistake with its place, and exits 1", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", BROKEN);
    const { code, stdout, stderr } = await twin.run("plan");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^clients\.yaml:13:\d+: .*stuff.*staff/m);
    expect(stderr).toMatch(/^clients\.yaml:14:\d+: .*grups.*groups/m);
    expect(stderr).toMatch(/^clients\.yaml:15:\d+: /m);
  });

  it("plan --json says the same as data", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", BROKEN);
    const { code, stdout } = await twin.run("plan", "--json");
    expect(code).toBe(1);
    const { errors, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({});
    expect(errors.map(({ line }: { line: number }) => line)).toEqual([13, 14, 15]);
    for (const error of errors) expect(Object.keys(error)).toEqual(["file", "line", "column", "message", "hint"]);
  });

  it.each([
    ["with mistakes", BROKEN],
    ["that is no YAML", "clients: [\n"],
    ["that is empty", ""],
    ["that is not UTF-8", new Uint8Array([0xff, 0xfe, 0x00])],
  ])("forty days later, %s, reconcile keeps the CRL fresh and renews, and still exits 1", async (_, broken) => {
    using twin = ready.copy();
    const before = readCrl(twin);
    twin.write("clients.yaml", broken);
    const { code, stdout, stderr } = await twin.run("reconcile", "--now", FORTY_DAYS_ON);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain("clients.yaml:");
    expect(serialsOf(twin, "erin")).toHaveLength(2);
    expect(verdict(twin, "pki/issued/erin.crt", FORTY_DAYS_ON)).toBe("OK");
    const crl = readCrl(twin);
    expect(crl.number).toBeGreaterThan(before.number);
    expect(crl.entries).toEqual(before.entries);
    expect([...crl.entries.keys()]).toEqual([serialOf(twin, "bob")]);
    expect(twin.read("pki/registry.yaml")).toBe(ready.read("pki/registry.yaml"));
    const again = await twin.run("reconcile", "--json", "--now", FORTY_DAYS_ON);
    expect({ code: again.code, changes: planOf(again).changes }).toEqual({ code: 1, changes: [] });
  });

  it("status shows how things stood last, and exits 1", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", BROKEN);
    const { code, stdout, stderr } = await twin.run("status", "--now", FORTY_DAYS_ON);
    expect(code).toBe(1);
    expect(stderr).toContain("clients.yaml:13:");
    expect(stdout).toContain("alice");
  });

  it("start keeps what there is going, says what is wrong, and exits 1", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", BROKEN);
    const { code, stdout, stderr } = await twin.run("start", "--now", FORTY_DAYS_ON);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain("clients.yaml:13:");
    expect(verdict(twin, "pki/issued/alice.crt", FORTY_DAYS_ON)).toBe("OK");
  });

  it("a clients.yaml that is gone is said so", async () => {
    using twin = ready.copy();
    twin.git("rm", "--quiet", "clients.yaml");
    for (const command of ["plan", "reconcile", "status"] as const) {
      const { code, stderr } = await twin.run(command);
      expect(code).toBe(1);
      expect(stderr).toContain("clients.yaml is not there");
      expect(stderr).not.toContain("    at ");
    }
  });
});

describe("a day with damaged state", () => {
  it.each([
    ["a certificate is gone", (twin: Repository) => remove(twin, `pki/certs_by_serial/${serialOf(twin, "alice")}.pem`)],
    [
      "a certificate is cut short",
      (twin: Repository) => cut(twin, `pki/certs_by_serial/${serialOf(twin, "alice")}.pem`),
    ],
    ["a revocation is gone", (twin: Repository) => remove(twin, `pki/revoked/${serialOf(twin, "bob")}.yaml`)],
    ["a revocation is empty", (twin: Repository) => twin.write(`pki/revoked/${serialOf(twin, "bob")}.yaml`, "")],
    ["a merge left its marks in a fact", (twin: Repository) => conflict(twin)],
  ])("%s: nothing is decided on that, yet the CRL stays fresh with everybody on it", async (_, damage) => {
    using twin = ready.copy();
    const bob = serialOf(twin, "bob");
    damage(twin);
    const count = certificates(twin).length;
    const { code, stdout } = await twin.run("reconcile", "--now", FORTY_DAYS_ON);
    expect(code).toBe(1);
    expect(stdout).toContain("StateDoubtful");
    expect(certificates(twin)).toHaveLength(count);
    const crl = readCrl(twin);
    expect(crl.number).toBeGreaterThan(readCrl(ready).number);
    expect(crl.entries.has(bob)).toBe(true);
    expect(verdict(twin, "pki/issued/alice.crt", FORTY_DAYS_ON)).toBe("OK");
  });

  it("a key is gone: its client is named and keeps what it has, and everybody else goes on", async () => {
    using twin = ready.copy();
    remove(twin, `pki/private/by_serial/${serialOf(twin, "alice")}.key`);
    const { code, stdout } = await twin.run("reconcile", "--now", FORTY_DAYS_ON);
    expect(code).toBe(1);
    expect(stdout).toMatch(/KeyLost: .*alice's\s+certificate/s);
    expect(twin.read("pki/private/alice.key")).toBe(ready.read("pki/private/alice.key"));
    expect(serialsOf(twin, "erin")).toHaveLength(2);
    expect(verdict(twin, "pki/issued/alice.crt", FORTY_DAYS_ON)).toBe("OK");
  });

  it.each(["pki/crl.pem", "pki/index.txt", "pki/nginx/clients.map", "pki/issued/alice.crt", "pki/private/alice.key"])(
    "%s, changed by hand or gone, is made anew",
    async (path) => {
      using twin = ready.copy();
      const now = "2026-11-21T14:00:00Z";
      remove(twin, path);
      expect(await twin.run("reconcile", "--now", now)).toMatchObject({ code: 0 });
      expect(await twin.run("plan", "--now", now, "--detailed-exitcode")).toMatchObject({ code: 0 });
      if (path === "pki/crl.pem") {
        expect([...readCrl(twin).entries.keys()]).toEqual([serialOf(twin, "bob")]);
        expect(readCrl(twin).number).toBeGreaterThan(readCrl(ready).number);
      } else expect(twin.read(path)).toBe(ready.read(path));
    },
  );

  it("without the authority's key nothing changes, and the words name it", async () => {
    using twin = ready.copy();
    remove(twin, "pki/private/ca.key");
    const before = twin.fingerprint("pki");
    const { code, stderr } = await twin.run("reconcile", "--now", FORTY_DAYS_ON);
    expect(code).toBe(1);
    expect(stderr).toContain("pki/private/ca.key is not there");
    expect(twin.fingerprint("pki")).toEqual(before);
  });

  it("a CRL signed by somebody else is not believed, and not put in force", async () => {
    using other = await Repository.ready(clientsYaml({}));
    using twin = ready.copy();
    twin.write("pki/crl.pem", other.read("pki/crl.pem"));
    await twin.run("reconcile", "--now", "2026-11-21T14:00:00Z");
    const crl = readCrl(twin);
    expect(crl.verified).toBe(true);
    expect([...crl.entries.keys()]).toEqual([serialOf(twin, "bob")]);
  });
});

function remove(twin: Repository, path: string): void {
  twin.git("rm", "--quiet", "--force", path);
}

function cut(twin: Repository, path: string): void {
  twin.write(path, twin.read(path).slice(0, 300));
}

function conflict(twin: Repository): void {
  const path = `pki/revoked/${serialOf(twin, "bob")}.yaml`;
  twin.write(path, `<<<<<<< HEAD\n${twin.read(path)}=======\n${twin.read(path)}>>>>>>> change\n`);
}
