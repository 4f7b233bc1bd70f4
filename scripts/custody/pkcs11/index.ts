import { hash, type KeyObject } from "node:crypto";
import { UserError } from "../../model/problem.ts";
import { TAG } from "../../x509/der.ts";
import { element, fromBytes, oid, sequence, toBytes } from "../../x509/der-write.ts";
import { OID } from "../../x509/oids.ts";
import { type SignatureScheme, schemeForKey } from "../../x509/signature.ts";
import { elsewhereSigner } from "../../x509/signer.ts";
import type { OpenSigner } from "../open-signer.ts";
import { firstLine, type Secrets } from "../secrets.ts";
import { bytesOrNull, CALLS, count, mechanism, ulong } from "./message.ts";
import { positive, publicKeyOf } from "./public-key.ts";
import { openRemote, type Remote, TokenError } from "./remote.ts";
import {
  ATTRIBUTE,
  attributeOf,
  CLASS,
  findObjects,
  findToken,
  login,
  openSession,
  type Token,
  USER,
} from "./token.ts";
import { parseTokenUri, type TokenUri } from "./uri.ts";
import { inWords, tokenError } from "./words.ts";

/**
 * The key that a pkcs11: URI names, in one session of its token. `known`: the authority's public key; null: the
 * token's own word for it. @throws UserError
 */
export async function openToken(text: string, known: KeyObject | null, secrets: Secrets): Promise<OpenSigner> {
  const uri = parseTokenUri(text);
  let pin: string | null = null;
  const remote = await openRemote(uri.module, () => pin);
  try {
    const token = await findToken(remote, uri);
    const session = await openSession(remote, token);
    pin = await enter(remote, session, { token, uri, secrets });
    const key = await findKey(remote, session, uri, token);
    const publicKey = known ?? (await publicKeyOf(remote, session, key));
    const scheme = schemeForKey(publicKey);
    if (scheme.keyType === "ed25519")
      throw new UserError(
        "p11-kit, by which tokens are asked here, knows no Ed25519",
        "make an ec-p256 or ec-p384 key",
      );
    const each = (await attributeOf(remote, session, key, ATTRIBUTE.alwaysAuthenticate))?.[0] === 1;
    const where = `the token ${token.label}`;
    const ask = signing({ remote, session, key, scheme, each: each ? { pin } : null }, where);
    const signer = elsewhereSigner(publicKey, ask, where);
    return { signer, close: remote.close };
  } catch (error) {
    await remote.close();
    throw error instanceof TokenError ? tokenError("the token", error) : error;
  }
}

interface Door {
  readonly token: Token;
  readonly uri: TokenUri;
  readonly secrets: Secrets;
}

/** Logs in where the token wants that; returns the PIN, null where none was given. */
async function enter(remote: Remote, session: Buffer, { token, uri, secrets }: Door): Promise<string | null> {
  if (!token.wantsLogin) return null;
  const name = `the token ${token.label}`;
  if (token.locked)
    throw new UserError(
      `${name} has locked itself after wrong PINs; nothing was tried`,
      "its maker says how to unblock it",
    );
  if (token.lastTry)
    throw new UserError(
      `one more wrong PIN locks ${name}, so none was tried`,
      `log in once by hand: pkcs11-tool --module ${uri.module} --token-label '${token.label}' --login --list-objects`,
    );
  const trying = async (pin: string | null) => {
    try {
      await login(remote, session, USER.normal, pin);
      return true;
    } catch (error) {
      if (error instanceof TokenError && inWords(error.code).wrongPin) return false;
      throw error;
    }
  };
  if (uri.pinFile !== null) {
    const pin = firstLine(uri.pinFile, "pin-source");
    if (await trying(pin)) return pin;
    throw new UserError(
      `the PIN in ${uri.pinFile} does not open ${name}`,
      "it has been tried once; a few more lock the token",
    );
  }
  if (token.ownKeys && secrets.given() === null) {
    if (await trying(null)) return null;
    throw new UserError(`${name} did not take what was typed on its keys`);
  }
  // A token counts: one try.
  return secrets.opening(name, async (pin) => ((await trying(pin)) ? pin : null), 1);
}

async function findKey(remote: Remote, session: Buffer, uri: TokenUri, token: Token): Promise<bigint> {
  const wanted = [
    [ATTRIBUTE.class, CLASS.privateKey] as const,
    ...(uri.label === null ? [] : [[ATTRIBUTE.label, uri.label] as const]),
    ...(uri.id === null ? [] : [[ATTRIBUTE.id, uri.id] as const]),
  ];
  const [first, second] = await findObjects(remote, session, wanted);
  const see = `see which there are: pkcs11-tool --module ${uri.module} --token-label '${token.label}' --login --list-objects`;
  if (first === undefined)
    throw new UserError(`the token ${token.label} has no private key that GATEHOUSE_CA_KEY_URI names`, see);
  if (second !== undefined)
    throw new UserError(
      `GATEHOUSE_CA_KEY_URI fits more than one private key of the token ${token.label}`,
      "say its id= too",
      see,
    );
  return first;
}

interface Signing {
  readonly remote: Remote;
  readonly session: Buffer;
  readonly key: bigint;
  readonly scheme: SignatureScheme;
  /** The token wants its PIN for each signature (CKA_ALWAYS_AUTHENTICATE). */
  readonly each: { readonly pin: string | null } | null;
}

/** CKM_RSA_PKCS and CKM_ECDSA, which every token has: the hash is made here. */
const MECHANISM = { rsa: 0x1, ec: 0x1041 } as const;
const ROOM = 2048;

/** @param told see message.ts */
async function signOnce(
  { remote, session, key, scheme, each }: Signing,
  input: Buffer,
  told: boolean,
): Promise<Buffer> {
  const type = scheme.keyType === "rsa" ? MECHANISM.rsa : MECHANISM.ec;
  // All of it is on its way before anything else of this session is.
  const begun = remote.call(CALLS.signInit, session, mechanism(type, told), ulong(key));
  const allowed = each === null ? null : login(remote, session, USER.forThisOne, each.pin);
  const made = remote.call(CALLS.sign, session, bytesOrNull(input), count(ROOM));
  const [first, second] = await Promise.allSettled([begun, allowed, made]);
  for (const step of [first, second]) if (step.status === "rejected") throw step.reason;
  return (await made).bytes();
}

function signing(how: Signing, where: string): (body: Buffer) => Promise<Buffer> {
  let told: Promise<boolean> | null = null;
  return async (body) => {
    const rsa = how.scheme.keyType === "rsa";
    const input = rsa ? digestInfo(how.scheme, body) : digest(how.scheme, body);
    try {
      told ??= isTold(how, input);
      const raw = await signOnce(how, input, await told);
      return rsa ? raw : inDer(raw);
    } catch (error) {
      throw error instanceof TokenError ? tokenError(where, error) : error;
    }
  };
}

/** Which of two p11-kits it is: the first signature tells, and is thrown away. */
async function isTold(how: Signing, input: Buffer): Promise<boolean> {
  try {
    await signOnce(how, input, true);
    return true;
  } catch (error) {
    if (error instanceof TokenError) return false;
    throw error;
  }
}

function digest({ hash: name }: SignatureScheme, body: Buffer): Buffer {
  return hash(name ?? "sha256", body, "buffer");
}

/** RFC 8017, 9.2: what PKCS#1 v1.5 signs. */
function digestInfo(scheme: SignatureScheme, body: Buffer): Buffer {
  const algorithm = sequence(oid(scheme.hash === "sha384" ? OID.sha384 : OID.sha256), element(TAG.null, ""));
  return fromBytes(sequence(algorithm, element(TAG.octetString, toBytes(digest(scheme, body)))));
}

/** PKCS#11 gives r and s one after the other; X.509 wants SEQUENCE { INTEGER, INTEGER } (RFC 5480, appendix A). */
function inDer(raw: Buffer): Buffer {
  const half = raw.length / 2;
  return fromBytes(sequence(positive(raw.subarray(0, half)), positive(raw.subarray(half))));
}
