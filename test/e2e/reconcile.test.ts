import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  decisions,
  makeRequest,
  OpensslCa,
  planOf,
  publicKey,
  readCrl,
  serialOf,
  serialsOf,
  verdict,
} from "./support/judges.ts";
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

const { bob: _, ...WITHOUT_BOB } = CLIENTS;

describe("reconcile after an edit of clients.yaml", () => {
  it("adds a client: key, certificate and maps, and touches nobody else", async () => {
    const { twin, plan } = await edit({ ...CLIENTS, erin: "{ groups: [guests] }" });
    using _ = twin;
    expect(plan).toEqual(["issue erin Missing"]);
    expect(verdict(twin, "pki/issued/erin.crt", LATER)).toBe("OK");
    expect(publicKey("x509", twin.at("pki/issued/erin.crt"))).toBe(publicKey("pkey", twin.at("pki/private/erin.key")));
    expect(twin.read("pki/nginx/clients.map")).toContain(serialOf(twin, "erin"));
    expect(twin.git("diff", "--name-only", "--", "pki/issued", "pki/crl.pem")).toBe("");
  });

  it("removes a client: revoked for cessation, off the maps, key gone", async () => {
    const bob = serialOf(ready, "bob");
    const { twin, plan } = await edit(WITHOUT_BOB);
    using _ = twin;
    expect(plan).toEqual(["revoke bob Removed"]);
    expect(readCrl(twin)).toMatchObject({ verified: true, entries: new Map([[bob, "Cessation Of Operation"]]) });
    expect(twin.list("pki/private").concat(twin.list("pki/issued"))).not.toContain("bob.key");
    expect(twin.list("pki/issued")).not.toContain("bob.crt");
    expect(twin.list("pki/private/by_serial")).not.toContain(`${bob}.key`);
    expect(twin.read("pki/nginx/clients.map")).not.toContain(bob);
    expect(verdict(twin, `pki/certs_by_serial/${bob}.pem`, LATER)).toBe("certificate revoked");
    using ca = new OpensslCa(twin);
    expect(ca.status(bob)).toBe("Revoked (R)");
    expect(ca.crl()).toEqual([bob]);
  });

  it("removes a client that brought its own key: its request goes too", async () => {
    const { dora: _, ...rest } = CLIENTS;
    const { twin, plan } = await edit(rest);
    using __ = twin;
    expect(plan).toEqual(["revoke dora Removed"]);
    expect(twin.list("pki/reqs")).toEqual([]);
  });

  it("suspends, and lifts the suspension: the same certificate is good again", async () => {
    const bob = serialOf(ready, "bob");
    const { twin, plan } = await edit({ ...CLIENTS, bob: "{ groups: [staff], suspended: true }" });
    using _ = twin;
    expect(plan).toEqual(["hold bob"]);
    expect(readCrl(twin).entries).toEqual(new Map([[bob, "Certificate Hold"]]));
    expect(twin.list("pki/issued")).not.toContain("bob.crt");
    const number = readCrl(twin).number;
    const lifted = await edit(CLIENTS, "2026-11-23T12:00:00Z", twin);
    expect(lifted.plan).toEqual(["release bob"]);
    expect(readCrl(twin)).toMatchObject({ verified: true, entries: new Map() });
    expect(readCrl(twin).number).toBeGreaterThan(number);
    expect(serialOf(twin, "bob")).toBe(bob);
    expect(verdict(twin, "pki/issued/bob.crt", "2026-11-23T12:00:00Z")).toBe("OK");
    expect(twin.read("pki/private/bob.key")).toBe(twin.read(`pki/private/by_serial/${bob}.key`));
  });

  it("a removal wins over a hold", async () => {
    const { twin } = await edit({ ...CLIENTS, bob: "{ groups: [staff], suspended: true }" });
    using _ = twin;
    const gone = await edit(WITHOUT_BOB, "2026-11-23T12:00:00Z", twin);
    expect(gone.plan).toEqual(["revoke bob Removed"]);
    expect(twin.list("pki/held")).toEqual([]);
    expect([...readCrl(twin).entries.values()]).toEqual(["Cessation Of Operation"]);
  });

  it("revokes for the reason given; taking the tombstone out later issues under a new key only", async () => {
    const bob = serialOf(ready, "bob");
    const { twin, plan } = await edit({ ...CLIENTS, bob: "{ revoked: keyCompromise }" });
    using _ = twin;
    expect(plan).toEqual(["revoke bob Declared"]);
    expect(readCrl(twin).entries).toEqual(new Map([[bob, "Key Compromise"]]));
    const old = publicKey("x509", twin.at(`pki/certs_by_serial/${bob}.pem`));
    await edit(CLIENTS, "2026-11-23T12:00:00Z", twin);
    expect(publicKey("x509", twin.at("pki/issued/bob.crt"))).not.toBe(old);
    expect(readCrl(twin).entries).toEqual(new Map([[bob, "Key Compromise"]]));
  });

  it("reissues: the old certificate is revoked, the new one has another key", async () => {
    const bob = serialOf(ready, "bob");
    const clients = { ...CLIENTS, bob: "{ groups: [staff], reissue: { before: 2026-11-22T10:00:00Z } }" };
    const { twin, plan } = await edit(clients);
    using _ = twin;
    expect(plan.sort()).toEqual(["issue bob Reissue", "revoke bob Reissued"]);
    expect(readCrl(twin).entries).toEqual(new Map([[bob, "Key Compromise"]]));
    expect(serialsOf(twin, "bob")).toHaveLength(2);
    expect(verdict(twin, "pki/issued/bob.crt", LATER)).toBe("OK");
    expect(publicKey("x509", twin.at("pki/issued/bob.crt"))).not.toBe(
      publicKey("x509", twin.at(`pki/certs_by_serial/${bob}.pem`)),
    );
  });

  it("renames: a certificate for the new name; the old one goes on, for the client of the new name", async () => {
    const bob = serialOf(ready, "bob");
    const { twin, plan } = await edit({ ...WITHOUT_BOB, robert: "{ groups: [staff], previously: bob }" });
    using _ = twin;
    expect(plan).toEqual(["issue robert SubjectChanged"]);
    expect(verdict(twin, "pki/issued/robert.crt", LATER)).toBe("OK");
    expect(verdict(twin, `pki/certs_by_serial/${bob}.pem`, LATER)).toBe("OK");
    expect(twin.list("pki/issued").concat(twin.list("pki/private"))).not.toContain("bob.crt");
    expect(twin.list("pki/private")).not.toContain("bob.key");
    const map = twin.read("pki/nginx/clients.map");
    for (const serial of [bob, serialOf(twin, "robert")]) expect(map).toMatch(new RegExp(`${serial} "robert";`));
  });

  it("a change of groups issues nothing and signs nothing; the maps change", async () => {
    const { twin, plan } = await edit({ ...CLIENTS, bob: "{ groups: [guests] }" });
    using _ = twin;
    expect(plan).toEqual([]);
    const changed = twin.git("diff", "--name-only", "--", "pki").trim().split("\n");
    expect(changed.filter((path) => !path.startsWith("pki/nginx/"))).toEqual(["pki/registry.yaml"]);
    expect(changed.length).toBeGreaterThan(1);
  });

  it("shortens a certificate to the end of access, after which neither the old nor the new one is good", async () => {
    const end = "2026-12-01T00:00:00Z";
    const { twin, plan } = await edit({ ...CLIENTS, bob: `{ groups: [staff], expires: ${end} }` });
    using _ = twin;
    expect(plan).toEqual(["issue bob LifetimeChanged", "revoke bob Superseded"]);
    expect(verdict(twin, "pki/issued/bob.crt", "2026-11-30T23:59:00Z")).toBe("OK");
    expect(verdict(twin, "pki/issued/bob.crt", "2026-12-01T00:00:01Z")).toContain("certificate has expired");
    const over = "2026-12-01T00:00:05Z";
    expect(await twin.run("reconcile", "--now", over)).toMatchObject({ code: 0 });
    expect(twin.list("pki/issued")).not.toContain("bob.crt");
    for (const serial of serialsOf(twin, "bob"))
      expect(verdict(twin, `pki/certs_by_serial/${serial}.pem`, over)).not.toBe("OK");
  });
});

describe("reconcile as time goes by", () => {
  it("renews every certificate before its end, under new keys, and lets the old ones live out their days", async () => {
    using twin = ready.copy();
    const now = "2027-11-01T12:00:00Z";
    expect(await twin.run("reconcile", "--now", now)).toMatchObject({ code: 0 });
    for (const name of ["alice", "bob", "carol", "dora", "pkg.example.com"]) {
      expect(serialsOf(twin, name)).toHaveLength(2);
      expect(verdict(twin, `pki/issued/${name}.crt`, "2027-11-28T00:00:00Z")).toBe("OK");
    }
    expect(readCrl(twin).entries).toEqual(new Map());
    expect(verdict(twin, `pki/certs_by_serial/${serialOf(ready, "bob")}.pem`, now)).toBe("OK");
    expect(twin.read("pki/nginx/clients.map")).toContain(serialOf(ready, "bob"));
    expect(publicKey("x509", twin.at("pki/issued/bob.crt"))).not.toBe(
      publicKey("x509", ready.at("pki/issued/bob.crt")),
    );
    expect(publicKey("x509", twin.at("pki/issued/dora.crt"))).toBe(publicKey("x509", ready.at("pki/issued/dora.crt")));
  });

  it("with an overlap the predecessor is revoked as superseded once that has passed", async () => {
    using twin = ready.copy();
    const bob = serialOf(ready, "bob");
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, bob: "{ groups: [staff], overlap: 7d }" }));
    await twin.run("reconcile", "--now", "2027-11-01T12:00:00Z");
    expect(readCrl(twin).entries).toEqual(new Map());
    const before = await twin.run("reconcile", "--json", "--now", "2027-11-08T11:59:59Z");
    expect(decisions(planOf(before))).toEqual([]);
    const on = await twin.run("reconcile", "--json", "--now", "2027-11-08T12:00:00Z");
    expect(decisions(planOf(on))).toEqual(["revoke bob Superseded"]);
    expect(readCrl(twin).entries).toEqual(new Map([[bob, "Superseded"]]));
  });

  it("keeps a revocation on the CRL until its certificate has ended, and lets it go after", async () => {
    const { twin } = await edit({ ...CLIENTS, bob: "{ revoked: keyCompromise }" });
    using _ = twin;
    const bob = serialOf(ready, "bob");
    for (const now of ["2027-06-01T00:00:00Z", "2027-11-20T00:00:00Z"]) {
      await twin.run("reconcile", "--now", now);
      expect(readCrl(twin).entries.has(bob)).toBe(true);
    }
    await twin.run("reconcile", "--now", "2027-12-20T00:00:00Z");
    expect(readCrl(twin).entries.has(bob)).toBe(true);
    await twin.run("reconcile", "--now", "2028-01-20T00:00:00Z");
    expect(readCrl(twin)).toMatchObject({ verified: true, entries: new Map() });
    expect(twin.list("pki/revoked")).toEqual([`${bob}.yaml`]);
  });

  it("a quiet day changes not one byte", async () => {
    const before = ready.fingerprint("pki");
    expect(await ready.run("reconcile", "--now", LATER)).toMatchObject({ code: 0 });
    expect(ready.fingerprint("pki")).toEqual(before);
  });
});
