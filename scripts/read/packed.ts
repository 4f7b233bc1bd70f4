import { fields, textOf, textOrNull, texts, whole, word } from "../model/canonical-values.ts";
import { UserError } from "../model/problem.ts";
import { KEY_TYPES, KINDS, REASONS } from "../model/registry.ts";
import {
  type Certificate,
  type Hold,
  ISSUE_REASONS,
  REVOKE_CAUSES,
  type Request,
  type Revocation,
} from "../model/state.ts";

// Facts as JSON for the cache: lists, because there are tens of thousands. Whatever pack does not give is refused.

const CERTIFICATE_REASONS = [...ISSUE_REASONS, "RenewalDue", "Adopted"] as const;
const ALL_KEY_TYPES = [...KEY_TYPES, "rsa-2048", "other"] as const;
const PROFILES = ["authority", ...KINDS] as const;
const KEY_SOURCES = ["managed", "request"] as const;

export function packCertificate(one: Certificate): unknown {
  return [
    one.subject,
    one.issuer,
    one.notBefore,
    one.notAfter,
    one.fingerprint,
    one.keyType,
    one.profile,
    one.names,
    one.subjectKeyId,
    one.authorityKeyId,
    one.identity,
    one.kind,
    one.issued,
    one.reason,
    one.key,
    one.reissue,
    one.pem,
  ];
}

export function unpackCertificate(packed: unknown, serial: string): Certificate {
  const all = list(packed, 17);
  return {
    serial,
    subject: textOf(all[0], "subject"),
    issuer: textOf(all[1], "issuer"),
    notBefore: whole(all[2], "notBefore"),
    notAfter: whole(all[3], "notAfter"),
    fingerprint: textOf(all[4], "fingerprint"),
    keyType: word(all[5], ALL_KEY_TYPES, "keyType"),
    profile: all[6] === null ? null : word(all[6], PROFILES, "profile"),
    names: texts(all[7], "names"),
    subjectKeyId: textOrNull(all[8], "subjectKeyId"),
    authorityKeyId: textOrNull(all[9], "authorityKeyId"),
    identity: textOf(all[10], "identity"),
    kind: word(all[11], KINDS, "kind"),
    issued: whole(all[12], "issued"),
    reason: word(all[13], CERTIFICATE_REASONS, "reason"),
    key: word(all[14], KEY_SOURCES, "key"),
    reissue: all[15] === null ? null : whole(all[15], "reissue"),
    pem: textOf(all[16], "pem"),
  };
}

export function packRevocation({ at, reason, cause }: Revocation): unknown {
  return [at, reason, cause];
}

export function unpackRevocation(packed: unknown, serial: string): Revocation {
  const [at, reason, cause] = list(packed, 3);
  return {
    serial,
    at: whole(at, "at"),
    reason: word(reason, REASONS, "reason"),
    cause: word(cause, REVOKE_CAUSES, ""),
  };
}

export function unpackHold(packed: unknown, serial: string): Hold {
  return { serial, at: whole(packed, "at") };
}

export function packRequest(request: Request): unknown {
  if (!request.ok) return { problem: request.problem, hint: request.hint ?? null };
  const { fingerprint, keyType, spki, ignored } = request;
  return { fingerprint, keyType, spki: Buffer.from(spki ?? []).toString("base64"), ignored };
}

export function unpackRequest(packed: unknown): Request {
  const request = fields(
    packed,
    "request",
    typeof packed === "object" && packed !== null && "problem" in packed ? 2 : 4,
  );
  if ("problem" in request) {
    const hint = textOrNull(request["hint"], "hint") ?? undefined;
    return { ok: false, problem: textOf(request["problem"], "problem"), hint };
  }
  return {
    ok: true,
    fingerprint: textOf(request["fingerprint"], "fingerprint"),
    keyType: word(request["keyType"], ALL_KEY_TYPES, "keyType"),
    spki: Buffer.from(textOf(request["spki"], "spki"), "base64"),
    ignored: texts(request["ignored"], "ignored"),
  };
}

function list(value: unknown, length: number): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value;
  throw new UserError("is not what was packed");
}
