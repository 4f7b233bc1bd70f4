export interface Difference {
  /** What we say: our message, or null when we read it. */
  readonly ours: RegExp | null;
  /** What openssl says, or null when it reads it. */
  readonly openssl: RegExp | null;
  readonly because: string;
}

/**
 * Every way in which openssl and we are known to disagree about a certificate, a request or a CRL, and why that is
 * right. A disagreement that no line covers fails the test.
 */
export const DIFFERENCES: readonly Difference[] = [
  {
    ours: /^there are bytes after /,
    openssl: null,
    because: "openssl passes over what follows the DER, so two files could be one certificate and yet differ",
  },
  {
    ours: /is not a time that RFC 5280 allows, or lies before 1970/,
    openssl: null,
    because:
      "RFC 5280, 4.1.2.5 wants UTCTime until 2049, seconds, and Z; openssl reads any text there and fails when it compares",
  },
  {
    ours: /names two signature algorithms/,
    openssl: null,
    because: "RFC 5280, 4.1.1.2 and 5.1.1.2: the algorithm outside is not signed; openssl looks when it verifies",
  },
  {
    ours: /'s version is unknown/,
    openssl: null,
    because: "RFC 5280 knows version 1 to 3; openssl shows what it does not know as a number",
  },
  {
    ours: /^(?:an extension|the extensions?|extKeyUsage|keyUsage|basicConstraints|subjectAltName|subjectKeyIdentifier|authorityKeyIdentifier|a purpose|a name in subjectAltName|a revocation's|the CRL's number)\b/,
    openssl: null,
    because:
      "openssl reads an extension when it is asked for it, and then marks the whole certificate as invalid; we read all that decides at once",
  },
  {
    ours: /^(?:a DNS name|an IP address) in subjectAltName /,
    openssl: null,
    because: "RFC 5280, 4.2.1.6: IA5String, 4 or 16 bytes; openssl shows <invalid>",
  },
  {
    ours: /^(?:a part of the name|an attribute)/,
    openssl: null,
    because: "openssl takes an empty set and a second value in an attribute; RFC 5280, 4.1.2.4 has neither",
  },
  {
    ours: /^(?:the signature|the public key's bits) is not a BIT STRING of whole bytes/,
    openssl: null,
    because: "signatures and keys are whole bytes; openssl masks the unused bits away",
  },
  {
    ours: /indefinite length: BER, not DER|length that is not minimal: BER, not DER|not a minimal INTEGER/,
    openssl: null,
    because: "X.690, 10.1: DER has one encoding for a value; openssl reads BER as well",
  },
  {
    ours: /^the CRL has no (?:number|authority key identifier)/,
    openssl: null,
    because: "RFC 5280, 5.2.1 and 5.2.3: both must be there, and strict readers refuse a CRL without them",
  },
  {
    ours: /^the CRL has serial [0-9A-F]+ twice/,
    openssl: null,
    because: "an entry for one serial number stands once; openssl takes the first it finds",
  },
  {
    ours: /has a reason that is not for such a list/,
    openssl: null,
    because: "RFC 5280, 5.3.1: removeFromCRL stands in delta CRLs only, and 7 is unused; openssl shows the number",
  },
  {
    ours: /^the CRL is not of version 2/,
    openssl: null,
    because: "RFC 5280, 5.1.2.1: a CRL with extensions is of version 2; openssl reads them whatever the version",
  },
  {
    ours: /^the (?:issuer|subject) is missing or of the wrong type/,
    openssl: null,
    because: "X.690, 8.9.1: a SEQUENCE is constructed; openssl takes a name's identifier 10 for 30",
  },
  {
    ours: /^the RSA key has a negative number/,
    openssl: null,
    because: "RFC 8017, A.1.1: modulus and exponent are positive; openssl drops the sign",
  },
  {
    ours: null,
    openssl: /decode error|unsupported|EC lib|public key/i,
    because:
      "a certificate's key is kept as bytes: whether it is a point on its curve is asked where it is certified (readRequest), and no CA of ours signed another",
  },
  {
    ours: null,
    openssl: /no start line|ossl_store_handle_load_result:unsupported|Could not read/,
    because:
      "a name that is not UTF-8, which openssl refuses, is shown in hex (RFC 4514, 2.4); it equals no subject of ours",
  },
];

export function explained(ours: string | null, openssl: string | null): boolean {
  const says = (pattern: RegExp | null, text: string | null) =>
    pattern === null || text === null ? pattern === text : pattern.test(text);
  return DIFFERENCES.some((line) => says(line.ours, ours) && says(line.openssl, openssl));
}
