import * as der from "./der.ts";
import type { Work } from "./work.ts";

const PBES2 = "2a864886f70d01050d";
/** PBES1 (RFC 8018, A.3) and PKCS#12's own (RFC 7292, C). */
const OLD = /^2a864886f70d0105(?:01|03|04|06|0a|0b)$|^2a864886f70d010c01/;
const PBKDF2 = "2a864886f70d01050c";
const SCRYPT = "2b06010401da47040b";
/** DES, 3DES, RC2, RC5: 64-bit blocks or worse. */
const OLD_CIPHERS = /^2b0e0302|^2a864886f70d0303|^2a864886f70d0302|^2a864886f70d0307|^2a864886f70d0309/;

/** RFC 8018, 4.2: the least it ever recommended; OpenSSL and Node write 2048. */
const LEAST_ITERATIONS = 1000;

/** How a password protects what follows this AlgorithmIdentifier; null for what is no password-based encryption. */
export function encryptionStrength(bytes: Buffer, algorithm: der.Element): "strong" | "weak" | null {
  const [oid, parameters] = der.children(bytes, algorithm) ?? [];
  const name = identifier(bytes, oid);
  if (name === null) return null;
  if (OLD.test(name)) return "weak";
  if (name !== PBES2 || parameters?.tag !== der.SEQUENCE) return null;
  const [derivation, cipher] = der.children(bytes, parameters) ?? [];
  if (derivation === undefined || cipher === undefined) return null;
  const cipherName = identifier(bytes, der.children(bytes, cipher)?.[0]);
  if (cipherName === null || OLD_CIPHERS.test(cipherName)) return "weak";
  return slow(bytes, derivation) ? "strong" : "weak";
}

function slow(bytes: Buffer, derivation: der.Element): boolean {
  if (identifier(bytes, der.children(bytes, derivation)?.[0]) === SCRYPT) return true;
  return (pbkdf2Iterations(bytes, derivation) ?? 0) >= LEAST_ITERATIONS;
}

function pbkdf2Iterations(bytes: Buffer, derivation: der.Element): number | null {
  const [oid, parameters] = der.children(bytes, derivation) ?? [];
  if (identifier(bytes, oid) !== PBKDF2 || parameters === undefined) return null;
  const iterations = der.children(bytes, parameters)?.[1];
  return iterations === undefined ? null : der.integer(bytes, iterations);
}

/** How often the derivation of this AlgorithmIdentifier hashes; null where that cannot be told, or memory counts more. */
export function iterationsOf(bytes: Buffer, algorithm: der.Element): number | null {
  const [oid, parameters] = der.children(bytes, algorithm) ?? [];
  const [first, second] = parameters === undefined ? [] : (der.children(bytes, parameters) ?? []);
  if (identifier(bytes, oid) === PBES2) return first === undefined ? null : pbkdf2Iterations(bytes, first);
  // PBES1 and PKCS#12's own: salt and iterations.
  return second === undefined ? null : der.integer(bytes, second);
}

function identifier(bytes: Buffer, oid: der.Element | undefined): string | null {
  return oid?.tag === der.OID && oid.end <= bytes.length ? der.contents(bytes, oid).toString("hex") : null;
}

/** None, and those that programs and manuals give: Java's, and what half of the world's examples have. */
const KNOWN: readonly (readonly [passphrase: string, name: string])[] = [
  ["", "an empty passphrase"],
  ["changeit", "a passphrase that everybody knows"],
  ["password", "a passphrase that everybody knows"],
];

/** Derivations that are slower are not tried: a file may ask for hours. */
const MOST_ITERATIONS = 100_000;
/** An iteration takes about a microsecond; a long key takes two for each. */
const ITERATION = 600;

/**
 * The passphrase that opens a key, in words, if it is one that is none. `iterations`: what the key's derivation asks
 * for; null where that cannot be told, and then nothing is tried.
 */
export function knownPassphrase(
  iterations: number | null,
  work: Work,
  opens: (passphrase: string) => boolean,
): string | null {
  if (iterations === null || iterations > MOST_ITERATIONS) return null;
  for (const [passphrase, name] of KNOWN) {
    work.charge(ITERATION * iterations);
    if (opens(passphrase)) return name;
  }
  return null;
}
