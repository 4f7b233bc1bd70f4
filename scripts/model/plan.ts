import type { Kind, Reason } from "./registry.ts";
import type { IssueReason, KeySource, RevokeCause } from "./state.ts";
import type { Instant } from "./time.ts";

/** What makes a change due: the registry was changed, or time went by. */
export type Due = "registry" | "time";

export interface Issue {
  readonly kind: "issue";
  readonly due: Due;
  readonly identity: string;
  readonly profile: Kind;
  readonly reason: IssueReason;
  readonly key: KeySource;
  /** `sha256:…` of the SubjectPublicKeyInfo; null for a managed key that is not made yet. */
  readonly fingerprint: string | null;
  readonly message: string;
}

export interface Renew {
  readonly kind: "renew";
  readonly due: Due;
  readonly identity: string;
  readonly profile: Kind;
  readonly reason: "RenewalDue";
  readonly key: KeySource;
  readonly fingerprint: string | null;
  /** The predecessor's. */
  readonly serial: string;
  readonly message: string;
}

export interface Revoke {
  readonly kind: "revoke";
  readonly due: Due;
  readonly identity: string;
  readonly serial: string;
  readonly reason: Reason;
  readonly cause: RevokeCause;
  readonly message: string;
}

interface HoldFields<K extends "hold" | "release"> {
  readonly kind: K;
  readonly due: Due;
  readonly identity: string;
  readonly serial: string;
  readonly message: string;
}

export type HoldChange = HoldFields<"hold"> | HoldFields<"release">;

export interface Definition {
  readonly kind: "definition";
  readonly due: Due;
  readonly section: "authority" | "crl" | "limits" | "repositories" | "services" | "groups" | "servers" | "signers";
  /** Of the entry; the section's own name where it has no entries. */
  readonly name: string;
  readonly fields: readonly string[];
  readonly message: string;
}

export interface CrlChange {
  readonly kind: "crl";
  readonly due: Due;
  readonly issuer: string;
  readonly number: number;
  readonly reason: "Missing" | "EntriesChanged" | "RenewalDue";
  readonly message: string;
}

export interface FileChange {
  readonly kind: "file";
  readonly due: Due;
  readonly path: string;
  readonly reason: "Missing" | "Drifted" | "Stray" | "Upgraded";
  readonly message: string;
}

export type Change = Issue | Renew | Revoke | HoldChange | Definition | CrlChange | FileChange;
/** The changes that the digest covers: decisions about certificates. */
export type Decision = Issue | Renew | Revoke | HoldChange;

export interface AccessChange {
  readonly client: string;
  readonly previously: string | null;
  readonly gains: readonly string[];
  readonly loses: readonly string[];
}

export const REFUSAL_CODES = [
  "NoAuthority",
  "InvalidRegistry",
  "TooManyLosses",
  "LastSensitiveClient",
  "AuthorityChanged",
  "BadRequest",
  "StateEdited",
  "StateDoubtful",
  "ClockBehind",
  "ClockAhead",
  "Unsigned",
] as const;
type RefusalCode = (typeof REFUSAL_CODES)[number];

export const WARNING_CODES = [
  "SensitiveGroup",
  "NameReused",
  "RequestReplaced",
  "RequestExtensionsIgnored",
  "PolicyChanged",
  "CodeChanged",
  "NoContact",
  "AuthorityEnding",
  "CrlEnding",
  "Upgraded",
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

export interface Summary {
  readonly issue: number;
  readonly renew: number;
  readonly revoke: number;
  readonly hold: number;
  readonly release: number;
  readonly definition: number;
  readonly crl: number;
  readonly file: number;
  /** Clients that lose a repository or service, or are reissued. */
  readonly lose: number;
}

/** The ordered changes that turn the state into what the registry asks for, as of one instant. */
export interface Plan {
  readonly asOf: Instant;
  readonly digest: string;
  readonly summary: Summary;
  readonly changes: readonly Change[];
  readonly access: readonly AccessChange[];
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Refusal[];
}
