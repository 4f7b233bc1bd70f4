import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { formatRenewal } from "../../scripts/model/facts.ts";
import type { Certificate, State } from "../../scripts/model/state.ts";
import { decide } from "../../scripts/plan/decide.ts";
import { compareFiles, derivedFiles, missingRenewals, strayFiles } from "../../scripts/plan/files.ts";
import { project } from "../../scripts/plan/project.ts";
import { envelop, envelopeCurve } from "../../scripts/x509/cms.ts";
import {
  certificateOf,
  clientOf,
  DAY,
  type Facts,
  fingerprintOf,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
  stateOf,
  VERSION,
} from "../support/plan-builders.ts";
import { leaf, pair, spkiOf } from "../x509/helpers/made.ts";

const PEM = "-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n";
const OLD = certificateOf({ serial: serialOf(1), issued: NOW - 340 * DAY });
const NEW = certificateOf({ serial: serialOf(2), issued: NOW - 5 * DAY, reason: "RenewalDue" });
const REGISTRY = registryOf({ clients: { alice: clientOf({ groups: ["staff"] }) } });

/** The state with the file that is there for the old certificate, if any. */
function stateWith(facts: Facts, certificate: string | null = null): State {
  if (certificate === null) return stateOf(facts);
  const renewal = { identity: "alice", predecessor: OLD.serial, certificate, pem: PEM };
  const files = { [`pki/renewals/${OLD.serial}.p7m`]: formatRenewal(renewal), ...facts.files };
  return stateOf({ ...facts, renewals: [renewal], files });
}

/** What reconcile does under pki/renewals: `Missing SERIAL`. */
function changes(state: State, registry = REGISTRY): string[] {
  const wanted = derivedFiles(registry, state, NOW, VERSION);
  const labels = { due: "registry", upgraded: false } as const;
  return compareFiles(wanted, state, strayFiles(registry, state, NOW), labels)
    .filter(({ path }) => path.startsWith("pki/renewals/"))
    .map(({ path, reason }) => `${reason} ${path.replace(/^.*\/|\.p7m$/g, "")}`);
}

/** What servers hand out to whom. */
function offers(state: State, registry = REGISTRY, map = "renewals.map"): string {
  const found = derivedFiles(registry, state, NOW, VERSION).find(({ path }) => path === `pki/nginx/${map}`);
  return found !== undefined && "text" in found ? found.text : "";
}

describe("an envelope for a predecessor", () => {
  const both = (older: Partial<Certificate> = {}, newer: Partial<Certificate> = {}): Facts => ({
    certificates: [
      { ...OLD, ...older },
      { ...NEW, ...newer },
    ],
  });

  it.each<[string, Facts, string[]]>([
    ["is made after a renewal", both(), [`Missing ${OLD.serial}`]],
    ["is made to RSA keys", both({ keyType: "rsa-3072" }), [`Missing ${OLD.serial}`]],
    [
      "is made to a predecessor of the predecessor, too",
      {
        certificates: [certificateOf({ serial: serialOf(3), issued: NOW - 341 * DAY }), OLD, NEW],
      },
      [`Missing ${serialOf(1)}`, `Missing ${serialOf(3)}`],
    ],
    ["is not made where no certificate is newer", { certificates: [OLD] }, []],
    ["is not made to a key that only signs", both({ keyType: "ed25519" }), []],
    ["is not made to a key of a kind that we do not make", both({ keyType: "other" }), []],
    ["is not made after a reissue", both({}, { reason: "Reissue" }), []],
    ["is not made after a change of the subject", both({}, { reason: "SubjectChanged" }), []],
    ["is not made to a predecessor with another name", both({ identity: "bob" }), []],
    ["is not made to a predecessor that is held", { ...both(), holds: [{ serial: OLD.serial, at: NOW }] }, []],
    ["is not made of a successor that is held", { ...both(), holds: [{ serial: NEW.serial, at: NOW }] }, []],
    ["is not made to a revoked predecessor", { ...both(), revocations: [revocationOf(OLD.serial)] }, []],
    ["is not made to a predecessor that has ended", both({ notAfter: NOW - 1 }), []],
    ["is not made where the client has a key of its own now", both({}, { key: "request" }), []],
  ])("%s", (_sentence, facts, expected) => {
    expect(changes(stateOf(facts))).toEqual(expected);
  });

  it("is not made for servers and signers, which do not fetch", () => {
    const registry = registryOf({ signers: { alice: { ...clientOf(), repository: null } } });
    const facts = both({ kind: "signer", profile: "signer" }, { kind: "signer", profile: "signer" });
    expect(changes(stateOf(facts), registry)).toEqual([]);
  });

  it.each<[string, State, string[], number]>([
    ["stays as it is where its lines are right, whatever is in it", stateWith(both(), NEW.serial), [], 0],
    ["is made anew where it is another certificate's", stateWith(both(), serialOf(9)), [`Drifted ${OLD.serial}`], 1],
    [
      "is made anew where it cannot be read",
      {
        ...stateOf({ ...both(), files: { [`pki/renewals/${OLD.serial}.p7m`]: "<<<<<<<\n" } }),
      },
      [`Drifted ${OLD.serial}`],
      1,
    ],
    [
      "is taken away with a hold",
      stateWith({ ...both(), holds: [{ serial: OLD.serial, at: NOW }] }, NEW.serial),
      [`Stray ${OLD.serial}`],
      0,
    ],
    [
      "is taken away when its predecessor has ended",
      stateWith(both({ notAfter: NOW - 1 }), NEW.serial),
      [`Stray ${OLD.serial}`],
      0,
    ],
  ])("%s", (_sentence, state, expected, made) => {
    expect(changes(state)).toEqual(expected);
    expect(missingRenewals(REGISTRY, state, NOW)).toHaveLength(made);
  });

  it("is taken away from a client that is suspended or removed", () => {
    const state = stateWith(both(), NEW.serial);
    const suspended = registryOf({ clients: { alice: clientOf({ groups: ["staff"], suspended: true }) } });
    expect(changes(state, suspended)).toEqual([`Stray ${OLD.serial}`]);
    expect(changes(state, registryOf())).toEqual([`Stray ${OLD.serial}`]);
    expect(offers(state, registryOf())).not.toContain(OLD.serial);
  });

  it("is handed out to the predecessor's holder alone", () => {
    const text = offers(stateWith(both(), NEW.serial));
    expect(text).toContain(`s:${OLD.serial} "-----BEGIN CMS-----\\nMAA=\\n-----END CMS-----\\n";`);
    expect(text).not.toContain(NEW.serial);
  });
});

describe("an envelope that is yet to be made", () => {
  const MAPS = ["renewals.map", "renewals-2.map", "renewals-3.map"];

  it.each([
    ["ec-p256", 1],
    ["ec-p384", 1],
    ["rsa-3072", 2],
    ["rsa-4096", 2],
  ] as const)("has lines in the maps in which it will have them, for a key of type %s", (type, count) => {
    const { publicKey, privateKey } = pair(type);
    const pem = leaf("client", { spki: spkiOf(publicKey) });
    const namedCurve = envelopeCurve(pem);
    const ephemeral = namedCurve === null ? null : generateKeyPairSync("ec", { namedCurve }).privateKey;
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    const secrets = { contentKey: randomBytes(32), iv: randomBytes(16), ephemeral };
    const made = envelop(Buffer.concat([Buffer.from(key), Buffer.from(pem)]), pem, secrets);
    const certificates = [OLD, NEW].map((one) => ({ ...one, keyType: type, pem }));
    const renewals = [{ identity: "alice", predecessor: OLD.serial, certificate: NEW.serial, pem: made }];
    const mapsOf = (facts: Facts) => MAPS.filter((map) => offers(stateOf(facts), REGISTRY, map).includes(OLD.serial));
    expect(mapsOf({ certificates })).toEqual(mapsOf({ certificates, renewals }));
    expect(mapsOf({ certificates })).toHaveLength(count);
  });
});

describe("a client with a key of its own", () => {
  const registry = registryOf({ clients: { alice: clientOf({ groups: ["staff"], csr: true }) } });
  const key = fingerprintOf("alice");
  const older = { ...OLD, key: "request", fingerprint: key } as const;

  it("is offered the newest certificate of its key as it is, and nothing is enveloped", () => {
    const newer = { ...NEW, key: "request", fingerprint: key, reason: "SubjectChanged" } as const;
    const state = stateOf({ certificates: [older, newer] });
    expect(changes(state, registry)).toEqual([]);
    expect(offers(state, registry)).toContain(`s:${OLD.serial} "-----BEGIN CERTIFICATE-----\\n${NEW.serial}\\n`);
  });

  it("has its line in the map before the next certificate is made: so the plan knows that the map changes", () => {
    const requests = { alice: requestOf("alice") };
    const state = stateOf({ certificates: [{ ...older, notAfter: NOW + 5 * DAY }], requests });
    const { list, identities } = decide(registry, state, NOW);
    expect(list.map(({ kind }) => kind)).toEqual(["renew"]);
    expect(offers(state, registry)).not.toContain(OLD.serial);
    expect(offers(project(state, list, identities, NOW), registry)).toContain(`s:${OLD.serial} `);
  });

  it("is offered nothing for another key", () => {
    const newer = { ...NEW, key: "request", fingerprint: fingerprintOf("another") } as const;
    expect(offers(stateOf({ certificates: [older, newer] }), registry)).not.toContain(OLD.serial);
  });
});
