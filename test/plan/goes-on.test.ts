import { describe, expect, it } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import type { Request, State } from "../../scripts/model/state.ts";
import type { Policy } from "../../scripts/plan/index.ts";
import {
  authorityOf,
  clientOf,
  DAY,
  NOW,
  requestOf,
  revocationOf,
  stateOf,
  withClients,
} from "../support/plan-builders.ts";
import { planFor, reconcile } from "../support/plan-simulator.ts";
import { asked, CARRIED, codes, done, LAST, SOON } from "./carried.ts";

/** As CARRIED, and c01's certificate is revoked without the CRL knowing. */
const C01 = [...CARRIED.certificates.values()].find((one) => one.identity === "c01")?.serial ?? "";
const UNLISTED: State = { ...CARRIED, revocations: new Map([[C01, revocationOf(C01)]]) };

/** Somebody is listed, and one commit is not signed. */
const SIGNERS = `ann@example.com ssh-ed25519 ${Buffer.from("ann's key").toString("base64")}\n`;
const COMMIT = { id: "abc123", author: "Ann", subject: "Add carol", why: "is not signed", touchesFacts: false };
const UNSIGNED = { commits: [COMMIT], uncommitted: [], shallow: false, good: null, tip: "abc123" };

const fewer = withClients(LAST, Object.fromEntries(["c08", "c09", "c10", "c11"].map((name) => [name, null])));
const removals = ["c08", "c09", "c10", "c11"].map((name) => `revoke ${name} Removed cessationOfOperation`);

describe("a registry that is refused as a whole is shown, and what was carried out last goes on", () => {
  it.each<[code: string, registry: Registry, expected: string[], policy?: Partial<Policy>]>([
    ["TooManyLosses", fewer, [...removals, "crl", "registry"]],
    [
      "AuthorityChanged",
      { ...LAST, authority: { ...LAST.authority, commonName: "Other" } },
      ["definition", "registry"],
    ],
    [
      "StateEdited",
      withClients(LAST, { new: clientOf() }),
      ["issue new Missing", "registry"],
      { faults: [{ path: "pki/crl.pem", fault: "edited" as const }] },
    ],
    ["Unsigned", { ...LAST, limits: { ...LAST.limits, signed: true } }, ["definition", "registry"]],
    [
      "Unsigned",
      { ...LAST, limits: { ...LAST.limits, signed: true } },
      ["definition", "registry"],
      { unsigned: UNSIGNED, signers: SIGNERS },
    ],
  ])("%s", (code, registry, expected, policy) => {
    const planned = planFor(registry, CARRIED, NOW, policy);
    expect(codes(planned)).toEqual([code]);
    expect(asked(planned)).toEqual(expected);
    expect(done(planned)).toEqual([]);
    const later = planFor(registry, CARRIED, SOON, policy);
    expect(done(later)).toEqual(["renew c00"]);
    expect(later.applicable?.registry).toEqual(CARRIED.carriedOut?.registry);
  });

  it("LastSensitiveClient", () => {
    const groups = new Map(LAST.groups).set("staff", {
      ...(LAST.groups.get("staff") ?? { repositories: [], services: [] }),
      sensitive: true,
    });
    const before = { ...LAST, groups, clients: new Map([["only", clientOf()]]) };
    const planned = planFor(withClients(before, { only: null }), reconcile(before, stateOf(), NOW), NOW);
    expect(codes(planned)).toEqual(["LastSensitiveClient"]);
    expect(done(planned)).toEqual([]);
  });

  it("with the exact number it is carried out", () => {
    const planned = planFor(fewer, CARRIED, NOW, { allowLosses: 4 });
    expect(codes(planned)).toEqual([]);
    expect(done(planned)).toEqual(asked(planned));
  });

  it("the limit that judges is the one carried out last", () => {
    expect(codes(planFor({ ...fewer, limits: { ...LAST.limits, lose: 100 } }, CARRIED, NOW))).toEqual([
      "TooManyLosses",
    ]);
  });

  it("a change cannot take out the rule that only signed commits count", () => {
    const strict = { ...LAST, limits: { ...LAST.limits, signed: true } };
    const state = reconcile(strict, stateOf(), NOW, { signers: SIGNERS });
    expect(codes(planFor(LAST, state, NOW, { unsigned: UNSIGNED }))).toEqual(["Unsigned"]);
  });

  it("when nothing was carried out before, nothing is done", () => {
    expect(
      planFor(LAST, stateOf(), NOW, { faults: [{ path: "pki/x", fault: "edited" as const }] }).applicable,
    ).toBeNull();
  });
});

describe("an unreadable registry", () => {
  it("is told with its first error, and what was carried out last goes on: renewals, CRL", () => {
    const planned = planFor(null, CARRIED, SOON);
    expect(planned.plan.refusals).toEqual([
      { code: "InvalidRegistry", message: "clients.yaml:1:1: is not YAML. What was carried out last stays in force." },
    ]);
    expect(done(planned)).toEqual(["renew c00"]);
    expect(done(planFor(null, CARRIED, NOW + 16 * DAY))).toEqual(["renew c00", "crl"]);
    expect(done(planFor(null, UNLISTED, NOW))).toEqual(["issue c01 Missing", "crl"]);
  });

  it("is all there is to say where nothing was carried out", () => {
    const planned = planFor(null, stateOf({ authority: null }), NOW);
    expect(codes(planned)).toEqual(["NoAuthority", "InvalidRegistry"]);
    expect(planned.applicable).toBeNull();
  });

  it("hides no doubt about the state", () => {
    const doubts = [{ path: "pki/registry.yaml", message: "holds the marks of a merge conflict" }];
    expect(codes(planFor(null, stateOf({ doubts }), NOW))).toEqual(["InvalidRegistry", "StateDoubtful"]);
  });
});

describe("a request that came with what is refused as a whole", () => {
  const wants = withClients(LAST, { dora: clientOf({ csr: true, lifetime: 40 * DAY }) });
  const sound = { dora: requestOf("k1") };
  const state = reconcile(wants, { ...CARRIED, requests: new Map(Object.entries(sound)) }, NOW);
  const having = (requests: Record<string, Request>): State => ({
    ...state,
    requests: new Map(Object.entries(requests)),
  });
  const tooFew = withClients(wants, { c08: null, c09: null, c10: null, c11: null });
  const bad = { ok: false, problem: "two blocks", hint: null } as const;

  it.each<[sentence: string, registry: Registry | null, requests: Record<string, Request>]>([
    ["has no effect beside a clients.yaml that cannot be read", null, { dora: requestOf("k2") }],
    ["has no effect beside too many losses", tooFew, { dora: requestOf("k2") }],
    ["cannot keep its client from renewing by being unsound", null, { dora: bad }],
    ["cannot keep its client from renewing by being gone", tooFew, {}],
  ])("%s; renewals go on with the key as it was", (_, registry, requests) => {
    expect(done(planFor(registry, having(requests), NOW))).toEqual([]);
    const { applicable } = planFor(registry, having(requests), SOON);
    const renewals = applicable?.plan.changes.filter(({ kind }) => kind === "renew" || kind === "revoke");
    expect(renewals).toMatchObject([
      { kind: "renew", identity: "c00" },
      { kind: "renew", identity: "dora", fingerprint: requestOf("k1").fingerprint },
    ]);
  });

  it("is carried out once the rest is mended", () => {
    expect(done(planFor(wants, having({ dora: requestOf("k2") }), NOW))).toEqual([
      "issue dora KeyChanged",
      "revoke dora KeyChanged superseded",
      "crl",
    ]);
  });

  it("does not let in a client that never had a certificate", () => {
    const waiting = withClients(wants, { ann: clientOf({ csr: true }) });
    const before = reconcile(waiting, state, NOW);
    const now = { ...before, requests: new Map([...state.requests, ["ann", requestOf("k3")]]) };
    expect(done(planFor(null, now, NOW))).toEqual([]);
    expect(done(planFor(waiting, now, NOW))).toContain("issue ann Missing");
  });
});

describe("a bad request", () => {
  const wants = withClients(LAST, { ann: clientOf({ csr: true }), new: clientOf() });
  it("keeps one client waiting; the rest is carried out", () => {
    const planned = planFor(
      wants,
      { ...CARRIED, requests: new Map([["ann", { ok: false, problem: "two blocks", hint: null }]]) },
      NOW,
    );
    expect(planned.plan.refusals).toEqual([
      {
        code: "BadRequest",
        message: expect.stringMatching(/^pki\/reqs\/ann\.req: two blocks\. A new request is made where the key is: /),
      },
    ]);
    expect(done(planned)).toEqual(["issue new Missing", "registry"]);
  });

  it("leaves its client the certificate that it has", () => {
    const state = reconcile(wants, { ...CARRIED, requests: new Map([["ann", requestOf("k1")]]) }, NOW);
    const planned = planFor(
      wants,
      { ...state, requests: new Map([["ann", { ok: false, problem: "two blocks", hint: null }]]) },
      NOW,
    );
    expect(codes(planned)).toEqual(["BadRequest"]);
    expect(done(planned)).toEqual([]);
  });
});

describe("a doubtful state", () => {
  const doubts = [{ path: "pki/certs_by_serial/00.pem", message: "is cut short" }];
  const wants = withClients(LAST, { c11: null, new: clientOf() });
  it.each<[sentence: string, state: State, now: number, expected: string[]]>([
    ["does nothing on a day when the CRL is fresh, whatever is asked", { ...CARRIED, doubts }, NOW, []],
    ["does nothing although renewals are due", { ...CARRIED, doubts }, SOON, []],
    ["signs the CRL when it is due", { ...CARRIED, doubts }, NOW + 16 * DAY, ["crl"]],
    ["signs the CRL with what is known to be revoked", { ...UNLISTED, doubts }, NOW, ["crl"]],
    [
      "signs the CRL also when what was carried out cannot be read",
      { ...UNLISTED, carriedOut: null, doubts },
      NOW,
      ["crl"],
    ],
  ])("%s", (_, state, now, expected) => {
    const planned = planFor(wants, state, now);
    expect(codes(planned)).toEqual(["StateDoubtful"]);
    expect(done(planned)).toEqual(expected);
    expect(planned.applicable?.decisions.list).toEqual([]);
  });

  it("still shows what was asked", () => {
    expect(asked(planFor(wants, { ...CARRIED, doubts }, NOW))).toContain("issue new Missing");
  });
});

describe("nothing at all is done", () => {
  it.each<[code: string, state: State, now: number]>([
    ["ClockBehind", UNLISTED, NOW - 1],
    ["ClockAhead", UNLISTED, NOW + 400 * DAY],
    ["NoAuthority", { ...UNLISTED, authority: null }, NOW],
  ])("%s", (code, state, now) => {
    const planned = planFor(LAST, state, now);
    expect(codes(planned)).toEqual([code]);
    expect(planned.applicable).toBeNull();
  });

  it("unless --now says what time it is", () => {
    expect(planFor(LAST, UNLISTED, NOW + 400 * DAY, { checkClock: false }).applicable).not.toBeNull();
  });

  it("by an authority that has ended, and nobody is told that more is to come", () => {
    const state = { ...CARRIED, authority: authorityOf({ notAfter: NOW + DAY }) };
    const planned = planFor(withClients(LAST, { new: clientOf() }), state, NOW + DAY);
    expect(asked(planned).filter((one) => one.startsWith("issue"))).toEqual([]);
  });
});
