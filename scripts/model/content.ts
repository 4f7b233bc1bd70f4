import { hash } from "node:crypto";

/** Of what a file holds, byte for byte: SHA-256, lower-case hex. Equal digests stand for equal contents. */
export type ContentDigest = `sha256:${string}`;

/** Text counts as UTF-8. Of a private key nothing can be learned from this: it has some 256 bits that nobody can guess. */
export function contentDigest(content: string | Uint8Array): ContentDigest {
  return `sha256:${hash("sha256", content, "hex")}`;
}

export function isContentDigest(value: unknown): value is ContentDigest {
  return typeof value === "string" && value.length === 71 && value.startsWith("sha256:");
}

/** SHA-256 as we write it: of contents, of plans, of public keys. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The full name of an object of git's, in repositories of SHA-1 and of SHA-256. */
export const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
