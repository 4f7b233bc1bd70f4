import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates, decisions, makeRequest, planOf, publicKey, serialOf, verdict } from "./support/judges.ts";
import { type Clients, clientsYaml, Repository } from "./support/repository.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff] }",
  carol: "{ groups: [guests] }",
  dora: "{ groups: [guests], csr: true }",
};
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = Repository.fresh(clientsYaml(CLIENTS));
  makeRequest(ready, "dora");
  const { code, stderr } = await ready.run("start", "--now", "2026-11-21T12:00:00Z");
  if (code !== 0) throw new Error(stderr);
  ready.commit("Make the authority");
});
afterAll(() => ready?.[Symbol.dispose]());

/** The authority of above with these clients instead, one day later: what the plan says, and that it was done. */
async function edit(clients: Clients, now = LATER, twin = ready.copy()): Promise<{ twin: Repository; plan: string[] }> {
  twin.write("clients.yaml", clientsYaml(clients));
  const planned = await twin.run("plan", "--json", "--now", now);
  if (planned.code !== 0) throw new Error(planned.stdout + planned.stderr);
  const done = await twin.run("reconcile", "--now", now);
  expect(done).toMatchObject({ code: 0 });
  expect(await twin.run("plan", "--now", now, "--detailed-exitcode")).toMatchObject({ code: 0 });
  return { twin, plan: decisions(planOf(planned)) };
}

describe("a client that brings its own key", () => {
  const WITH_FRED = { ...CLIENTS, fred: "{ groups: [guests], csr: true }", gus: "{ groups: [guests] }" };

  it("gets a certificate for the key in openssl's request; no key of it comes here", async () => {
    using twin = ready.copy();
    const key = makeRequest(twin, "fred", "-subj", "/CN=somebody else", "-addext", "subjectAltName=DNS:evil.example");
    twin.write("clients.yaml", clientsYaml(WITH_FRED));
    const { code, stdout } = await twin.run("reconcile", "--json", "--now", LATER);
    expect(code).toBe(0);
    expect(planOf({ stdout, stderr: "", code, signal: null }).warnings.map((one) => one.code)).toContain(
      "RequestExtensionsIgnored",
    );
    expect(publicKey("x509", twin.at("pki/issued/fred.crt"))).toBe(publicKey("pkey", key));
    expect(twin.list("pki/private")).not.toContain("fred.key");
    expect(verdict(twin, "pki/issued/fred.crt", LATER)).toBe("OK");
  });

  it("another request is another key: the old certificate is revoked", async () => {
    using twin = ready.copy();
    const key = makeRequest(twin, "dora");
    const { code, stdout } = await twin.run("reconcile", "--json", "--now", LATER);
    expect(code).toBe(0);
    const plan = planOf({ stdout, stderr: "", code, signal: null });
    expect(decisions(plan)[0]).toBe("issue dora KeyChanged");
    expect(plan.warnings.map((one) => one.code)).toContain("RequestReplaced");
    expect(publicKey("x509", twin.at("pki/issued/dora.crt"))).toBe(publicKey("pkey", key));
  });

  it.each([
    ["of a weak key", (twin: Repository) => makeRequest(twin, "fred", "-newkey", "rsa:1024")],
    ["that is no request", (twin: Repository) => twin.write("pki/reqs/fred.req", "hello\n")],
    ["of another client's key", (twin: Repository) => twin.write("pki/reqs/fred.req", twin.read("pki/reqs/dora.req"))],
    ["of the authority's key", (twin: Repository) => makeRequest(twin, "fred", "-key", twin.at("pki/private/ca.key"))],
    [
      "of a key that we hold for somebody",
      (twin: Repository) => makeRequest(twin, "fred", "-key", twin.at("pki/private/bob.key")),
    ],
  ])("a request %s is refused, alone, with exit 1", async (_, write) => {
    using twin = ready.copy();
    write(twin);
    twin.write("clients.yaml", clientsYaml(WITH_FRED));
    const { code, stdout } = await twin.run("reconcile", "--json", "--now", LATER);
    const plan = planOf({ stdout, stderr: "", code, signal: null });
    expect({ code, refusals: plan.refusals.map((one) => one.code) }).toEqual({ code: 1, refusals: ["BadRequest"] });
    expect(plan.refusals[0]?.message).toContain("pki/reqs/fred.req");
    expect(certificates(twin).map(({ identity }) => identity)).not.toContain("fred");
    expect(verdict(twin, "pki/issued/gus.crt", LATER)).toBe("OK");
    const again = await twin.run("plan", "--json", "--now", LATER);
    expect({ code: again.code, left: planOf(again).changes }).toEqual({ code: 1, left: [] });
  });

  it("a missing request is a mistake in clients.yaml, reported at the client", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml(WITH_FRED));
    const { code, stderr } = await twin.run("plan", "--now", LATER);
    expect(code).toBe(1);
    expect(stderr).toMatch(/clients\.yaml:\d+:\d+: .*pki\/reqs\/fred\.req/);
  });

  it("a refused replacement leaves the certificate that there is", async () => {
    using twin = ready.copy();
    const dora = serialOf(ready, "dora");
    twin.write("pki/reqs/dora.req", "hello\n");
    expect(await twin.run("reconcile", "--now", LATER)).toMatchObject({ code: 1 });
    expect(serialOf(twin, "dora")).toBe(dora);
    expect(verdict(twin, "pki/issued/dora.crt", LATER)).toBe("OK");
  });

  it("a key that was revoked is never certified again", async () => {
    const { twin } = await edit({ ...CLIENTS, dora: "{ revoked: keyCompromise }" });
    using _ = twin;
    twin.write("pki/reqs/dora.req", ready.read("pki/reqs/dora.req"));
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    const { code, stdout } = await twin.run("reconcile", "--json", "--now", "2026-11-23T12:00:00Z");
    expect(code).toBe(1);
    expect(planOf({ stdout, stderr: "", code, signal: null }).refusals[0]?.message).toContain("was revoked");
    expect(existsSync(twin.at("pki/issued/dora.crt"))).toBe(false);
  });
});
