import { describe, expect, it } from "vitest";
import type { Client } from "../../scripts/model/registry.ts";
import type { Certificate } from "../../scripts/model/state.ts";
import { certificateOf, DAY, type Facts, fingerprintOf, NOW, requestOf } from "../support/plan-builders.ts";
import { aboutAlice } from "../support/plan-one.ts";

const adopted = (fields: Partial<Certificate> = {}) => certificateOf({ reason: "Adopted", ...fields });

/** What the plan does about alice. */
function decided(fields: Partial<Client>, certificate: Certificate, facts: Facts = {}): string[] {
  return aboutAlice(fields, { ...facts, certificates: [certificate] }, NOW).map((one) =>
    "reason" in one ? `${one.kind} ${one.reason}` : one.kind,
  );
}

describe("of an adopted certificate", () => {
  it.each<[string, Certificate]>([
    ["subject", adopted({ subject: "C=US, 2.5.4.11=#0C026F75, CN=Alice" })],
    ["form", adopted({ profile: null })],
    ["names", adopted({ names: ["x.example.com"] })],
    ["type of key", adopted({ keyType: "rsa-2048" })],
    ["key, which is not here,", adopted({ key: "request" })],
    ["length of life", adopted({ notAfter: NOW + 9000 * DAY })],
    ["silence about its issuer's key", adopted({ authorityKeyId: null })],
  ])("the %s is no reason for another", (_, certificate) => {
    expect(decided({}, certificate)).toEqual([]);
    expect(decided({ overlap: DAY }, certificate)).toEqual([]);
  });

  it("a renewal makes an ordinary one", () => {
    expect(decided({}, adopted({ keyType: "rsa-2048", notAfter: NOW + 30 * DAY }))).toEqual(["renew RenewalDue"]);
  });

  it("the end of access, another key in a request and another authority count as of any", () => {
    expect(decided({ expires: NOW + DAY }, adopted())).toContain("issue LifetimeChanged");
    const requested = adopted({ key: "request", fingerprint: fingerprintOf("k1") });
    expect(decided({ csr: true }, requested, { requests: { alice: requestOf("k2") } })).toContain("issue KeyChanged");
    expect(decided({}, adopted({ authorityKeyId: "BB" }))).toEqual(["issue IssuerChanged"]);
  });
});
