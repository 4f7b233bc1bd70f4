import type { Request } from "../model/state.ts";
import { context, type Der, TAG } from "./der.ts";
import { checkDer } from "./der-check.ts";
import { printable, X509Error } from "./error.ts";
import { readExtensions } from "./extensions.ts";
import { publicKeyFacts } from "./keys.ts";
import { readName } from "./name.ts";
import { OID, oidName } from "./oids.ts";
import { requestDer } from "./request-file.ts";
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

/** A reviewer reads these words in a terminal and a comment: few, short, printable ASCII. */
const MOST_WORDS = 20;
const MOST_CHARACTERS = 100;

/**
 * What a request asks for beside its key, none of which it gets: `subject CN=…`, `extension …`, `attribute …`.
 * @throws X509Error where it is malformed.
 */
function requestIgnored(subject: Der, attributes: Der | null): string[] {
  const name = readName(subject);
  const words = name === "" ? [] : [`subject ${name}`];
  while (attributes !== null && !attributes.atEnd) words.push(...attributeWords(attributes));
  const most = words.slice(0, MOST_WORDS).map((word) => printable(word, MOST_CHARACTERS));
  return words.length > MOST_WORDS ? [...most, `${words.length - MOST_WORDS} more`] : most;
}

/** Attribute ::= SEQUENCE { type, SET OF value } (RFC 2986, 4.1); extensionRequest holds Extensions (RFC 2985, 5.4.2). */
function attributeWords(attributes: Der): string[] {
  const attribute = attributes.next(TAG.sequence, "an attribute");
  const type = attribute.oid("an attribute's type");
  const values = attribute.next(TAG.set, "an attribute's values");
  attribute.finish("an attribute");
  if (type !== OID.extensionRequest) return [`attribute ${oidName(type)}`];
  const words: string[] = [];
  while (!values.atEnd) {
    const extensions = readExtensions(values.next(TAG.sequence, "the extensions asked for"));
    words.push(...[...extensions.keys()].map((oid) => `extension ${oidName(oid)}`));
  }
  return words;
}
