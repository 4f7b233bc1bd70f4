import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IDENTITY_KINDS, KEY_TYPES, REASONS } from "../../scripts/model/registry.ts";
import { formatCertificateFile } from "../../scripts/x509/certificate-file.ts";
import { decodePem } from "../../scripts/x509/pem.ts";
import { signCrl } from "../support/sign-now.ts";
import { authority, DAY, leaf, NOW, pair, spkiOf } from "../x509/helpers/made.ts";

export const SERIAL = "5F0000000000000000000000000000A1";

/** Certificates of every profile, for every type of key, and a CA's. */
export function certificates(): string[] {
  const leaves = KEY_TYPES.flatMap((type) => {
    const spki = spkiOf(pair(type).publicKey);
    return IDENTITY_KINDS.map((kind) => leaf(kind, { spki, serial: SERIAL }));
  });
  return [...leaves, authority().pem];
}

export function certificateFiles(): Buffer[] {
  const lines = { kind: "client", issued: NOW, reason: "Missing", key: "managed", reissue: null } as const;
  const [first = "", second = ""] = certificates();
  return [
    formatCertificateFile({ ...lines, identity: "alice" }, first),
    formatCertificateFile({ ...lines, identity: "b.o-b_1", reissue: NOW - DAY, key: "request" }, second),
  ].map((text) => Buffer.from(text));
}

/** Empty, with one entry of every reason, with many. */
export function crls(): string[] {
  const { issuer } = authority();
  const base = { issuer, number: NOW, thisUpdate: NOW - 60, nextUpdate: NOW + 30 * DAY };
  const reasons = [...REASONS, "certificateHold"] as const;
  const entry = (index: number) => ({
    serial: `5F${index.toString(16).padStart(30, "0").toUpperCase()}`,
    at: NOW - index,
    reason: reasons[index % reasons.length] ?? "unspecified",
  });
  return [0, reasons.length, 40].map((count) =>
    signCrl({ ...base, entries: Array.from({ length: count }, (_, index) => entry(index)) }),
  );
}

/** What openssl and certtool make of people's wishes. */
export function requests(): string[] {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-fuzz-"));
  const file = join(directory, "out");
  const made = (program: string, args: readonly string[]): string => {
    execFileSync(program, args, { cwd: directory, stdio: "ignore" });
    return readFileSync(file, "utf8");
  };
  const openssl = (...args: readonly string[]) =>
    made("openssl", ["req", "-new", "-nodes", "-keyout", "key", "-out", "out", ...args]);
  try {
    return [
      openssl("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=alice"),
      openssl("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-subj", "/"),
      openssl("-newkey", "ed25519", "-subj", "/CN=a/O=b/C=DE"),
      openssl("-newkey", "rsa:3072", "-subj", "/CN=r", "-addext", "subjectAltName=DNS:x.example,IP:192.0.2.1"),
      openssl("-newkey", "rsa:3072", "-subj", "/CN=r", "-addext", "basicConstraints=critical,CA:TRUE"),
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export function ders(pems: readonly string[], label: string): Buffer[] {
  return pems.map((pem) => decodePem(pem, label));
}
