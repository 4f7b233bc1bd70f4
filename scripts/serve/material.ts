import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import * as paths from "../model/layout.ts";
import type { Server } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { isSealed } from "../vault/seal.ts";
import type { Vault } from "../vault/vault.ts";
import { issueAuthority, issueCertificate } from "../x509/issue.ts";
import { makeIssuer } from "../x509/issuer.ts";
import { keySigner } from "../x509/signer.ts";
import { hasMemory } from "./directory.ts";

/** Where the server's certificate and key come from. */
export type Material =
  /** The files that clients.yaml names; `ca` is what clients need, null for what every client trusts. */
  | { readonly kind: "host"; readonly ca: string | null }
  /** pki/issued and pki/private, as they are in the tree. */
  | { readonly kind: "tree" }
  /** The same, the key opened here: it goes to a file system in memory and nowhere else. */
  | { readonly kind: "opened"; readonly key: Buffer }
  | { readonly kind: "throwaway"; readonly because: string };

/** What can be had here, without a key in the clear on a disk where there was none. */
export function chooseMaterial(root: string, name: string, server: Server, vault: Vault): Material {
  const { certificate } = server;
  if (certificate !== "issued") {
    const missing = [certificate.file, certificate.key].find((file) => !isReadable(file));
    return missing === undefined
      ? { kind: "host", ca: certificate.ca }
      : { kind: "throwaway", because: `${missing} is not on this machine, or not for you to read` };
  }
  const path = paths.path.key(name);
  const bytes = readIfThere(join(root, path));
  if (bytes === null) return { kind: "throwaway", because: `the server keeps its own key: there is no ${path}` };
  if (!isSealed(bytes)) return { kind: "tree" };
  if (vault.key === null) return { kind: "throwaway", because: `this clone is locked: ${path} is ciphertext` };
  if (hasMemory()) return { kind: "opened", key: vault.read(path) };
  const because = `${path} is ciphertext here, and without a file system in memory (/dev/shm) opening it would leave it on the disk`;
  return { kind: "throwaway", because };
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

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
export async function makeThrowaway(names: readonly string[], now: Instant): Promise<Throwaway> {
  const validity = { notBefore: now - HOUR, notAfter: now + LIFETIME };
  const signer = keySigner(newKey());
  const ca = await issueAuthority({ ...SUBJECT, ...validity, commonName: "Throwaway CA", signer, serial: serial() });
  const key = newKey();
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const certificate = await issueCertificate({
    ...SUBJECT,
    ...validity,
    commonName: "Throwaway server",
    profile: "server",
    names,
    spki,
    serial: serial(),
    issuer: makeIssuer(ca, signer),
  });
  return { ca, certificate, key: String(key.export({ type: "pkcs8", format: "pem" })) };
}

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

/** 16 bytes, positive, like every serial number of ours. */
const serial = () => `40${randomBytes(15).toString("hex").toUpperCase()}`;
