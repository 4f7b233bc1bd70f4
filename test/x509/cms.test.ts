import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyType } from "../../scripts/model/registry.ts";
import { envelop, envelopeCurve } from "../../scripts/x509/cms.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { leaf, pair, spkiOf } from "./helpers/made.ts";
import { directory, must, run } from "./helpers/programs.ts";

const OPENABLE = ["ec-p256", "ec-p384", "rsa-3072", "rsa-4096"] as const satisfies readonly KeyType[];

function certificateOf(type: KeyType): string {
  return leaf("client", { spki: spkiOf(pair(type).publicKey) });
}

function keyOf(type: KeyType, use = "leaf"): string {
  return pair(type, use).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function secretsFor(certificate: string) {
  const curve = envelopeCurve(certificate);
  const ephemeral =
    curve === "P-256" || curve === "P-384" ? generateKeyPairSync("ec", { namedCurve: curve }).privateKey : null;
  return { contentKey: randomBytes(32), iv: randomBytes(16), ephemeral };
}

const DECRYPT = ["cms", "-decrypt", "-inform", "PEM", "-in", "in.pem", "-inkey", "key.pem", "-out", "out", "-binary"];

describe.each(OPENABLE)("an envelope to a certificate of type %s", (type) => {
  const certificate = certificateOf(type);

  it("is opened by openssl with the certificate's key, whatever is in it", () => {
    const cwd = directory({ "key.pem": keyOf(type), "cert.pem": certificate });
    for (const content of [Buffer.alloc(0), Buffer.from("a key\n"), randomBytes(5000)]) {
      const enveloped = envelop(content, certificate, secretsFor(certificate));
      const here = directory({ "in.pem": enveloped, "key.pem": keyOf(type), "cert.pem": certificate });
      must("openssl", [...DECRYPT, "-recip", "cert.pem"], here);
      expect(readFileSync(join(here, "out")).equals(content)).toBe(true);
    }
    expect(cwd).not.toBe("");
  });

  it("is not opened with another key", () => {
    const content = randomBytes(100);
    const enveloped = envelop(content, certificate, secretsFor(certificate));
    const here = directory({ "in.pem": enveloped, "key.pem": keyOf(type, "other"), "cert.pem": certificate });
    const { code } = run("openssl", DECRYPT, here);
    // openssl hides a wrong RSA key behind random plaintext.
    if (code === 0) expect(readFileSync(join(here, "out")).equals(content)).toBe(false);
  });
});

describe("an envelope", () => {
  it("cannot be made to a key that only signs", () => {
    const certificate = certificateOf("ed25519");
    expect(envelopeCurve(certificate)).toBe("none");
    expect(() => envelop(Buffer.from("x"), certificate, secretsFor(certificate))).toThrow(X509Error);
  });

  it("shows nothing of its content", () => {
    const certificate = certificateOf("ec-p256");
    const content = Buffer.from("-----BEGIN PRIVATE KEY-----");
    const der = Buffer.from(
      envelop(content, certificate, secretsFor(certificate))
        .split("\n")
        .filter((line) => !line.startsWith("-"))
        .join(""),
      "base64",
    );
    expect(der.includes(content)).toBe(false);
  });

  it("is one DER structure at every length", () => {
    const certificate = certificateOf("ec-p384");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        const here = directory({ "in.pem": envelop(content, certificate, secretsFor(certificate)) });
        expect(must("openssl", ["asn1parse", "-in", "in.pem", "-noout"], here)).toBe("");
      }),
      { numRuns: 10 },
    );
  });
});
