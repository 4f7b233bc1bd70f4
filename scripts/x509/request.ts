import type { Request } from "../model/state.ts";
import { context, TAG } from "./der.ts";
import { checkDer } from "./der-check.ts";
import { X509Error } from "./error.ts";
import { publicKeyFacts } from "./keys.ts";
import { decodePem } from "./pem.ts";
import { requestIgnored } from "./request-ignored.ts";
import { requestKey } from "./request-key.ts";
import { readScheme, readSigned, type Signed, verifySigned } from "./signature.ts";

/** Hundreds of times what a request takes; what is larger is something else. */
const MOST_BYTES = 65_536;

/** RFC 7468, 7; the second is what Netscape wrote, and openssl still reads. */
const LABELS = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"] as const;

/**
 * pki/reqs/NAME.req: one PEM block of one PKCS#10 request (RFC 2986) in DER, signed by the key in it, which is of a
 * type and strength that we certify. Text before the block is passed over: certtool and `openssl req -text` write it.
 * Never throws: `problem` is a sentence. Whether the key may have a certificate is the planner's question.
 */
export function readRequest(bytes: Uint8Array): Request {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof X509Error) return { ok: false, problem: error.message };
    throw error;
  }
}

function parse(bytes: Uint8Array): Request {
  if (bytes.length > MOST_BYTES)
    throw new X509Error(`the file has ${bytes.length} bytes; a request has fewer than ${MOST_BYTES}`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const der = decodePem(text, blockLabel(text), { textBefore: true });
  checkDer(der);
  const signed = readSigned(der, "the request");
  const info = signed.body.again();
  const version = info.integer("the version");
  if (version.size !== 1 || version.at(0) !== 0) throw new X509Error("the request's version is not 1 (RFC 2986, 4.1)");
  const subject = info.next(TAG.sequence, "the subject");
  const spki = info.next(TAG.sequence, "the public key").raw;
  const attributes = info.optional(context(0, true), "the attributes");
  info.finish("the request's body");
  checkSignature(signed, spki);
  return { ok: true, ...publicKeyFacts(spki), spki: Buffer.from(spki), ignored: requestIgnored(subject, attributes) };
}

/** The label to read, after what people put there by mistake has been named. */
function blockLabel(text: string): string {
  const labels = [...text.matchAll(/-----BEGIN ([^\n-]*)-----/g)].map((match) => match[1] ?? "");
  if (labels.some((label) => label.endsWith("PRIVATE KEY"))) {
    throw new X509Error(
      "this holds a private key: take it out and out of git's history, then make a new key and a request from it",
    );
  }
  if (labels.length > 1) throw new X509Error("there are several PEM blocks; one request is wanted");
  const [label] = labels;
  if (label === undefined) throw new X509Error(noBlock(text));
  const known = LABELS.find((candidate) => candidate === label);
  if (known !== undefined) return known;
  if (label === "CERTIFICATE")
    throw new X509Error("this is a certificate, not a request: `openssl req -new` makes one");
  throw new X509Error("the PEM block is not a CERTIFICATE REQUEST");
}

function noBlock(text: string): string {
  const der = text.startsWith("\x30\x82") || text.startsWith("\x30\x81");
  return der
    ? "this is DER without PEM: `openssl req -inform DER -in FILE -out NAME.req` makes PEM of it"
    : 'there is no PEM block "CERTIFICATE REQUEST"';
}

/** Proof that whoever asks has the private key. */
function checkSignature(signed: Signed, spki: Buffer): void {
  const key = requestKey(spki);
  const scheme = readScheme(signed.algorithm);
  if (scheme === null)
    throw new X509Error(
      "the request is signed with an algorithm that is not accepted, such as SHA-1 or PSS; use SHA-256",
    );
  if (!verifySigned(signed, key)) throw new X509Error("the request's signature was not made by the key in it");
}
