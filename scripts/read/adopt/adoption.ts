import type { Kind, Reason } from "../../model/registry.ts";
import type { Certificate, CrlEntry, Hold, Revocation } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import type { Left } from "./leaves.ts";

/** A client, or a server, as clients.yaml is to have it. */
export interface AdoptedEntry {
  readonly name: string;
  readonly kind: Exclude<Kind, "signer">;
  /** What it was called, where that is no name here; else null. */
  readonly was: string | null;
  readonly contact: string | null;
  /** Where it is not the authority's. */
  readonly organization: string | null;
  /** PEM of the request for the key that it has: renewals are for that one. */
  readonly request: string | null;
  readonly suspended: boolean;
  /** Of a server. */
  readonly names: readonly string[];
  /** The end of its newest certificate. */
  readonly notAfter: Instant;
  /** Whether its newest certificate's key came along. */
  readonly keyHere: boolean;
}

/** What a directory becomes: facts for pki/, entries for clients.yaml, and what is told to a person. */
export interface Adoption {
  /** PEM of the authority's certificate. */
  readonly authority: string;
  readonly certificates: readonly Certificate[];
  readonly revocations: readonly Revocation[];
  readonly holds: readonly Hold[];
  /** On the CRL, though their certificates are not here. */
  readonly strangers: readonly (CrlEntry & { readonly reason: Reason })[];
  /** Serial → PKCS#8 PEM. Secret. */
  readonly keys: ReadonlyMap<string, string>;
  readonly entries: readonly AdoptedEntry[];
  readonly left: readonly Left[];
  /** Sentences: what is otherwise than it was, and what nobody can know. */
  readonly notes: readonly string[];
}
