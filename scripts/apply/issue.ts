import * as paths from "../model/layout.ts";
import type { Instant } from "../model/time.ts";
import { type FileToWrite, writeFiles } from "../system/files.ts";
import type { Vault } from "../vault/vault.ts";
import { formatCertificateFile } from "../x509/certificate-file.ts";
import { issueCertificate } from "../x509/issue.ts";
import type { Issuer } from "../x509/issuer.ts";
import { newKey } from "./keys.ts";
import type { Order } from "./orders.ts";

/** So many are made, then made durable with one flush; a kill loses at most these, and nothing that was promised. */
const BATCH = 1000;

/** Enough in flight to keep every core busy while this thread writes the last batch's files, half a second or less. */
const IN_FLIGHT = 512;

export interface Workshop {
  readonly root: string;
  readonly issuer: Issuer;
  readonly vault: Vault;
  readonly now: Instant;
  /** Called with the number of certificates that have been written since the last call. */
  readonly tick: (count: number) => void;
}

interface Product {
  readonly key: FileToWrite | null;
  readonly certificate: FileToWrite;
}

/**
 * Makes keys and certificates and writes them: a batch's keys first, then its certificates, so that a certificate is
 * never without its key. A key without a certificate is the leftover of a killed run. Returns the paths written.
 */
export async function issueAll(orders: readonly Order[], workshop: Workshop): Promise<string[]> {
  const touched: string[] = [];
  let next = makeBatch(orders.slice(0, BATCH), workshop);
  for (let start = 0; start < orders.length; start += BATCH) {
    const products = await next;
    next = makeBatch(orders.slice(start + BATCH, start + 2 * BATCH), workshop);
    // Whoever fails first is reported; the other's failure must not count as unhandled.
    next.catch(() => {});
    const keys = products.flatMap(({ key }) => (key === null ? [] : [key]));
    const certificates = products.map(({ certificate }) => certificate);
    await writeFiles(workshop.root, keys);
    await writeFiles(workshop.root, certificates);
    for (const { path } of [...keys, ...certificates]) touched.push(path);
    workshop.tick(products.length);
  }
  return touched;
}

async function makeBatch(orders: readonly Order[], workshop: Workshop): Promise<Product[]> {
  const products: Product[] = [];
  let at = 0;
  const lane = async () => {
    for (let index = at++; index < orders.length; index = at++) {
      const order = orders[index];
      if (order === undefined) continue;
      try {
        products[index] = await make(order, workshop);
      } catch (error) {
        // Nobody wants the rest: a signer elsewhere would be asked for each of them.
        at = orders.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return products;
}

async function make(order: Order, { issuer, vault, now }: Workshop): Promise<Product> {
  const { identity, serial, notBefore, notAfter, reason } = order;
  const key = order.spki === null ? await newKey(identity.key) : null;
  const spki = Buffer.from(key?.spki ?? order.spki ?? []);
  const { kind: profile, names, subject } = identity;
  const pem = await issueCertificate({ profile, names, ...subject, spki, serial, notBefore, notAfter, issuer });
  const lines = {
    identity: identity.name,
    kind: identity.kind,
    issued: now,
    reason,
    key: key === null ? ("request" as const) : ("managed" as const),
    reissue: identity.reissue?.before ?? null,
  };
  const certificate = { path: paths.path.certificate(serial), data: formatCertificateFile(lines, pem) };
  if (key === null) return { key, certificate };
  return { key: { path: paths.path.keyBySerial(serial), data: vault.forTree(Buffer.from(key.pem)) }, certificate };
}
