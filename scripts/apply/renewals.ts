import { generateKeyPairSync, randomBytes } from "node:crypto";
import { formatRenewal } from "../model/facts.ts";
import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { RenewalOrder } from "../plan/renewals.ts";
import { type FileToWrite, writeFiles } from "../system/files.ts";
import type { Vault } from "../vault/vault.ts";
import { type EnvelopeSecrets, envelop, envelopeCurve } from "../x509/cms.ts";

export interface Renewed {
  /** Paths written. */
  readonly written: readonly string[];
  /** Serials of successors whose key cannot be read: sealed with another key, or changed since. */
  readonly unusable: readonly string[];
}

/**
 * Envelopes each successor's key and full chain to its predecessor and writes pki/renewals. A key that cannot be read
 * holds up its own client only.
 * @throws UserError where the vault is locked
 */
export async function writeRenewals(root: string, orders: readonly RenewalOrder[], vault: Vault): Promise<Renewed> {
  const unusable: string[] = [];
  const files = orders.flatMap((order): FileToWrite[] => {
    const key = keyOf(order, vault);
    if (key !== null) return [make(order, key)];
    unusable.push(order.successor.serial);
    return [];
  });
  await writeFiles(root, files);
  return { written: files.map(({ path }) => path), unusable };
}

function keyOf({ successor }: RenewalOrder, vault: Vault): Buffer | null {
  try {
    return vault.read(paths.path.keyBySerial(successor.serial));
  } catch (error) {
    // Without any key nobody's can be read, and that is another matter.
    if (!(error instanceof UserError) || vault.state === "locked") throw error;
    return null;
  }
}

function make({ predecessor, successor }: RenewalOrder, key: Buffer): FileToWrite {
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
