import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { elsewhereSigner, keySigner } from "../../scripts/x509/signer.ts";
import { CHECKOUT } from "../e2e/support/repository.ts";
import { pair } from "./helpers/made.ts";

const BODY = Buffer.from("what is to be signed");

/** A PKCS#8 file with the private half of one key and the public one of another (RFC 5915, 3). */
function twoHalves(): KeyObject {
  const [one, other] = [0, 1].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
  const der = one?.privateKey.export({ type: "pkcs8", format: "der" }) ?? Buffer.alloc(0);
  const foreign = other?.publicKey.export({ type: "spki", format: "der" }).subarray(-65) ?? Buffer.alloc(0);
  const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.concat([der.subarray(0, -65), foreign]).toString("base64")}\n-----END PRIVATE KEY-----\n`;
  const { createPrivateKey } = process.getBuiltinModule("node:crypto");
  return createPrivateKey(pem);
}

describe("a key in this process", () => {
  test.each(KEY_TYPES)("of type %s signs what its public half verifies", async (type) => {
    const { privateKey, publicKey } = pair(type, "ca");
    const { sign: ask, scheme } = keySigner(privateKey);
    const signature = await ask(BODY);
    expect(await elsewhereSigner(publicKey, async () => signature, "here").sign(BODY)).toBe(signature);
    expect(scheme.name).toMatch(/^(?:ecdsa-with-SHA|sha\d+WithRSAEncryption$|ED25519$)/);
  });

  it("is refused where its public half is another's", () => {
    expect(() => keySigner(twoHalves())).toThrow(X509Error);
  });
});

describe("a key elsewhere", () => {
  const hostile: readonly (readonly [string, (key: KeyObject) => Buffer])[] = [
    ["nothing", () => Buffer.alloc(0)],
    ["garbage", () => Buffer.from("not a signature\n")],
    ["the text itself", () => BODY],
    ["a signature of something else", (key) => signature(key, Buffer.from("another text"))],
    ["a signature with one bit turned", (key) => turned(signature(key, BODY))],
    ["a signature with a byte after it", (key) => Buffer.concat([signature(key, BODY), Buffer.from([0])])],
    ["another key's signature", (key) => signature(other(key), BODY)],
    ["a megabyte of zeros", () => Buffer.alloc(1 << 20)],
  ];
  const cases = (["ec-p256", "ec-p384", "rsa-3072", "ed25519"] as const).flatMap((type) =>
    hostile.map(([what, make]) => ({ type, what, make })),
  );

  test.each(cases)("of type $type that returns $what has signed nothing", async ({ type, make }) => {
    const { privateKey, publicKey } = pair(type, "ca");
    const signer = elsewhereSigner(publicKey, async () => make(privateKey), "the token");
    await expect(signer.sign(BODY)).rejects.toThrow(
      /^the token: what came back is no signature by the authority's key/,
    );
  });

  function signature(key: KeyObject, text: Buffer): Buffer {
    return sign(
      key.asymmetricKeyType === "ed25519"
        ? null
        : key.asymmetricKeyDetails?.namedCurve === "secp384r1"
          ? "sha384"
          : "sha256",
      text,
      key,
    );
  }

  function turned(bytes: Buffer): Buffer {
    return Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]);
  }

  function other({ asymmetricKeyType: type }: KeyObject): KeyObject {
    return pair(type === "rsa" ? "rsa-3072" : type === "ed25519" ? "ed25519" : "ec-p256", "another").privateKey;
  }
});

/** Whatever signs with a private key, by a name of node:crypto. */
const SIGNS =
  /\bimport\s*(?:type\s*)?(?:\{[^}]*\b(?:sign|createSign|privateEncrypt|Sign)\b[^}]*\}|\*[^;]*)\s*from\s*"(?:node:)?crypto"/;

it("is the only place that signs: nothing else of ours imports what could", () => {
  const files = globSync("scripts/**/*.ts", { cwd: CHECKOUT });
  const signing = files.filter((file) => SIGNS.test(readFileSync(join(CHECKOUT, file), "utf8")));
  expect(signing).toEqual(["scripts/x509/signer.ts"]);
});
