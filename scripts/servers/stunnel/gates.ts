import { madeBy } from "../../model/made-by.ts";
import type { Certificate } from "../../model/state.ts";

/** A client's certificate that a service lets in. */
export interface Pinned {
  readonly client: string;
  readonly certificate: Pick<Certificate, "serial" | "pem">;
}

/**
 * What CAfile names in a service's section: with verifyPeer a certificate must be one of these (its subject and its key
 * must), with verifyChain the authority must have issued it, and not revoked it. Where nobody is let in only the
 * authority is left, for stunnel takes no empty file.
 *
 * Clients' are TRUSTED CERTIFICATE blocks, OpenSSL's own form. stunnel sends the names in all CERTIFICATE blocks to
 * whoever connects, before it knows who that is: with 2,000 clients the message is longer than OpenSSL takes (100 KiB).
 */
export function gateFile(authority: string, pinned: readonly Pinned[]): string {
  const clients = pinned.map(({ client, certificate: { serial, pem } }) => `${serial} ${client}\n${trusted(pem)}`);
  return `${madeBy()}\n${authority.trimEnd()}\n${clients.join("")}`;
}

/** In a plan the certificates that are yet to be made are stand-ins without a block. */
function trusted(pem: string): string {
  return `${pem.trimEnd().replaceAll(" CERTIFICATE-----", " TRUSTED CERTIFICATE-----")}\n`;
}
