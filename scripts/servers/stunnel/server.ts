import { madeBy } from "../../model/derived.ts";
import type { Registry, Server } from "../../model/registry.ts";
import type { Certificate } from "../../model/state.ts";
import { compare } from "../../model/words.ts";
import { canonicalListener } from "../listen.ts";
import { address, file, option, section } from "./text.ts";

/**
 * Every path is relative to the directory of releases: stunnel is started there, and in a chroot is there. Through
 * `current`, because stunnel resolves links in the name of its own file once, and reads that file again at each reload.
 */
const PKI = "current/";
const HERE = `${PKI}stunnel/`;

/**
 * stunnel.conf, the same for every server, for the file that stunnel is started with to include. What stands here before
 * the first section counts for all sections.
 */
export function mainFile(): string {
  return file([
    "; The file that stunnel is started with says `include = current/stunnel`, and lies beside `current`.",
    option("sslVersionMin", "TLSv1.2"),
    option("renegotiation", "no"),
    "; A session would pass by the CRL and the certificates of the service that it is resumed at.",
    option("sessionResume", "no"),
    option("options", "NO_TICKET"),
    "; A client must have a certificate of the authority, not revoked, and be in the CAfile of the section.",
    option("verifyChain", "yes"),
    option("verifyPeer", "yes"),
    option("CRLfile", `${PKI}crl.pem`),
    option("include", `${HERE}servers`),
    "; Which release this is: scripts/deploy/server/activate writes it.",
    option("include", `${HERE}generation`),
  ]);
}

/** servers/NAME.conf: certificate and key, a section for each listener, and for each service at each listener. */
export function serverFile(name: string, server: Server, services: Registry["services"]): string {
  const { certificate } = server;
  const issued = certificate === "issued";
  const offered = [...new Set(server.services)].sort(compare);
  const listeners = [...new Set(server.listen.map(canonicalListener))].sort(compare);
  return file([
    option("cert", issued ? `${PKI}issued/${name}.crt` : certificate.file),
    option("key", issued ? `${PKI}private/${name}.key` : certificate.key),
    ...listeners.flatMap((listener, index) => listenerSection(listener, index + 1)),
    // A section of its own at each: where `sni` stands twice in one, stunnel 5.68 knows the last.
    ...listeners.flatMap((_, index) => offered.flatMap((service) => serviceSection(service, index + 1, services))),
  ]);
}

/** What no service's name asks for: a section that lets the authority in, whose key nobody has who would come here. */
function listenerSection(listener: string, number: number): string[] {
  return section(`listen/${number}`, [
    ...(number === 1 ? ["; Whoever asks for no service, or for an unknown one, is refused here."] : []),
    option("accept", address(listener)),
    // `443` and `[::]:443` are two sockets.
    ...(listener.startsWith("[") ? [option("socket", "a:IPV6_V6ONLY=yes")] : []),
    option("CAfile", `${PKI}ca.crt`),
    option("connect", NOWHERE),
  ]);
}

/** stunnel wants one. Discard (RFC 863), on which nothing listens. */
const NOWHERE = "127.0.0.1:9";

function serviceSection(name: string, listener: number, services: Registry["services"]): string[] {
  const service = services.get(name);
  if (service === undefined) return [];
  return section(`${name}/${listener}`, [
    option("sni", `listen/${listener}:${service.sni}`),
    option("CAfile", `${HERE}gates/${name}.pem`),
    option("connect", address(service.connect)),
  ]);
}

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
