import type { Kind } from "../model/registry.ts";
import type { Profile } from "../model/state.ts";
import { OID } from "./oids.ts";

/** KeyUsage as the first 16 bits of its BIT STRING, bit 0 highest (RFC 5280, 4.2.1.3). */
const KEY_USAGE = {
  digitalSignature: 0x8000,
  keyEncipherment: 0x2000,
  keyCertSign: 0x0400,
  cRLSign: 0x0200,
} as const;

/** A CA signs certificates and CRLs, and nothing else. */
export const AUTHORITY_USAGE = KEY_USAGE.keyCertSign | KEY_USAGE.cRLSign;

/**
 * What each kind of leaf is for (RFC 5280, 4.2.1.12). A signer has exactly these two: pkgsrc's
 * pkg_install refuses either alone, and either beside clientAuth.
 */
export const PURPOSES: Readonly<Record<Kind, readonly string[]>> = {
  client: [OID.clientAuth],
  server: [OID.serverAuth],
  signer: [OID.codeSigning, OID.emailProtection],
};

/** A leaf signs handshakes or packages; an RSA server also takes part in TLS 1.2's RSA key exchange (RFC 5246, 7.4.2). */
export function leafUsage(kind: Kind, rsa: boolean): number {
  return KEY_USAGE.digitalSignature | (kind === "server" && rsa ? KEY_USAGE.keyEncipherment : 0);
}

/**
 * The profile that these extensions make, or null. `usage` is null and `purposes` empty where the extension is absent:
 * then a CA may do everything (RFC 5280, 4.2.1.3), as the ones do that `openssl req -x509` makes.
 */
export function recogniseProfile(ca: boolean, usage: number | null, purposes: readonly string[]): Profile | null {
  if (ca) return usage === null || (usage & AUTHORITY_USAGE) === AUTHORITY_USAGE ? "authority" : null;
  if (usage === null) return null;
  if ((usage & KEY_USAGE.digitalSignature) === 0 || (usage & AUTHORITY_USAGE) !== 0) return null;
  if (purposes.length === 1 && purposes[0] === OID.clientAuth) return "client";
  if (purposes.length === 1 && purposes[0] === OID.serverAuth) return "server";
  const signs = purposes.includes(OID.codeSigning) && purposes.includes(OID.emailProtection);
  return purposes.length === 2 && signs ? "signer" : null;
}
