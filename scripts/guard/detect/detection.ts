import type { Work } from "./work.ts";

/** Something that a detector found in bytes. Never holds a byte of the key itself. */
export interface Detection {
  readonly code: "PrivateKey" | "EncryptedKey" | "TooLarge" | "TooDeep" | "Undecided" | "NotLookedInto";
  readonly level: "block" | "warn";
  /** What it is, as a phrase: `RSA private key (PKCS#8)`. */
  readonly kind: string;
  /** `sha256:` + lower-case hex of the DER SubjectPublicKeyInfo, where it can be derived. */
  readonly publicKey: string | null;
  /** Encodings and containers around it, from the outside: `["zip", "base64"]`. */
  readonly via: readonly string[];
  /** In the outermost file, from 1; null where lines mean nothing. */
  readonly line: number | null;
}

/** What a detector of one format says; where it was found is the scanner's knowledge. */
export type Found = Pick<Detection, "code" | "level" | "kind" | "publicKey">;

/** What a format finds in a text, and where. */
export interface FoundText {
  readonly found: Found;
  readonly at: number;
}

/**
 * Looks at one place where a needle stands, and at a bounded part of the text around it: so all of it stays linear,
 * whatever a text repeats. Charges for that part.
 */
export type Format = (text: string, at: number, work: Work) => Found | null;

export function clear(kind: string, publicKey: string | null = null): Found {
  return { code: "PrivateKey", level: "block", kind, publicKey };
}

/** A key behind a passphrase: only a strong key derivation is worth a mere warning. */
export function encrypted(kind: string, strong: boolean, publicKey: string | null = null): Found {
  if (strong) return { code: "EncryptedKey", level: "warn", kind: `${kind}, encrypted with a passphrase`, publicKey };
  return { code: "PrivateKey", level: "block", kind: `${kind}, its encryption weak or out of date`, publicKey };
}
