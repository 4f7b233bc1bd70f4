import type { Request } from "../model/state.ts";
import { context, TAG } from "./der.ts";
import { checkDer } from "./der-check.ts";
import { X509Error } from "./error.ts";
import { publicKeyFacts } from "./keys.ts";
import { requestDer } from "./request-file.ts";
import { requestIgnored } from "./request-ignored.ts";
import { requestKey } from "./request-key.ts";
import { readScheme, readSigned, type Signed, verifySigned } from "./signature.ts";

/**
 * pki/reqs/NAME.req: one PKCS#10 request (RFC 2986) in any of the shapes that requestDer takes, signed by the key in it,
 * which is of a type and strength that we certify. Never throws: whether the key may have a certificate is the
 * planner's question.
 */
export function readRequest(bytes: Uint8Array): Request {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof X509Error) return { ok: false, problem: error.message, hint: error.hints[0] ?? null };
    throw error;
  }
}

function parse(bytes: Uint8Array): Request {
  const der = requestDer(bytes);
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
