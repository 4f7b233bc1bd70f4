import type { Report } from "./report.ts";
import { unicode } from "./words.ts";

export const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Controls and bidirectional overrides anywhere in the file, comments too, can make a reviewer see another text
 * than the one that is read (Trojan Source). A lone carriage return breaks a line for YAML but not for diffs.
 */
const DECEPTIVE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)/g;
const MOST_NAMED = 20;

/** The file's text, or null when it cannot be read; either way the report has what is wrong with it. */
export function decode(bytes: Uint8Array, report: Report): string | null {
  if (bytes.length > MOST_BYTES) {
    report.add(0, `the file has ${bytes.length} bytes, and 8 MiB (${MOST_BYTES}) is the limit`);
    return null;
  }
  const text = utf8(bytes);
  if (text === null) {
    report.add(0, `the file is not UTF-8: see line ${brokenLine(bytes)}`, "save it as UTF-8");
    return null;
  }
  let named = 0;
  for (const match of text.matchAll(DECEPTIVE)) {
    if (++named > MOST_NAMED) break;
    report.add(match.index, `the character ${unicode(match[0])} may not be in this file`, "it is not seen, or hides what is");
  }
  return named > 0 ? null : text;
}

/** A byte order mark at the start is taken off (Unicode 23.8: it is no part of the text). */
function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Of the first byte sequence that is not UTF-8. Each line is tried, since no decoder tells the place. */
function brokenLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end + 1;
    try {
      decoder.decode(bytes.subarray(start, stop));
    } catch {
      return line;
    }
    start = stop;
  }
  return line;
}
