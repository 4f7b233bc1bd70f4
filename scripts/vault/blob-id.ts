import { createHash } from "node:crypto";

/** The name that git has for these bytes as a blob. `like` is any object's name in the repository: SHA-1 or SHA-256. */
export function blobId(bytes: Uint8Array, like: string): string {
  const hash = createHash(like.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
