import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import type { BundleFacts } from "../../clients/bundle-input.ts";
import { isAdmitted } from "../../model/access.ts";
import * as paths from "../../model/layout.ts";
import { UserError } from "../../model/problem.ts";
import type { Client, Registry } from "../../model/registry.ts";
import type { Certificate, State } from "../../model/state.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { nearest } from "../../model/words.ts";
import type { Vault } from "../../vault/vault.ts";
import type { Loaded } from "../load.ts";

/** Whose bundle it is: the registry as carried out, which is what servers enforce, and the newest certificate. */
export interface Holder {
  readonly registry: Registry;
  readonly client: Client;
  readonly certificate: Certificate;
  /** Full chain, PEM. */
  readonly fullchain: string;
}

const CARRY_OUT = "carry it out: npm run reconcile";

/** Throws UserError for everybody who is not let in, with the reason and what to do. */
export function holderOf({ registry: wanted, state, tree }: Loaded, name: string, now: Instant): Holder {
  const registry = state.carriedOut?.registry;
  if (registry === undefined) throw new UserError("nothing has been carried out here yet", "run: npm start");
  const client = registry.clients.get(name);
  if (client === undefined) throw unknown(name, wanted ?? registry);
  for (const one of [wanted?.clients.get(name) ?? client, client]) insistAdmitted(one, name, now);
  if (wanted !== null && !wanted.clients.has(name))
    throw new UserError(`${name} is no longer in ${paths.REGISTRY_FILE}: the next reconcile revokes it`);
  const fullchain = tree.readText(paths.path.issued(name));
  const certificate =
    fullchain === null ? undefined : state.certificates.get(new X509Certificate(fullchain).serialNumber);
  if (fullchain === null || certificate === undefined) throw withoutCertificate(client, name);
  insistValid(certificate, state, now);
  return { registry, client, certificate, fullchain };
}

function unknown(name: string, registry: Registry): UserError {
  if (registry.clients.has(name))
    return new UserError(`${name} is in ${paths.REGISTRY_FILE}, and not carried out yet`, CARRY_OUT);
  if (registry.servers.has(name))
    return new UserError(`${name} is a server, and bundles are for clients`, "a server gets a release: npm run deploy");
  const guess = nearest(name, [...registry.clients.keys()]);
  return new UserError(`there is no client ${name}`, ...(guess === null ? [] : [`Did you mean ${guess}?`]));
}

function insistAdmitted(client: Client, name: string, now: Instant): void {
  if (isAdmitted(client, now)) return;
  if (client.revoked !== null) throw new UserError(`${name} is revoked (${client.revoked}), for good`);
  if (client.suspended)
    throw new UserError(
      `${name} is suspended`,
      `take \`suspended\` out in ${paths.REGISTRY_FILE}, then npm run reconcile`,
    );
  const end = client.expires === null ? "" : `: expires ${formatInstant(client.expires)}`;
  throw new UserError(`the access of ${name} has ended${end}`, `change \`expires\` in ${paths.REGISTRY_FILE}`);
}

function withoutCertificate({ csr }: Client, name: string): UserError {
  return new UserError(
    `${name} has no certificate: there is no usable ${paths.path.issued(name)}`,
    "see why: npm run plan; then: npm run reconcile",
    ...(csr
      ? [
          `for a request with a key in a file: npm run bundle -- ${name} --request; with a key in a device, by its own program`,
        ]
      : []),
  );
}

export function insistValid(
  { serial, identity, notAfter }: Certificate,
  { revocations, holds }: State,
  now: Instant,
): void {
  if (revocations.has(serial) || holds.has(serial))
    throw new UserError(`the certificate of ${identity} is revoked or on hold`, "run: npm run reconcile");
  if (notAfter < now)
    throw new UserError(`the certificate of ${identity} ended ${formatInstant(notAfter)}`, "run: npm run reconcile");
}

/** The private key of a managed client or signer, PEM. Throws UserError where the vault is locked or the key is another's. */
export function keyOf(
  vault: Pick<Vault, "read">,
  { certificate, fullchain }: Pick<Holder, "certificate" | "fullchain">,
  name: string,
): Buffer {
  const path = paths.path.key(name);
  const key = vault.read(path);
  let fits = false;
  try {
    fits = new X509Certificate(fullchain).checkPrivateKey(createPrivateKey(key));
  } catch {
    // It is no key; what it is instead is not for a terminal.
  }
  if (fits) return key;
  throw new UserError(`${path} is not the key of certificate ${certificate.serial}`, "see: npm run check");
}

export function factsOf({ certificate, client, fullchain }: Holder, authorityPem: string): BundleFacts {
  const hash = (pem: string) => `sha256:${createHash("sha256").update(new X509Certificate(pem).raw).digest("hex")}`;
  return {
    serial: certificate.serial,
    subject: certificate.subject,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    renewBefore: client.renewBefore,
    fingerprints: {
      certificate: hash(fullchain),
      key: certificate.fingerprint,
      authority: hash(authorityPem),
    },
  };
}
