import type { CrlEntry } from "../model/state.ts";

/** Object identifiers, dotted, each with the text that defines it. */
export const OID = {
  // Attributes of a distinguished name: RFC 5280, appendix A.1
  commonName: "2.5.4.3",
  countryName: "2.5.4.6",
  organizationName: "2.5.4.10",
  emailAddress: "1.2.840.113549.1.9.1",
  // Public keys: RFC 8017, appendix C; RFC 5480, 2.1.1; RFC 8410, 3
  rsaEncryption: "1.2.840.113549.1.1.1",
  rsassaPss: "1.2.840.113549.1.1.10",
  dsa: "1.2.840.10040.4.1",
  ecPublicKey: "1.2.840.10045.2.1",
  x25519: "1.3.101.110",
  x448: "1.3.101.111",
  ed25519: "1.3.101.112",
  ed448: "1.3.101.113",
  // Curves: RFC 5480, 2.1.1.1
  p256: "1.2.840.10045.3.1.7",
  p384: "1.3.132.0.34",
  p521: "1.3.132.0.35",
  // Signatures: RFC 4055, 5; RFC 5758, 3.2
  sha256WithRsa: "1.2.840.113549.1.1.11",
  sha384WithRsa: "1.2.840.113549.1.1.12",
  sha512WithRsa: "1.2.840.113549.1.1.13",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  ecdsaWithSha384: "1.2.840.10045.4.3.3",
  ecdsaWithSha512: "1.2.840.10045.4.3.4",
  // Extensions: RFC 5280, 4.2.1 and 5.2, 5.3
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  invalidityDate: "2.5.29.24",
  issuingDistributionPoint: "2.5.29.28",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  // Purposes: RFC 5280, 4.2.1.12
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  // Cryptographic messages: RFC 5652, 4, 6 and 8; RFC 3565, 4; RFC 4055, 2 and 4; RFC 5753, 7.1.4
  data: "1.2.840.113549.1.7.1",
  envelopedData: "1.2.840.113549.1.7.3",
  encryptedData: "1.2.840.113549.1.7.6",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
  aes256Wrap: "2.16.840.1.101.3.4.1.45",
  rsaesOaep: "1.2.840.113549.1.1.7",
  mgf1: "1.2.840.113549.1.1.8",
  ecdhSha256: "1.3.132.1.11.1",
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  // PKCS#12 and its passphrases: RFC 7292, 4.2 and appendix C; RFC 2985, 5.5; RFC 8018, appendix B
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  pbeSha1TripleDes: "1.2.840.113549.1.12.1.3",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacSha256: "1.2.840.113549.2.9",
  // Attributes of a request: RFC 2985, 5.4
  challengePassword: "1.2.840.113549.1.9.7",
  unstructuredName: "1.2.840.113549.1.9.2",
  extensionRequest: "1.2.840.113549.1.9.14",
} as const;

const NAMES = new Map<string, string>(Object.entries(OID).map(([name, oid]) => [oid, name]));

/** The name by which people know an object identifier, or the identifier itself. */
export function oidName(oid: string): string {
  return NAMES.get(oid) ?? oid;
}

/** CRLReason (RFC 5280, 5.3.1), as far as we have words for it; `unspecified` is written by leaving it out. */
const CODES = [
  ["unspecified", 0],
  ["keyCompromise", 1],
  ["affiliationChanged", 3],
  ["superseded", 4],
  ["cessationOfOperation", 5],
  ["certificateHold", 6],
  ["privilegeWithdrawn", 9],
] as const satisfies readonly (readonly [CrlEntry["reason"], number])[];

const BY_REASON = new Map<CrlEntry["reason"], number>(CODES);
/** cACompromise is what keyCompromise is called of an authority's key: on a root's list, never written here. */
const BY_CODE = new Map<number, CrlEntry["reason"]>([
  [2, "keyCompromise"],
  ...CODES.map(([reason, code]) => [code, reason] as const),
]);

/** The code of a reason; 0 for unspecified. */
export function crlReasonCode(reason: CrlEntry["reason"]): number {
  return BY_REASON.get(reason) ?? 0;
}

/** The reason with this code; undefined for what a certificate of ours is never revoked for. */
export function crlReason(code: number): CrlEntry["reason"] | undefined {
  return BY_CODE.get(code);
}
