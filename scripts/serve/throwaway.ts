import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import type { Instant } from "../model/time.ts";
import { issueAuthority, issueCertificate } from "../x509/issue.ts";
import { makeIssuer } from "../x509/issuer.ts";

/** A server's certificate that no client anywhere trusts. PEM. */
export interface Throwaway {
  /** Of the authority that lives for this call only: what curl is told to trust. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const HOUR = 3600;
const LIFETIME = 30 * 24 * HOUR;
const SUBJECT = { organization: "Gatehouse serve", country: null } as const;

/** Makes a throwaway certificate for these DNS names; its authority's key is forgotten at once. */
export function makeThrowaway(names: readonly string[], now: Instant): Throwaway {
  const validity = { notBefore: now - HOUR, notAfter: now + LIFETIME };
  const authority = newKey();
  const ca = issueAuthority({ ...SUBJECT, ...validity, commonName: "Throwaway CA", key: authority, serial: serial() });
  const key = newKey();
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const certificate = issueCertificate({
    ...SUBJECT,
    ...validity,
    commonName: "Throwaway server",
    profile: "server",
    names,
    spki,
    serial: serial(),
    issuer: makeIssuer(ca, authority),
  });
  return { ca, certificate, key: String(key.export({ type: "pkcs8", format: "pem" })) };
}

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

/** 16 bytes, positive, like every serial number of ours. */
const serial = () => `40${randomBytes(15).toString("hex").toUpperCase()}`;
