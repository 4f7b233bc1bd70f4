import { expect, it } from "vitest";
import { type SignerBundle, signerFiles } from "../../scripts/clients/signer-bundle.ts";

const block = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const INPUT: SignerBundle = {
  name: "build01",
  repository: null,
  certificate: { serial: "40", subject: "CN=build01", notBefore: 0, notAfter: 90 * 86_400 },
  renewBefore: 30 * 86_400,
  key: null,
  fullchain: block("LEAF"),
  anchor: block("ROOT"),
};

const files = (fields: Partial<SignerBundle>) =>
  new Map(signerFiles({ ...INPUT, ...fields }).map(({ path, data }) => [path, Buffer.from(data).toString()]));

it("without an authority between signer and anchor there is no chain", () => {
  const found = files({});
  expect(found.get("build01/certificate.pem")).toBe(block("LEAF"));
  expect(found.has("build01/chain.pem")).toBe(false);
  expect(found.get("build01/pkg_install.conf")).not.toContain("CERTIFICATE_CHAIN");
});

it("what stands between them is the chain, to be embedded when signing; the anchor is not part of it", () => {
  const found = files({ fullchain: block("LEAF") + block("ISSUING") + block("ROOT") });
  expect(found.get("build01/certificate.pem")).toBe(block("LEAF"));
  expect(found.get("build01/chain.pem")).toBe(block("ISSUING"));
  expect(found.get("build01/anchor.pem")).toBe(block("ROOT"));
  expect(found.get("build01/pkg_install.conf")).toMatch(/^CERTIFICATE_CHAIN=\S+\/chain\.pem$/m);
  expect(found.get("build01/README")).toContain("install -m 644 chain.pem certificate.pem anchor.pem");
});

it("a key is for its owner only", () => {
  const key = signerFiles({ ...INPUT, key: Buffer.from("KEY") }).find(({ path }) => path === "build01/key.pem");
  expect(key?.mode).toBe(0o600);
});
