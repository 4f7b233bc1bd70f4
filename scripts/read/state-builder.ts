import type { ContentDigest } from "../model/content.ts";
import type { CarriedOut, Certificate, Crl, Hold, Renewal, Request, Revocation, State } from "../model/state.ts";

/** A State in the making. Doubts are kept by path, so that a file which is read again replaces its own. */
export interface StateBuilder {
  authority: State["authority"];
  crl: Crl | null;
  settles: number | null;
  committed: number;
  carriedOut: CarriedOut | null;
  readonly certificates: Map<string, Certificate>;
  readonly revocations: Map<string, Revocation>;
  readonly holds: Map<string, Hold>;
  readonly requests: Map<string, Request>;
  readonly strays: Set<string>;
  readonly keys: Set<string>;
  readonly files: Map<string, ContentDigest>;
  readonly renewals: Map<string, Renewal>;
  readonly blocked: Map<string, string>;
  readonly doubts: Map<string, string>;
}

/** Keys may be ciphertext and requests anything: they are bytes. All else under pki/ is text. */
export type Content = Buffer | string;

export function text(content: Content): string {
  return typeof content === "string" ? content : content.toString("utf8");
}

export function newBuilder(): StateBuilder {
  return {
    authority: null,
    crl: null,
    settles: null,
    committed: 0,
    carriedOut: null,
    certificates: new Map(),
    revocations: new Map(),
    holds: new Map(),
    requests: new Map(),
    strays: new Set(),
    keys: new Set(),
    files: new Map(),
    renewals: new Map(),
    blocked: new Map(),
    doubts: new Map(),
  };
}

export function builderOf(state: State): StateBuilder {
  return {
    authority: state.authority,
    crl: state.crl,
    settles: state.settles,
    committed: state.committed,
    carriedOut: state.carriedOut,
    certificates: new Map(state.certificates),
    revocations: new Map(state.revocations),
    holds: new Map(state.holds),
    requests: new Map(state.requests),
    strays: new Set(state.strays),
    keys: new Set(state.keys),
    files: new Map(state.files),
    renewals: new Map(state.renewals),
    blocked: new Map(state.blocked),
    doubts: new Map(state.doubts.map(({ path, message }) => [path, message])),
  };
}
