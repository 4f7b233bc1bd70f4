import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../model/problem.ts";
import type { KeyVersion, VaultKey } from "./key-file.ts";

/** What every sealed blob begins with. */
export const SEALED_HEADER = Buffer.from("\0GITCRYPT\0", "latin1");
const NONCE = 12;
const OVERHEAD = SEALED_HEADER.length + NONCE;

/** Whether bytes begin as git-crypt's ciphertext does; only open() proves that they are. */
export function isSealed(bytes: Uint8Array): boolean {
  return SEALED_HEADER.equals(bytes.subarray(0, SEALED_HEADER.length));
}

/**
 * git-crypt's ciphertext: header, nonce, AES-256-CTR. The nonce is the first 12 bytes of the plaintext's
 * HMAC-SHA1, so the same file is always the same blob and git sees no change. 22 bytes longer than the plaintext.
 */
export function seal(key: VaultKey, plaintext: Uint8Array): Buffer {
  const [newest] = key.versions;
  const nonce = nonceOf(newest, plaintext);
  const cipher = createCipheriv("aes-256-ctr", newest.aes, counter(nonce));
  return Buffer.concat([SEALED_HEADER, nonce, cipher.update(plaintext), cipher.final()]);
}

/**
 * The plaintext of a sealed blob. Throws UserError when it is none, is cut short, was sealed with another key or
 * was changed since: the HMAC cannot tell the last two apart.
 */
export function open(key: VaultKey, blob: Uint8Array): Buffer {
  if (!isSealed(blob)) throw new UserError("this is not git-crypt's ciphertext");
  if (blob.length < OVERHEAD) throw new UserError("this ciphertext is cut short", RESTORE);
  const nonce = blob.subarray(SEALED_HEADER.length, OVERHEAD);
  for (const version of key.versions) {
    const cipher = createDecipheriv("aes-256-ctr", version.aes, counter(nonce));
    const plaintext = Buffer.concat([cipher.update(blob.subarray(OVERHEAD)), cipher.final()]);
    if (timingSafeEqual(nonceOf(version, plaintext), nonce)) return plaintext;
  }
  throw new UserError(
    "the git-crypt key does not open this: it was sealed with another key, or was changed since",
    "check that the key is this repository's own",
    RESTORE,
  );
}

/** Whether a key has sealed these very bytes. */
export function opens(key: VaultKey, blob: Uint8Array): boolean {
  try {
    open(key, blob);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

const RESTORE = "bring the file back from a commit: git checkout COMMIT -- FILE";

function nonceOf(version: KeyVersion, plaintext: Uint8Array): Buffer {
  return createHmac("sha1", version.hmac).update(plaintext).digest().subarray(0, NONCE);
}

/** git-crypt counts blocks in the last four bytes from zero; node's 128-bit counter is the same below 64 GiB. */
function counter(nonce: Uint8Array): Buffer {
  return Buffer.concat([nonce, Buffer.alloc(4)]);
}
