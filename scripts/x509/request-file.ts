import { readText, withLineFeeds } from "../model/text.ts";
import { type DerKind, derKind } from "./der-kind.ts";
import { X509Error } from "./error.ts";
import { pemBlocks } from "./pem-blocks.ts";
import { binaryProblem, textProblem } from "./what-it-is.ts";

/** Hundreds of times what a request takes; what is larger is something else. */
const MOST_BYTES = 65_536;

/**
 * The DER of the one request in a file of pki/reqs, in whatever shape a person's program has written it, as long as it
 * can be read in one way only: PEM in UTF-8 or UTF-16, with any line ends and blanks, with text around the block, the
 * base64 alone, or the DER itself. Whether the request is sound is not asked here: what comes back may be any DER that
 * is nothing else that is known. The guard and the reader share this, so that they take the same files.
 * @throws X509Error what it is instead; its hint, where there is one, is what to do about it.
 */
export function requestDer(bytes: Uint8Array): Buffer {
  if (bytes.length > MOST_BYTES)
    throw new X509Error(`the file has ${bytes.length} bytes; a request has fewer than ${MOST_BYTES}`);
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const problem = binaryProblem(whole);
  if (problem !== null) throw problem;
  if (derKind(whole) !== null) return insistOn(whole);
  // Text around the block may be in any code; the block itself is ASCII.
  const text = readText(whole)?.text ?? whole.toString("latin1");
  return fromText(withLineFeeds(text), whole);
}

function fromText(text: string, whole: Buffer): Buffer {
  // Said of whatever holds one, however damaged.
  if (/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/.test(text)) throw wrong("private key");
  if (/^<{7}(?: |$)/m.test(text) && /^>{7}(?: |$)/m.test(text)) {
    throw new X509Error(
      "git's conflict markers stand in it",
      "Keep one of the two requests, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>.",
    );
  }
  const blocks = pemBlocks(text);
  const [first, ...more] = blocks;
  if (first === undefined) return bare(text, whole);
  const ders = blocks.map(({ label, der }) => ({ der, kind: kindOf(label, derKind(der)) }));
  if (ders.some(({ kind }) => kind === "private key")) throw wrong("private key");
  const same = more.every(({ der }) => der.equals(first.der));
  if (!same) throw several(ders.map(({ kind }) => kind));
  return insistOn(first.der, first.label);
}

/** Where the bytes tell nothing, the label does. */
function kindOf(label: string, kind: DerKind | null): DerKind {
  if (kind !== null && kind !== "other") return kind;
  return LABELS.has(label) ? "request" : "other";
}

/** RFC 7468, 7; the second is what Netscape wrote, and keytool and certreq still do. */
const LABELS: ReadonlySet<string> = new Set(["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]);

function insistOn(der: Buffer, label: string | null = null): Buffer {
  const kind = label === null ? (derKind(der) ?? "other") : kindOf(label, derKind(der));
  const wanted = lengthOf(der);
  if (wanted > der.length) throw new X509Error(`the request is cut short: ${der.length} of ${wanted} bytes are there`);
  if (kind === "request" || (kind === "other" && label === null)) return der;
  throw kind === "other" ? new X509Error(`the PEM block is a ${label}; a CERTIFICATE REQUEST is wanted`) : wrong(kind);
}

/** How long the element is that begins here, by its own length in one byte or two; 0 for anything else. */
function lengthOf(der: Buffer): number {
  if (der[0] !== 0x30 || der.length < 4) return 0;
  if (der[1] === 0x81) return der.readUInt8(2) + 3;
  return der[1] === 0x82 ? der.readUInt16BE(2) + 4 : 0;
}

const WHAT: Readonly<Record<Exclude<DerKind, "request" | "other">, string>> = {
  certificate: "this is a certificate, not the request for one",
  "revocation list": "this is a revocation list, not a request",
  "private key": "this holds a private key",
  "public key": "this is a public key alone: a request is one that its private key has signed",
  "PKCS#7": "this is PKCS#7 (.p7b), which carries certificates; it is not a request",
  "PKCS#12": "this is PKCS#12 (.p12, .pfx), which carries a private key; it is not a request",
};

const SECRET: readonly DerKind[] = ["private key", "PKCS#12"];

function wrong(kind: keyof typeof WHAT): X509Error {
  const hint = "Take it out, and out of git's history; then make a new key, and a request from that.";
  return SECRET.includes(kind) ? new X509Error(WHAT[kind], hint) : new X509Error(WHAT[kind]);
}

function several(kinds: readonly DerKind[]): X509Error {
  const requests = kinds.filter((kind) => kind === "request").length;
  const others = kinds.filter((kind) => kind !== "request").map((kind) => (kind === "other" ? "something else" : kind));
  const what =
    requests > 1
      ? `there are several PEM blocks, ${requests} of them requests`
      : `there are several PEM blocks: ${[...(requests > 0 ? ["request"] : []), ...new Set(others)].join(", ")}`;
  return new X509Error(what, "Leave the one request in it, and put any other into a file of its own.");
}

/** Base64 without its BEGIN and END, as web forms give it: read where it is one whole element of DER. */
function bare(text: string, whole: Buffer): Buffer {
  const base64 = text.replace(/\s+/g, "");
  const der = Buffer.from(base64, "base64");
  if (der.length === 0 || der.toString("base64") !== base64 || derKind(der) === null) throw textProblem(text, whole);
  return insistOn(der);
}
