import { IDENTITY_KINDS, KEY_TYPES, REASONS } from "../model/registry.ts";
import { list, object, orNull, type Shape, text, texts, type Value, whole, word } from "../model/schema/kept.ts";
import {
  type Certificate,
  type Hold,
  ISSUE_REASONS,
  REVOKE_CAUSES,
  type Request,
  type Revocation,
} from "../model/state.ts";

// Facts as JSON for the cache: as lists, because there are tens of thousands. What writing does not give is refused.

/** What stands in the file's name is not kept. */
type Kept<T> = Omit<T, "serial">;

const ALL_KEY_TYPES = word([...KEY_TYPES, "rsa-2048", "other"]);

const CERTIFICATE: Shape<Kept<Certificate>> = {
  subject: text,
  issuer: text,
  notBefore: whole,
  notAfter: whole,
  fingerprint: text,
  keyType: ALL_KEY_TYPES,
  profile: orNull(word(["authority", ...IDENTITY_KINDS])),
  names: texts,
  subjectKeyId: orNull(text),
  authorityKeyId: orNull(text),
  identity: text,
  kind: word(IDENTITY_KINDS),
  issued: whole,
  reason: word([...ISSUE_REASONS, "RenewalDue", "Adopted"]),
  key: word(["managed", "request"]),
  reissue: orNull(whole),
  pem: text,
};

export const packedCertificate = list(CERTIFICATE);

export const packedRevocation = list<Kept<Revocation>>({
  at: whole,
  reason: word(REASONS),
  cause: word(REVOKE_CAUSES),
});

export const packedHold = list<Kept<Hold>>({ at: whole });

const bytes: Value<Uint8Array> = {
  write: (value) => Buffer.from(value).toString("base64"),
  show: () => null,
  read: (value, what) => Buffer.from(text.read(value, what), "base64"),
};

type Sound = Extract<Request, { readonly ok: true }>;
type Unsound = Extract<Request, { readonly ok: false }>;

const YES: Value<true> = { write: () => true, show: () => true, read: () => true };
const NO: Value<false> = { write: () => false, show: () => false, read: () => false };

const sound = object<Sound>({
  ok: YES,
  fingerprint: text,
  keyType: ALL_KEY_TYPES,
  spki: orNull(bytes),
  ignored: texts,
});
const unsound = object<Unsound>({ ok: NO, problem: text, hint: orNull(text) });

export const packedRequest: Value<Request> = {
  write: (request) => (request.ok ? sound.write(request) : unsound.write(request)),
  show: () => null,
  read: (value, what) => (isSound(value) ? sound : unsound).read(value, what),
};

function isSound(value: unknown): boolean {
  return typeof value === "object" && value !== null && "ok" in value && value.ok === true;
}
