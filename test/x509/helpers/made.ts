import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { KeyType, Kind } from "../../../scripts/model/registry.ts";
import type { CertificateInput } from "../../../scripts/x509/issue.ts";
import { type Issuer, makeIssuer } from "../../../scripts/x509/issuer.ts";
import { keyTypeOptions } from "../../../scripts/x509/keys.ts";
import { issueAuthority, issueCertificate, signerOf } from "../../support/sign-now.ts";

export interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const pairs = new Map<string, Pair>();

/** One pair for each type and use in a test file: RSA takes its time. */
export function pair(type: KeyType, use = "leaf"): Pair {
  const known = pairs.get(`${type} ${use}`) ?? generate(type);
  pairs.set(`${type} ${use}`, known);
  return known;
}

function generate(type: KeyType): Pair {
  const wanted = keyTypeOptions(type);
  if (wanted.type === "rsa") return generateKeyPairSync("rsa", wanted.options);
  return wanted.type === "ec" ? generateKeyPairSync("ec", wanted.options) : generateKeyPairSync("ed25519");
}

export function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** The judges ask the machine's own clock. */
export const NOW = Math.floor(Date.now() / 1000);
export const DAY = 86_400;

export interface Authority {
  readonly pem: string;
  readonly issuer: Issuer;
  readonly key: Pair;
}

const authorities = new Map<KeyType, Authority>();

export function authority(type: KeyType = "ec-p256"): Authority {
  const known = authorities.get(type);
  if (known) return known;
  const key = pair(type, "ca");
  const name = { commonName: "Example Packages CA", organization: "Example Ltd", country: "DE" };
  const times = { notBefore: NOW - 60, notAfter: NOW + 3650 * DAY };
  const signer = signerOf(key.privateKey);
  const pem = issueAuthority({ ...name, ...times, signer, serial: "40".repeat(16) });
  const made = { pem, key, issuer: makeIssuer(pem, signer) };
  authorities.set(type, made);
  return made;
}

/** A leaf that is as usual but for what is given. */
export function leaf(profile: Kind, changes: Partial<CertificateInput> = {}): string {
  return issueCertificate({
    profile,
    commonName: "alice",
    organization: "Example Ltd",
    country: null,
    names: profile === "server" ? ["pkg.example.com", "192.0.2.7", "2001:db8::1"] : [],
    spki: spkiOf(pair("ec-p256").publicKey),
    serial: "5F0000000000000000000000000000A1",
    notBefore: NOW - 60,
    notAfter: NOW + 365 * DAY,
    issuer: authority().issuer,
    ...changes,
  });
}
