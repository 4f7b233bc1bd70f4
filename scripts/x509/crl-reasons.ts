import type { CrlEntry } from "../model/state.ts";

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
const BY_CODE = new Map<number, CrlEntry["reason"]>(CODES.map(([reason, code]) => [code, reason]));

/** The code of a reason; 0 for unspecified. */
export function crlReasonCode(reason: CrlEntry["reason"]): number {
  return BY_REASON.get(reason) ?? 0;
}

/** The reason with this code; undefined for what a certificate of ours is never revoked for. */
export function crlReason(code: number): CrlEntry["reason"] | undefined {
  return BY_CODE.get(code);
}
