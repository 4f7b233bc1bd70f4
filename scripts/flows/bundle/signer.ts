import { X509Certificate } from "node:crypto";
import { signerFiles } from "../../clients/signer-bundle.ts";
import { tar } from "../../clients/tar.ts";
import * as paths from "../../model/layout.ts";
import { UserError } from "../../model/problem.ts";
import type { Signer } from "../../model/registry.ts";
import type { Certificate } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import { openVault } from "../../vault/vault.ts";
import type { Loaded } from "../load.ts";
import { insistValid, keyOf } from "./client.ts";

export interface SignerArchive {
  /** A tar file. */
  readonly archive: Uint8Array;
  readonly secrecy: "key" | "public";
}

/**
 * What the build machine of a signer needs, or null where the name is no signer's. Throws UserError for one that is
 * not carried out yet or no longer in clients.yaml, and where its key cannot be read.
 */
export function signerArchive(root: string, loaded: Loaded, name: string, now: Instant): SignerArchive | null {
  const { registry: wanted, state, tree } = loaded;
  const signer = state.carriedOut?.registry.signers.get(name);
  if (signer === undefined) {
    if (wanted?.signers.has(name) !== true) return null;
    throw new UserError(`${name} is in ${paths.REGISTRY_FILE}, and not carried out yet`, "run: npm run reconcile");
  }
  if (wanted !== null && !wanted.signers.has(name))
    throw new UserError(`${name} is no longer in ${paths.REGISTRY_FILE}: the next reconcile revokes it`);
  const fullchain = tree.readText(paths.path.issued(name));
  const certificate = fullchain === null ? undefined : ownOf(fullchain, state.certificates);
  if (fullchain === null || certificate === undefined) throw withoutCertificate(signer, name);
  insistValid(certificate, state, now);
  const key =
    certificate.key === "managed" ? keyOf(openVault(root, process.env), { certificate, fullchain }, name) : null;
  const anchor = tree.readText(paths.CA_CERTIFICATE);
  if (anchor === null)
    throw new UserError(
      `${paths.CA_CERTIFICATE} is not there`,
      `bring it back: git checkout HEAD -- ${paths.CA_CERTIFICATE}`,
    );
  const { repository, renewBefore } = signer;
  const files = signerFiles({ name, repository, certificate, renewBefore, key, fullchain, anchor });
  return { archive: tar(files, certificate.notBefore), secrecy: key === null ? "public" : "key" };
}

/** The certificate on file that an issued one is; undefined where it is none of ours, or cannot be read. */
function ownOf(fullchain: string, certificates: ReadonlyMap<string, Certificate>): Certificate | undefined {
  try {
    return certificates.get(new X509Certificate(fullchain).serialNumber);
  } catch {
    return undefined;
  }
}

function withoutCertificate({ csr }: Signer, name: string): UserError {
  return new UserError(
    `${name} has no certificate: there is no usable ${paths.path.issued(name)}`,
    "see why: npm run plan; then: npm run reconcile",
    ...(csr ? [`its request is ${paths.path.request(name)}`] : []),
  );
}
