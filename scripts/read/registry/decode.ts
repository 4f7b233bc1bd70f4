import { unicode } from "../../model/schema/words.ts";
import { readText } from "../../model/text.ts";
import { Places, type Report } from "./report.ts";

const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Controls and bidirectional overrides anywhere in the file, comments too, can make a reviewer see another text
 * than the one that is read (Trojan Source). A lone carriage return breaks a line for YAML but not for diffs.
 */
const DECEPTIVE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\r(?!\n)/g;
const MOST_NAMED = 20;

export interface Decoded {
  /** Null when it cannot be read; the report says why. */
  readonly text: string | null;
  readonly places: Places;
}

/** The bytes of clients.yaml as text. */
export function decode(bytes: Uint8Array, report: Report): Decoded {
  if (bytes.length > MOST_BYTES) {
    report.add(0, `the file has ${bytes.length} bytes, and 8 MiB (${MOST_BYTES}) is the limit`);
    return { text: null, places: new Places("") };
  }
  if (marks(bytes) > MOST_MARKS) {
    report.add(0, "the file holds more lines, brackets, commas and colons than any registry needs");
    return { text: null, places: new Places("") };
  }
  const text = readText(bytes)?.text ?? null;
  if (text === null) return { text, places: unreadable(bytes, report) };
  return { text: deceptive(text, report) ? null : text, places: new Places(text) };
}

/** Says where the file stops being text. */
function unreadable(bytes: Uint8Array, report: Report): Places {
  if (isUtf16(bytes)) {
    report.add(0, "the file is UTF-16 that is broken off, or has something else after it", "save the file as UTF-8");
    return new Places("");
  }
  const before = new TextDecoder().decode(bytes.subarray(0, brokenLine(bytes)));
  report.add(before.length, "this line is not UTF-8", "save the file as UTF-8");
  return new Places(before);
}

/** By its byte order mark. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** 100,000 clients of a line each have some 900,000. What they cost to parse goes by their number. */
const MOST_MARKS = 1_500_000;
const MARKS = new Uint8Array(256);
for (const mark of "\n,[{:&*?\"'") MARKS[mark.charCodeAt(0)] = 1;

function marks(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) count += MARKS[bytes[at] ?? 0] ?? 0;
  return count;
}

function deceptive(text: string, report: Report): boolean {
  let named = 0;
  for (const match of text.matchAll(DECEPTIVE)) {
    if (++named > MOST_NAMED) break;
    if (match[0] === "\r") {
      report.add(match.index, "this line ends in CR alone, as on old Macs", "save the file with line ends LF");
      return true;
    }
    const message = `the character ${unicode(match[0])} may not be in this file`;
    report.add(match.index, message, "it is not seen, or hides what is");
  }
  return named > 0;
}

/** Where the first line begins that is not UTF-8. Each is tried, since no decoder tells the place. */
function brokenLine(bytes: Uint8Array): number {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end + 1;
    if (readText(bytes.subarray(start, stop)) === null) break;
    start = stop;
  }
  return start;
}
