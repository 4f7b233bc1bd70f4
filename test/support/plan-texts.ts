import { type ContentDigest, contentDigest } from "../../scripts/model/content.ts";

const texts = new Map<ContentDigest, string>();

/** A file of this text as a state has it; textOf is the way back. */
export function stored(text: string): ContentDigest {
  const digest = contentDigest(text);
  texts.set(digest, text);
  return digest;
}

export function textOf(digest: ContentDigest): string {
  const text = texts.get(digest);
  if (text === undefined) throw new Error(`nothing was stored as ${digest}`);
  return text;
}
