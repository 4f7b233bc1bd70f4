import type { ContentDigest } from "./content.ts";
import { CA_CERTIFICATE } from "./layout.ts";
import type { KeyType, Kind, Reason, Registry } from "./registry.ts";
import type { Instant } from "./time.ts";

/** Reasons to issue (DESIGN: first hit wins). */
/** Why a certificate is issued that time alone does not ask for: the first that holds is told. */
export const ISSUE_REASONS = [
  "Missing",
  "Reissue",
  "KeyChanged",
  "SubjectChanged",
  "NamesChanged",
  "ProfileChanged",
  "LifetimeChanged",
  "IssuerChanged",
] as const;
export type IssueReason = (typeof ISSUE_REASONS)[number];

/** Why one is revoked: the first that holds is told. */
export const REVOKE_CAUSES = [
  "Removed",
  "Declared",
  "Reissued",
  "Expired",
  "KeyChanged",
  "IssuerChanged",
  "Superseded",
] as const;
export type RevokeCause = (typeof REVOKE_CAUSES)[number];

export type Profile = "authority" | Kind;
export type KeySource = "managed" | "request";

/** What the DER of a certificate says. Serial: upper-case hex, whole bytes. Hashes: `sha256:` + lower-case hex. */
export interface CertificateFacts {
  readonly serial: string;
  /** `CN=…, O=…[, C=…]`, in the order of the DER. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Of the DER SubjectPublicKeyInfo. */
  readonly fingerprint: string;
  /** `other` for a key we would not make, such as P-521. */
  readonly keyType: KeyType | "rsa-2048" | "other";
  /** By basicConstraints, keyUsage and EKU; null when it is none of ours. */
  readonly profile: Profile | null;
  /** subjectAltName: DNS names and IP addresses as text. */
  readonly names: readonly string[];
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
}

/** pki/certs_by_serial/SERIAL.pem: the lines before the PEM block, and the block's facts. */
export interface Certificate extends CertificateFacts {
  readonly identity: string;
  readonly kind: Kind;
  readonly issued: Instant;
  readonly reason: IssueReason | "RenewalDue" | "Adopted";
  readonly key: KeySource;
  /** `reissue.before` of the entry that stood in the registry when this was issued. */
  readonly reissue: Instant | null;
  /** The certificate's PEM block with its final newline. */
  readonly pem: string;
}

/**
 * Whether a certificate was taken over from another CA. What it says of its holder beyond name and key is that CA's
 * way, and no reason to issue another: its renewal makes an ordinary one.
 */
export function isAdopted({ reason }: Pick<Certificate, "reason">): boolean {
  return reason === "Adopted";
}

/**
 * Whether the key of this authority issued it. An adopted certificate may name no key of its issuer at all; whether it
 * was signed by that key was asked when it was adopted.
 */
export function isIssuedBy(
  certificate: Certificate,
  { subjectKeyId }: Pick<CertificateFacts, "subjectKeyId">,
): boolean {
  const { authorityKeyId } = certificate;
  return authorityKeyId === subjectKeyId || (authorityKeyId === null && isAdopted(certificate));
}

/** pki/revoked/SERIAL.yaml */
export interface Revocation {
  readonly serial: string;
  readonly at: Instant;
  readonly reason: Reason;
  readonly cause: RevokeCause;
}

/** pki/held/SERIAL.yaml */
export interface Hold {
  readonly serial: string;
  readonly at: Instant;
}

/**
 * pki/renewals/SERIAL.p7m: a managed client's next key and certificate, enveloped to the certificate of that serial,
 * which it has. Public: nobody but the holder of the predecessor's key opens it.
 */
export interface Renewal {
  readonly identity: string;
  /** Serial of the certificate whose key opens it. */
  readonly predecessor: string;
  /** Serial of the certificate inside, the identity's newest. */
  readonly certificate: string;
  /** The PEM block "CMS" with its final newline. */
  readonly pem: string;
}

export interface CrlEntry {
  readonly serial: string;
  readonly at: Instant;
  readonly reason: Reason | "certificateHold";
}

export interface Crl {
  readonly issuer: string;
  readonly authorityKeyId: string | null;
  readonly number: number;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  readonly entries: ReadonlyMap<string, CrlEntry>;
}

/** pki/reqs/NAME.req, read: what counts is the public key. */
export type Request =
  | {
      readonly ok: true;
      readonly fingerprint: string;
      readonly keyType: KeyType | "rsa-2048" | "other";
      /** DER SubjectPublicKeyInfo; null: it stands in the certificate that has this fingerprint. */
      readonly spki: Uint8Array | null;
      readonly ignored: readonly string[];
    }
  /** `problem`: a sentence without its full stop. `hint`: what to do, where that is anything else than a new request. */
  | { readonly ok: false; readonly problem: string; readonly hint: string | null };

/** pki/registry.yaml */
export interface CarriedOut {
  readonly registry: Registry;
  /** Of pki/registry.yaml: see FORMAT; 0: from before there were formats. */
  readonly format: number;
  /** Gatehouse's version that carried it out. */
  readonly version: string;
  /** Rises with each change, so that no two forms are alike and an earlier one is known when it comes back; 0: none yet. */
  readonly number: number;
}

/** A fact that cannot be read or believed; where, what is wrong, what to do. */
export interface Doubt {
  readonly path: string;
  readonly message: string;
}

/**
 * Everything under pki/, as read. `files`: derived files and keys by path from the top, and what each holds only as a
 * digest: they are compared, not understood, and no key stays in memory.
 */
export interface State {
  readonly authority: (CertificateFacts & { readonly pem: string }) | null;
  readonly certificates: ReadonlyMap<string, Certificate>;
  readonly revocations: ReadonlyMap<string, Revocation>;
  readonly holds: ReadonlyMap<string, Hold>;
  readonly crl: Crl | null;
  /**
   * While a merge is on its way: the highest CRL number of its parents. A CRL above it tells that reconcile ran in the
   * merge, and that what it changes came by that. Null: no merge.
   */
  readonly settles: number | null;
  readonly requests: ReadonlyMap<string, Request>;
  /** Files that look like requests and lie where none is read (model/misplaced.ts). */
  readonly strays: ReadonlySet<string>;
  /** The number of pki/registry.yaml in the newest commit: what is carried out next has a higher one; 0: not asked. */
  readonly committed: number;
  readonly carriedOut: CarriedOut | null;
  /** Serials that have pki/private/by_serial/SERIAL.key. */
  readonly keys: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, ContentDigest>;
  /** By the predecessor's serial; one that cannot be read is not among them, and is made anew. */
  readonly renewals: ReadonlyMap<string, Renewal>;
  /**
   * Where a file of one client, server or signer belongs and something else stands: what, as the rest of a sentence.
   * It holds up that file alone. Requests say so of themselves.
   */
  readonly blocked: ReadonlyMap<string, string>;
  readonly doubts: readonly Doubt[];
}

/** What is wrong with the authority's certificate, and what to do; null where nothing is, or there never was one. */
export function authorityDoubt({ doubts }: Pick<State, "doubts">): string | null {
  return doubts.find(({ path }) => path === CA_CERTIFICATE)?.message ?? null;
}
