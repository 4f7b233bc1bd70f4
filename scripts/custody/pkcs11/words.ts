import { UserError } from "../../model/problem.ts";
import type { TokenError } from "./remote.ts";

interface Words {
  readonly text: string;
  readonly wrongPin: boolean;
}

/** PKCS#11 return values that people meet. */
const WORDS: ReadonlyMap<number, string> = new Map([
  [0x30, "it failed (CKR_DEVICE_ERROR)"],
  [0x32, "it was taken out (CKR_DEVICE_REMOVED)"],
  [0x50, "the signature was not approved (CKR_FUNCTION_CANCELED)"],
  [0x63, "its key is of another type than the authority's (CKR_KEY_TYPE_INCONSISTENT)"],
  [0x68, "its key may not sign (CKR_KEY_FUNCTION_NOT_PERMITTED)"],
  [0x70, "it cannot sign in this way (CKR_MECHANISM_INVALID)"],
  [0xa4, "it has locked itself after wrong PINs (CKR_PIN_LOCKED)"],
  [0xb1, "it has no session to spare (CKR_SESSION_COUNT)"],
  [0xb3, "its session is over (CKR_SESSION_HANDLE_INVALID)"],
  [0xe0, "it is not there (CKR_TOKEN_NOT_PRESENT)"],
  [0x101, "nobody is logged in to it (CKR_USER_NOT_LOGGED_IN)"],
]);

/** CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE. */
const WRONG_PIN = new Set([0xa0, 0xa1, 0xa2]);

export function inWords(code: number): Words {
  return { text: WORDS.get(code) ?? `it said CKR 0x${code.toString(16)}`, wrongPin: WRONG_PIN.has(code) };
}

export function tokenError(where: string, { code }: TokenError): UserError {
  return new UserError(
    `${where} did not sign: ${inWords(code).text}`,
    "what was written before is whole: mend it, then run the same command again (docs/custody.md)",
  );
}
