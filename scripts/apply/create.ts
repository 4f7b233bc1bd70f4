import { createPrivateKey } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as paths from "../model/layout.ts";
import type { Authority } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { writeFiles } from "../system/files.ts";
import type { Vault } from "../vault/vault.ts";
import { issueAuthority } from "../x509/issue.ts";
import { keySigner } from "../x509/signer.ts";
import { newKey } from "./keys.ts";
import { newSerial } from "./orders.ts";

/** The authority must be valid before what it issues, which is backdated itself. */
const BACKDATE = 2 * 3600;

/**
 * Makes the authority: its key, then its self-signed certificate. A key that a killed run left without a certificate
 * is used, not replaced.
 */
export async function createAuthority(root: string, authority: Authority, vault: Vault, now: Instant): Promise<void> {
  if (!existsSync(join(root, paths.CA_KEY))) {
    const { pem } = await newKey(authority.key);
    await writeFiles(root, [{ path: paths.CA_KEY, data: vault.forTree(Buffer.from(pem), paths.CA_KEY) }]);
  }
  const signer = keySigner(createPrivateKey(vault.read(paths.CA_KEY).toString("utf8")));
  const { commonName, organization, country, lifetime } = authority;
  const serial = newSerial(new Set());
  const notBefore = now - BACKDATE;
  const subject = { commonName, organization, country };
  const pem = await issueAuthority({ ...subject, signer, serial, notBefore, notAfter: now + lifetime });
  await writeFiles(root, [{ path: paths.CA_CERTIFICATE, data: pem }]);
}
