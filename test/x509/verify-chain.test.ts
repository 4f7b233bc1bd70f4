import { generateKeyPairSync, hash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { readAuthority } from "../../scripts/x509/authority-certificate.ts";
import { decodePem, encodePem } from "../../scripts/x509/pem.ts";
import { goesBack, verifyChain } from "../../scripts/x509/verify-chain.ts";
import { signCrl } from "../support/sign-now.ts";
import { type Chain, type ChainAsked, chain } from "./helpers/chains.ts";
import { authority, DAY, leaf, NOW, pair, spkiOf } from "./helpers/made.ts";
import { run } from "./helpers/programs.ts";

const problem = ({ issuing, list, root }: Chain, now = NOW) => verifyChain(issuing, root, list, now);

/** openssl's own verdict. */
function judged({ at }: Chain): string {
  const trust = ["-CAfile", "root.pem", "-CRLfile", "list.pem"];
  return run("openssl", ["verify", "-x509_strict", "-crl_check_all", ...trust, "issuing.pem"], at).output;
}

const CA = "keyUsage=critical,keyCertSign,cRLSign";
const SKI = "subjectKeyIdentifier=hash";
const AKI = "authorityKeyIdentifier=keyid:always";
const BELOW = "basicConstraints=critical,CA:TRUE,pathlen:0";
const ABOVE = "basicConstraints=critical,CA:TRUE,pathlen:1";
const NO_SKI = "subjectKeyIdentifier=none";
const NO_AKI = "authorityKeyIdentifier=none";
/** The AKI of what the usual root issues: SHA-1 over its point, as openssl makes key identifiers. */
const ROOTS_AKI = `2.5.29.35=DER:30168014${hash("sha1", spkiOf(pair("ec-p256", "root").publicKey).subarray(26))}`;
const PURPOSES = "extendedKeyUsage=clientAuth,serverAuth,codeSigning,emailProtection";
const issuing = (...extensions: string[]): ChainAsked => ({ issuing: { extensions } });
const root = (...extensions: string[]): ChainAsked => ({ root: { extensions } });
const rsa = (bits: number, publicExponent = 65537) =>
  generateKeyPairSync("rsa", { modulusLength: bits, publicExponent });

describe("sound, for us and for openssl", () => {
  const mixes = KEY_TYPES.flatMap((a) => KEY_TYPES.map((b) => [a, b] as const)).filter((_, index) => index % 3 === 0);
  test.each(mixes)("a root of type %s and an authority of type %s", (a, b) => {
    const digest = (type: string) => (type === "ed25519" ? "default" : "sha384");
    const made = chain({
      root: { key: pair(a, "root"), digest: digest(a) },
      issuing: { key: pair(b, "issuing"), digest: digest(a) },
    });
    expect(judged(made)).toBe("issuing.pem: OK\n");
    expect(problem(made)).toBeNull();
  });

  test.each([
    ["a root without a limit to what is below it", root("basicConstraints=critical,CA:TRUE", CA, SKI)],
    ["a root with two more levels below it", root("basicConstraints=critical,CA:TRUE,pathlen:2", CA, SKI)],
    ["a root that names its own key", root(ABOVE, CA, SKI, AKI)],
    ["a root of P-521", { root: { key: generateKeyPairSync("ec", { namedCurve: "P-521" }) } }],
    [
      "an authority that names the root's serial number too",
      issuing(BELOW, CA, SKI, "authorityKeyIdentifier=keyid:always,issuer:always"),
    ],
    [
      "an authority that signs more than certificates and lists",
      issuing(BELOW, "keyUsage=critical,digitalSignature,keyCertSign,cRLSign", SKI, AKI),
    ],
    ["an authority whose purposes are all of ours", issuing(BELOW, CA, SKI, AKI, PURPOSES)],
    ["an authority that ends with the root", { root: { until: NOW + 90 * DAY }, issuing: { until: NOW + 90 * DAY } }],
    [
      "a list with another authority on it",
      {
        list: {
          revoked: [
            ["51", "keyCompromise"],
            ["52", "CACompromise"],
          ],
        },
      },
    ],
  ] as [string, ChainAsked][])("%s", (_, asked) => {
    const made = chain(asked);
    expect(judged(made)).toBe("issuing.pem: OK\n");
    expect(problem(made)).toBeNull();
  });
});

describe("not sound, and why", () => {
  const ROOT = "the root's certificate: ";
  const ISSUING = "the issuing certificate: ";
  const LIST = "the root's revocation list: ";

  test.each([
    ["a root that has ended", { root: { from: NOW - 9 * DAY, until: NOW - DAY } }, `${ROOT}it has ended, on 20`],
    ["a root that has not begun", { root: { from: NOW + DAY } }, `${ROOT}it begins in the future, on 20`],
    ["a root with pathLen 0", root(BELOW, CA, SKI), `${ROOT}no authority may stand below it`],
    ["a root that signs no lists", root(ABOVE, "keyUsage=critical,keyCertSign", SKI), `${ROOT}its keyUsage lacks`],
    ["a root without a keyUsage", root(ABOVE, SKI), `${ROOT}its keyUsage lacks keyCertSign or cRLSign`],
    ["a root that is no CA", root("basicConstraints=critical,CA:FALSE", CA, SKI), `${ROOT}it is not a CA's`],
    [
      "a root whose basicConstraints are not critical",
      root("basicConstraints=CA:TRUE,pathlen:1", CA, SKI),
      "are not critical",
    ],
    [
      "a root without a key identifier",
      { ...root(ABOVE, CA, NO_SKI), ...issuing(BELOW, CA, SKI, NO_AKI), list: { extensions: [] } },
      `${ROOT}it has no subjectKeyIdentifier`,
    ],
    ["a root of 1024 bits", { root: { key: rsa(1024) } }, `${ROOT}the RSA key has 1024 bits`],
    [
      "a root signed with SHA-1",
      { root: { key: rsa(2048), digest: "sha1" } },
      `${ROOT}it is not signed by its own key`,
    ],
    [
      "a critical extension",
      root(ABOVE, CA, SKI, "nameConstraints=critical,permitted;DNS:example.com"),
      "that is not understood: 2.5.29.30",
    ],
    ["another root of the same name", { signer: "other" }, `${ISSUING}its authorityKeyIdentifier is of another root`],
    ["an authority of its own", { signer: "itself", ...issuing(BELOW, CA, SKI) }, `${ISSUING}it issued itself`],
    [
      "a signature of another root, under this one's key identifier",
      { signer: "other", ...issuing(BELOW, CA, SKI, ROOTS_AKI) },
      `${ISSUING}it is not signed by this root`,
    ],
    [
      "an authority without cRLSign",
      issuing(BELOW, "keyUsage=critical,keyCertSign", SKI, AKI),
      `${ISSUING}its keyUsage lacks`,
    ],
    [
      "an authority below which others may stand",
      issuing(ABOVE, CA, SKI, AKI),
      `${ISSUING}authorities may stand below it`,
    ],
    [
      "an authority without any limit",
      issuing("basicConstraints=critical,CA:TRUE", CA, SKI, AKI),
      `${ISSUING}authorities may stand below it`,
    ],
    [
      "an authority that names no issuer's key",
      issuing(BELOW, CA, SKI, NO_AKI),
      `${ISSUING}it has no authorityKeyIdentifier`,
    ],
    [
      "an authority without a key identifier",
      issuing(BELOW, CA, AKI, NO_SKI),
      `${ISSUING}it has no subjectKeyIdentifier`,
    ],
    [
      "an authority for web servers alone",
      issuing(BELOW, CA, SKI, AKI, "extendedKeyUsage=serverAuth"),
      `${ISSUING}its extKeyUsage lacks clientAuth, codeSigning, emailProtection`,
    ],
    [
      "an authority that would outlive the root",
      { root: { until: NOW + 9 * DAY } },
      `${ISSUING}it would outlive the root`,
    ],
    ["an authority that has ended", { issuing: { from: NOW - 9 * DAY, until: NOW - 1 } }, `${ISSUING}it has ended`],
    ["an authority of a weak key", { issuing: { key: rsa(3072, 3) } }, `${ISSUING}the RSA exponent is too small`],
    [
      "an authority with the root's key",
      { issuing: { key: pair("ec-p256", "root") } },
      `${ISSUING}its key is the root's own`,
    ],
    [
      "an authority with the root's serial number",
      { issuing: { serial: "40".repeat(16) } },
      `${ISSUING}it has the root's own serial`,
    ],
    [
      "an authority of the root's name",
      { issuing: { subject: "/CN=Example Root/O=Example Ltd" } },
      `${ISSUING}it issued itself`,
    ],
    ["an authority without a name", { issuing: { subject: "/" } }, `${ISSUING}its subject is empty`],
    ["another root's list", { list: { other: true } }, `${LIST}it is of another root, perhaps of the same name`],
    ["a list without a number", { list: { numbered: false } }, `${LIST}the CRL has no number`],
    ["a list of version 1", { list: { numbered: false, extensions: [] } }, `${LIST}the CRL is not of version 2`],
    ["a list without a key identifier", { list: { extensions: [] } }, `${LIST}it has no authorityKeyIdentifier`],
    ["a list that has ended", { list: { from: NOW - 9 * DAY, until: NOW - 1 } }, `${LIST}it has ended`],
    ["a list of tomorrow", { list: { from: NOW + DAY } }, `${LIST}it begins in the future`],
    [
      "an authority that is revoked",
      { list: { revoked: [["41".repeat(16), "keyCompromise"]] } },
      `${LIST}the issuing certificate is revoked, since 20`,
    ],
    ["an authority whose key was read", { list: { revoked: [["41".repeat(16), "CACompromise"]] } }, "(keyCompromise)"],
    ["an authority on hold", { list: { revoked: [["41".repeat(16), "certificateHold"]] } }, "(certificateHold)"],
    ["a root on its own list", { list: { revoked: [["40".repeat(16), ""]] } }, `${LIST}the root itself is revoked`],
  ] as [string, ChainAsked, string][])("%s", (_, asked, sentence) => {
    expect(problem(chain(asked))).toContain(sentence);
  });

  it("another root than the one that issued it, another's list, and each in the place of another", () => {
    const one = chain();
    const another = chain({ root: { subject: "/CN=Another Root", key: pair("ec-p384", "root") } });
    expect(verifyChain(one.issuing, another.root, another.list, NOW)).toBe(
      `${ISSUING}it names another issuer than this root`,
    );
    expect(verifyChain(one.issuing, one.root, another.list, NOW)).toContain(`${LIST}it is of another root`);
    expect(verifyChain(one.root, one.root, one.list, NOW)).toBe(
      `${ISSUING}it issued itself, so no root vouches for it`,
    );
    expect(verifyChain(one.issuing, one.issuing, one.list, NOW)).toBe(`${ROOT}another issued it, so it is no root`);
    expect(verifyChain(leaf("client"), one.root, one.list, NOW)).toContain(`${ISSUING}it is not a CA's`);
    expect(verifyChain(one.list, one.root, one.list, NOW)).toContain(`${ISSUING}the PEM block is not a "CERTIFICATE"`);
    expect(verifyChain(one.issuing + one.root, one.root, one.list, NOW)).toContain("more than one PEM block");
    expect(verifyChain(one.issuing, "", one.list, NOW)).toContain(`${ROOT}there is no PEM block`);
  });

  it("any of the three with a byte of its signature changed", () => {
    const made = chain();
    const spoil = (pem: string, label: string) => {
      const der = decodePem(pem, label);
      return encodePem(label, der.fill((der.at(-1) ?? 0) ^ 1, der.length - 1));
    };
    const certificate = (pem: string) => spoil(pem, "CERTIFICATE");
    expect(problem({ ...made, root: certificate(made.root) })).toBe(`${ROOT}it is not signed by its own key`);
    expect(problem({ ...made, issuing: certificate(made.issuing) })).toBe(`${ISSUING}it is not signed by this root`);
    expect(problem({ ...made, list: spoil(made.list, "X509 CRL") })).toContain(`${LIST}it is not signed by this root`);
  });

  it("what is sound today, once the list, the authority or the root has ended", () => {
    const made = chain();
    const later = (days: number) => problem(made, NOW + days * DAY);
    expect(later(364)).toBeNull();
    expect([later(366), later(3651), later(7301)]).toEqual([
      expect.stringContaining(`${LIST}it has ended`),
      expect.stringContaining(`${ISSUING}it has ended`),
      expect.stringContaining(`${ROOT}it has ended`),
    ]);
  });
});

it("a list that goes back in number or time, or has forgotten a revocation, takes no other's place", () => {
  const { issuer } = authority();
  const sign = (number: number, thisUpdate: number, ...serials: string[]) => {
    const entries = serials.map((serial) => ({ serial, at: NOW, reason: "superseded" as const }));
    return signCrl({ issuer, number, thisUpdate, nextUpdate: NOW + DAY, entries });
  };
  const here = sign(7, NOW, "51");
  expect(goesBack(here, here)).toBeNull();
  expect(goesBack(here, sign(8, NOW + 1, "51", "52"))).toBeNull();
  expect(goesBack(here, sign(6, NOW + 1, "51"))).toBe("it has number 6; the one before has 7");
  expect(goesBack(here, sign(8, NOW - 1, "51"))).toBe("it was signed before the one that is here");
  expect(goesBack(here, sign(8, NOW + 1, "52"))).toBe("it has forgotten that 51 is revoked");
});

it("an authority's certificate is of one of three tiers", () => {
  const tier = (pem: string) => readAuthority(decodePem(pem, "CERTIFICATE")).tier;
  const made = chain();
  expect([tier(made.root), tier(made.issuing), tier(authority().pem)]).toEqual(["root", "issuing", "self"]);
});
