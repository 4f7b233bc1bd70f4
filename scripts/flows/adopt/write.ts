import { createPrivateKey } from "node:crypto";
import { formatHold, formatRevocation } from "../../model/facts.ts";
import * as paths from "../../model/layout.ts";
import type { Registry } from "../../model/registry.ts";
import type { Crl, State } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import { planCrl } from "../../plan/crl.ts";
import type { Adoption } from "../../read/adopt/adoption.ts";
import type { Revoked } from "../../read/adopt/revoked.ts";
import { type FileToWrite, removeFiles, writeFiles } from "../../system/files.ts";
import type { Vault } from "../../vault/vault.ts";
import { readAuthorityFacts } from "../../x509/certificate.ts";
import { formatCertificateFile } from "../../x509/certificate-file.ts";
import { readCrl } from "../../x509/crl-reader.ts";
import { signCrl } from "../../x509/crl-writer.ts";
import { X509Error } from "../../x509/error.ts";
import { makeIssuer } from "../../x509/issuer.ts";
import { decodePem, encodePem } from "../../x509/pem.ts";
import { keySigner } from "../../x509/signer.ts";

/** Everything that is to be written, in memory: nothing of it depends on what is written. */
export interface Prepared {
  readonly adoption: Adoption;
  readonly registryText: string;
  /** PEM; null: there is no key, and nothing can be signed. */
  readonly key: string | null;
  readonly crl: string | null;
}

/**
 * The first CRL: whatever was revoked, under the next number. Without a key the old one, where it is one that can go on
 * as it is; else null.
 */
export async function firstCrl(
  { adoption, key }: Pick<Prepared, "adoption" | "key">,
  { number, crl }: Revoked,
  registry: Registry,
  there: State,
  now: Instant,
): Promise<string | null> {
  if (key === null) return crl === null ? null : asItIs(encodePem("X509 CRL", crl.der));
  const authority = { ...readAuthorityFacts(decodePem(adoption.authority, "CERTIFICATE")), pem: adoption.authority };
  const entries = new Map(adoption.strangers.map((entry) => [entry.serial, entry]));
  // From before everything, so that whatever the last one listed stands on this one once more (RFC 5280, 3.3).
  const last: Crl = { issuer: "", authorityKeyId: null, number, thisUpdate: 0, nextUpdate: 0, entries };
  const by = <T extends { readonly serial: string }>(facts: readonly T[]) =>
    new Map(facts.map((one) => [one.serial, one]));
  const state: State = {
    ...there,
    authority,
    crl: last,
    certificates: by(adoption.certificates),
    revocations: by(adoption.revocations),
    holds: by(adoption.holds),
    doubts: [],
  };
  const order = planCrl(state, registry.crl, now, "registry");
  if (order === null) throw new Error("the first CRL is not due");
  const thisUpdate = Math.max(order.thisUpdate, Math.min((crl?.thisUpdate ?? 0) + 1, now));
  const issuer = makeIssuer(adoption.authority, keySigner(createPrivateKey(key)));
  return signCrl({ ...order, issuer, thisUpdate, number: Math.max(number + 1, thisUpdate) });
}

function asItIs(pem: string): string | null {
  try {
    readCrl(pem);
    return pem;
  } catch (error) {
    if (error instanceof X509Error) return null;
    throw error;
  }
}

/**
 * Writes keys, then facts, the CRL, clients.yaml, and the authority's certificate last: until that is there nothing
 * else takes this for an authority, and the same again writes the same. What an earlier, interrupted run wrote of
 * another directory goes.
 */
export async function writeAdoption(root: string, prepared: Prepared, vault: Vault, there: State): Promise<void> {
  const { adoption, key, crl, registryText } = prepared;
  const secrets = [...adoption.keys].map(([serial, pem]) => secret(paths.path.keyBySerial(serial), pem, vault));
  if (key !== null) secrets.push(secret(paths.CA_KEY, key, vault));
  const facts = factFiles(adoption);
  await writeFiles(root, secrets);
  await writeFiles(root, facts);
  await removeFiles(root, strays(there, new Set([...secrets, ...facts].map(({ path }) => path))));
  if (crl !== null) await writeFiles(root, [{ path: paths.CRL_FILE, data: crl }]);
  await writeFiles(root, [{ path: paths.REGISTRY_FILE, data: registryText }]);
  await writeFiles(root, [{ path: paths.CA_CERTIFICATE, data: adoption.authority }]);
}

function secret(path: string, pem: string, vault: Vault): FileToWrite {
  return { path, data: vault.forTree(Buffer.from(pem), path) };
}

function factFiles({ certificates, revocations, holds, entries }: Adoption): FileToWrite[] {
  return [
    ...certificates.map((one) => ({
      path: paths.path.certificate(one.serial),
      data: formatCertificateFile(one, one.pem),
    })),
    ...revocations.map((one) => ({ path: paths.path.revocation(one.serial), data: formatRevocation(one) })),
    ...holds.map((one) => ({ path: paths.path.hold(one.serial), data: formatHold(one) })),
    ...entries.flatMap(({ name, request }) =>
      request === null ? [] : [{ path: paths.path.request(name), data: request }],
    ),
  ];
}

function strays({ certificates, revocations, holds, keys }: State, wanted: ReadonlySet<string>): string[] {
  return [
    ...[...certificates.keys()].map(paths.path.certificate),
    ...[...revocations.keys()].map(paths.path.revocation),
    ...[...holds.keys()].map(paths.path.hold),
    ...[...keys].map(paths.path.keyBySerial),
  ].filter((path) => !wanted.has(path));
}
