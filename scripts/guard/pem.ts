/** A private key in PEM form: its label and the line, from 1, where it begins. */
export interface PemKey {
  readonly label: string;
  readonly line: number;
}

const BEGIN = /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY)-----/g;
/** The shortest PKCS#8 key, Ed25519, is 64 base64 characters; wrapped lines are rarely shorter than 64. */
const SHORTEST = 48;
const SHORTEST_RUN = 32;
/** More than any key that is in use; a limit, so that many BEGIN lines in one file stay cheap. */
const LONGEST = 64 * 1024;

/**
 * The first PEM private key in the bytes of a file, or null. A label alone is no key: code, tests and
 * documentation name labels. What counts is base64 after it, whatever the line endings, the indentation, quotes
 * or `\n` escapes around it, and whether or not an END line follows.
 */
export function findPemKey(bytes: Buffer): PemKey | null {
  if (!bytes.includes("PRIVATE KEY-----")) return null;
  const text = bytes.toString("latin1");
  for (const match of text.matchAll(BEGIN)) {
    const start = match.index + match[0].length;
    if (!holdsKey(text.slice(start, start + LONGEST))) continue;
    return { label: match[1] ?? "PRIVATE KEY", line: lineOf(text, match.index) };
  }
  return null;
}

function holdsKey(after: string): boolean {
  let total = 0;
  let longest = 0;
  for (const word of words(after)) {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(word)) break;
    total += word.length;
    longest = Math.max(longest, word.length);
    if (total >= SHORTEST && longest >= SHORTEST_RUN) return true;
  }
  return false;
}

/** The text up to the END line, in words, without what strings in code and quoting put around a line. */
function* words(after: string): Generator<string> {
  const end = after.indexOf("-----");
  const body = after.slice(0, end === -1 ? after.length : end).replace(/\\[nrt]/g, "\n");
  for (const line of body.split(/[\r\n]+/)) {
    // RFC 1421 headers of keys encrypted the old way (Proc-Type, DEK-Info).
    if (/^\W*[A-Za-z-]+: /.test(line)) continue;
    for (const word of line.split(/\s+/)) {
      const bare = word.replace(/^[^A-Za-z0-9+/]+|[^A-Za-z0-9+/=]+$/g, "");
      if (bare !== "" && bare !== "+") yield bare;
    }
  }
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split(/\r\n|\r|\n/).length;
}
