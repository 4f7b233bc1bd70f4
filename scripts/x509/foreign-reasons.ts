import type { CrlEntry } from "../model/state.ts";

/** Why another CA revoked a certificate, in our words; `changed` where we have no word for it. */
export interface ForeignReason {
  readonly reason: CrlEntry["reason"];
  readonly changed: string | null;
}

const same = (reason: CrlEntry["reason"]): ForeignReason => ({ reason, changed: null });
const other = (reason: CrlEntry["reason"], changed: string): ForeignReason => ({ reason, changed });

/** CRLReason by code (RFC 5280, 5.3.1). */
const BY_CODE: readonly (ForeignReason | null)[] = [
  same("unspecified"),
  same("keyCompromise"),
  other("keyCompromise", "cACompromise"),
  same("affiliationChanged"),
  same("superseded"),
  same("cessationOfOperation"),
  same("certificateHold"),
  null,
  other("unspecified", "removeFromCRL"),
  same("privilegeWithdrawn"),
  other("keyCompromise", "aACompromise"),
];

/** What stands in index.txt after the time (OpenSSL, apps/ca.c, crl_reasons), in lower case. */
const BY_WORD: ReadonlyMap<string, ForeignReason> = new Map([
  ["", same("unspecified")],
  ["unspecified", same("unspecified")],
  ["keycompromise", same("keyCompromise")],
  ["cacompromise", other("keyCompromise", "CACompromise")],
  ["aacompromise", other("keyCompromise", "AACompromise")],
  ["affiliationchanged", same("affiliationChanged")],
  ["superseded", same("superseded")],
  ["cessationofoperation", same("cessationOfOperation")],
  ["certificatehold", same("certificateHold")],
  ["privilegewithdrawn", same("privilegeWithdrawn")],
  ["removefromcrl", other("unspecified", "removeFromCRL")],
  ["holdinstruction", other("certificateHold", "holdInstruction")],
  ["keytime", other("keyCompromise", "keyTime")],
  ["cakeytime", other("keyCompromise", "CAkeyTime")],
]);

/** By its code in a CRL; null: none given. Unknown ones count as unspecified. */
export function reasonOfCode(code: number | null): ForeignReason {
  return BY_CODE[code ?? 0] ?? other("unspecified", `reason ${code}`);
}

/** By its word in index.txt; null for what is none. */
export function reasonOfWord(word: string): ForeignReason | null {
  return BY_WORD.get(word.toLowerCase()) ?? null;
}
