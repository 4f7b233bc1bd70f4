import type { Kind, Reason, Registry } from "./registry.ts";
import type { EditValue } from "./schema/kept.ts";
import type { IssueReason, KeySource, RevokeCause } from "./state.ts";
import type { Instant } from "./time.ts";

export type { EditValue };

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
  readonly section: Exclude<keyof Registry, "clients">;
  /** Of the entry; the section's own name where it has no entries. */
  readonly name: string;
  readonly fields: readonly string[];
  readonly message: string;
}

export const CRL_REASONS = ["Missing", "EntriesChanged", "RenewalDue", "LifetimeChanged", "Merged"] as const;

export interface CrlChange {
  readonly kind: "crl";
  readonly due: Due;
  readonly issuer: string;
  readonly number: number;
  /** LifetimeChanged: it would go on for longer than `crl.lifetime` allows one that is signed now. */
  readonly reason: (typeof CRL_REASONS)[number];
  readonly message: string;
}

export const FILE_REASONS = ["Missing", "Drifted", "Stray", "Upgraded"] as const;

export interface FileChange {
  readonly kind: "file";
  readonly due: Due;
  readonly path: string;
  readonly reason: (typeof FILE_REASONS)[number];
  /** It is not what was carried out last, either: somebody edited it, or a run was cut short. */
  readonly byHand: boolean;
  readonly message: string;
}

export type Change = Issue | Renew | Revoke | HoldChange | Definition | CrlChange | FileChange;
/** The changes that the digest covers: decisions about certificates. */
export type Decision = Issue | Renew | Revoke | HoldChange;

/** Where a difference in access comes from: the client's own entry, groups whose definition changed, or both. */
export interface Because {
  readonly entry: boolean;
  /** Sorted. */
  readonly groups: readonly string[];
}

/** What becomes of the name that a client had before. */
export interface OldName {
  /** When the last certificate of that name ends; null where none is valid any more. */
  readonly until: Instant | null;
  /** The new certificate is for the key that the client has. */
  readonly sameKey: boolean;
}

export interface AccessChange {
  readonly client: string;
  readonly previously: string | null;
  /** Null unless it is renamed. */
  readonly oldName: OldName | null;
  readonly gains: readonly string[];
  readonly loses: readonly string[];
  readonly because: Because;
  /** When its access ends (`expires`); null: no end. Of a client that goes: as it was. */
  readonly until: Instant | null;
  readonly contact: string | null;
  /** `forever`: its certificates are revoked; `held`: until the hold is lifted; null: it goes on with what is left. */
  readonly lossIs: "forever" | "held" | null;
  /** Why its older certificates are revoked and a new key or bundle is needed; null where it is not reissued. */
  readonly reissued: Reason | null;
}

/** A field that differs from the base. An entry that comes or goes has each of its fields from, or to, null. */
export interface Edit {
  /** `clients`, `groups`, `authority`, … */
  readonly section: string;
  /** Of the entry; the section's own name where it has no entries. */
  readonly name: string;
  /** As in clients.yaml: `renew_before`. */
  readonly field: string;
  readonly from: EditValue;
  readonly to: EditValue;
}

/** A client whose certificates are revoked because a stranger may have its key. */
export interface Compromised {
  readonly client: string;
  readonly contact: string | null;
  /** Certificates from before this are revoked; null: all of them. */
  readonly before: Instant | null;
  /** It has no other valid certificate until somebody brings it its new one. */
  readonly lockedOut: boolean;
}

/** What the base's registry alone would do, were nothing changed. */
export interface ByTime {
  readonly until: Instant;
  readonly changes: readonly Decision[];
}

export const REFUSAL_CODES = [
  "NoAuthority",
  "InvalidRegistry",
  "MergeConflict",
  "ForeignCode",
  "TooManyLosses",
  "LastSensitiveClient",
  "AuthorityChanged",
  "BadRequest",
  "KeyLost",
  "PathBlocked",
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
  "AlreadyEnded",
  "MaterialChanged",
  "ReachesNothing",
  "LongCertificates",
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
  /** Every field that differs from the base, whoever it is about. */
  readonly edits: readonly Edit[];
  readonly compromised: readonly Compromised[];
  readonly byTime: ByTime;
  /** The commit that is compared with (a full id); null: the registry as last carried out. */
  readonly base: string | null;
  readonly warnings: readonly Warning[];
  readonly refusals: readonly Refusal[];
}
