/**
 * The peers: the least that anybody must do, with nothing around it. Run as a program of its own, so that what Node's
 * start costs is on both sides.
 *   node bare.ts issue N     N P-256 keys, and N signatures of a P-384 key, on all cores
 *   node bare.ts read DIR    every file below DIR/pki, and every certificate parsed by OpenSSL
 *   node bare.ts verify DIR  every certificate's signature, on all cores
 */
import {
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CA_CERTIFICATE, DIR } from "../../scripts/model/layout.ts";
import { decodePem } from "../../scripts/x509/pem.ts";
import { readSigned } from "../../scripts/x509/signature.ts";

const LANES = 16;
/** As long as the part of a certificate that is signed. */
const BODY = Buffer.alloc(400, 7);

const generate = promisify(generateKeyPair);
const signAsync = promisify((body: Buffer, key: KeyObject, done: (error: Error | null, signature: Buffer) => void) =>
  sign("sha384", body, key, done),
);

async function inLanes(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let at = 0;
  const lane = async () => {
    for (let index = at++; index < count; index = at++) await work(index);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** The keys are written as PKCS#8 PEM and SPKI, as anybody who means to keep them must. */
async function issue(count: number): Promise<void> {
  const { privateKey: authority } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  await inLanes(count, async () => {
    await generate("ec", {
      namedCurve: "P-256",
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "der" },
    });
    await signAsync(BODY, authority);
  });
}

function readAll(root: string): number {
  const certificates = join(root, DIR.certificates);
  for (const entry of readdirSync(join(root, "pki"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    if (entry.parentPath === certificates) new X509Certificate(bytes);
  }
  return 0;
}

async function verifyAll(root: string): Promise<void> {
  const key = createPublicKey(
    new X509Certificate(readFileSync(join(root, CA_CERTIFICATE))).publicKey.export({ type: "spki", format: "pem" }),
  );
  const files = readdirSync(join(root, DIR.certificates));
  await inLanes(files.length, (index) => {
    const pem = readFileSync(join(root, DIR.certificates, files[index] ?? ""), "utf8");
    const { body, signature } = readSigned(decodePem(pem, "CERTIFICATE", { textBefore: true }), "the certificate");
    return new Promise<void>((done, fail) => {
      verify("sha384", body.raw, key, signature.content, (error, valid) => {
        if (valid) done();
        else fail(error ?? new Error(`${files[index]} is not signed by this authority`));
      });
    });
  });
}

const [what, argument = ""] = process.argv.slice(2);
if (what === "issue") await issue(Number(argument));
else if (what === "read") readAll(argument);
else if (what === "verify") await verifyAll(argument);
else throw new Error(`no such peer: ${what}`);
