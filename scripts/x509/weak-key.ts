import { hash } from "node:crypto";
import { type Der, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { type PublicKeyInfo, readRsaKey } from "./keys.ts";
import { OID } from "./oids.ts";
import { ed25519Problem, hasSmallScalar } from "./weak-curve.ts";
import { hasCloseFactors, isRoca, looksPrime, smallFactor } from "./weak-rsa.ts";

const ANEW = "Make a new key with a program that is kept up to date, and a request from that.";

/**
 * Refuses a public key whose private key anybody can find, of the right size and form as it is. Processor time for a
 * key: RSA 2 ms and one exponentiation (together 9 ms for 3072 bits, 20 for 4096, 150 for 8192), the others
 * microseconds, and 12 ms for the first of each curve. @throws X509Error
 */
export function refuseWeakKey({ algorithm, key, parameters }: PublicKeyInfo): void {
  const problem = problemOf(algorithm, key, parameters);
  if (problem !== null) throw new X509Error(problem, ANEW);
}

function problemOf(algorithm: string, key: Der, parameters: Der | null): string | null {
  if (algorithm === OID.rsaEncryption) return rsaProblem(key);
  if (algorithm === OID.ed25519) return ED25519[ed25519Problem(key.content) ?? "none"];
  if (parameters?.type !== TAG.oid || !hasSmallScalar(parameters.checkedOid("the curve"), key.content)) return null;
  return "the private key is a tiny number, which anybody finds";
}

const ED25519 = {
  order: "the public key is a point of small order, under which every message has a signature",
  form: "the public key is not in the form that such keys are always written in",
  none: null,
} as const;

/** By SHA-256 of the modulus: a plan reads its base and its head, which have most requests in common. */
const known = new Map<string, string | null>();

function rsaProblem(key: Der): string | null {
  const { modulus } = readRsaKey(key);
  const name = hash("sha256", modulus.content, "base64");
  const before = known.get(name);
  if (before !== undefined) return before;
  const problem = judgeModulus(BigInt(`0x${modulus.hex()}`));
  if (known.size < 10_000) known.set(name, problem);
  return problem;
}

/** What costs least first. */
function judgeModulus(modulus: bigint): string | null {
  const factor = smallFactor(modulus);
  if (factor !== null) return `the RSA modulus is divisible by ${factor}: no real key`;
  if (isRoca(modulus))
    return "the RSA key was made by a faulty chip, and its private key can be found (CVE-2017-15361, ROCA)";
  if (hasCloseFactors(modulus))
    return "the two primes of the RSA modulus are so close together that anybody finds them";
  return looksPrime(modulus) ? "the RSA modulus is a prime itself: no real key" : null;
}
