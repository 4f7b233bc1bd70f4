import { generateKeyPairSync, randomBytes } from "node:crypto";
import { formatRenewal } from "../model/facts.ts";
import * as paths from "../model/paths.ts";
import type { RenewalOrder } from "../plan/renewals.ts";
import { type FileToWrite, writeFiles } from "../system/files.ts";
import type { Vault } from "../vault/vault.ts";
import { type EnvelopeSecrets, envelop, envelopeCurve } from "../x509/cms.ts";

/**
 * Envelopes each successor's key and full chain to its predecessor and writes pki/renewals. Returns the paths written.
 * @throws UserError where the vault is locked or a key is gone
 */
export async function writeRenewals(root: string, orders: readonly RenewalOrder[], vault: Vault): Promise<string[]> {
  const files = orders.map((order) => make(order, vault));
  await writeFiles(root, files);
  return files.map(({ path }) => path);
}

function make({ predecessor, successor }: RenewalOrder, vault: Vault): FileToWrite {
  const key = vault.read(paths.path.keyBySerial(successor.serial));
  const content = Buffer.concat([key, Buffer.from(successor.pem)]);
  const pem = envelop(content, predecessor.pem, secretsFor(predecessor.pem));
  const lines = { identity: successor.identity, predecessor: predecessor.serial, certificate: successor.serial };
  return { path: paths.path.renewal(predecessor.serial), data: formatRenewal({ ...lines, pem }) };
}

function secretsFor(certificatePem: string): EnvelopeSecrets {
  const curve = envelopeCurve(certificatePem);
  const fresh = curve === "P-256" || curve === "P-384";
  const ephemeral = fresh ? generateKeyPairSync("ec", { namedCurve: curve }).privateKey : null;
  return { contentKey: randomBytes(32), iv: randomBytes(16), ephemeral };
}
