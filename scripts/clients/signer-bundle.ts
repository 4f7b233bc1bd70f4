import type { Certificate } from "../model/state.ts";
import { type Duration, formatInstant } from "../model/time.ts";
import type { TarFile } from "./tar.ts";

/** Where the README has the build machine keep them; mk.conf and pkg_install.conf say the same. */
const DIRECTORY = "/usr/pkg/etc/gatehouse-signer";

export interface SignerBundle {
  readonly name: string;
  /** What it signs for, or null where the registry does not say. */
  readonly repository: string | null;
  readonly certificate: Pick<Certificate, "serial" | "subject" | "notBefore" | "notAfter">;
  readonly renewBefore: Duration;
  /** PEM; null where the build machine has it already. */
  readonly key: Uint8Array | null;
  /** Of pki/issued/NAME.crt and pki/ca.crt: PEM blocks, the signer's own certificate first. */
  readonly fullchain: string;
  readonly anchor: string;
}

/**
 * What a build machine needs to sign packages, below a directory of the signer's name. `certificate.pem` holds
 * exactly one certificate, since pkg_admin's x509-sign-package reads no more; what stands between it and the anchor
 * is `chain.pem`, which is left out where nothing does.
 */
export function signerFiles(input: SignerBundle): TarFile[] {
  const { name, key, anchor } = input;
  const [own = "", ...above] = blocks(input.fullchain);
  const anchors = new Set(blocks(anchor));
  const chain = above.filter((block) => !anchors.has(block));
  const file = (path: string, data: string | Uint8Array, mode = 0o644): TarFile => ({
    path: `${name}/${path}`,
    mode,
    data: typeof data === "string" ? Buffer.from(data) : data,
  });
  return [
    file("README", readme(input, chain.length > 0)),
    file("certificate.pem", own),
    file("anchor.pem", anchor),
    file("mk.conf", MK_CONF),
    file("pkg_install.conf", installConf(chain.length > 0)),
    ...(chain.length > 0 ? [file("chain.pem", chain.join(""))] : []),
    ...(key === null ? [] : [file("key.pem", key, 0o600)]),
  ];
}

function blocks(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----\n[\s\S]+?-----END CERTIFICATE-----\n/g) ?? [];
}

/** pkgsrc, mk/defaults/mk.conf: these three make `bmake package` sign. */
const MK_CONF = `SIGN_PACKAGES=x509
X509_KEY=${DIRECTORY}/key.pem
X509_CERTIFICATE=${DIRECTORY}/certificate.pem
`;

/** CERTIFICATE_CHAIN counts on the machine that signs: it is embedded then, and does nothing where one verifies. */
function installConf(hasChain: boolean): string {
  const anchor = `CERTIFICATE_ANCHOR_PKGS=${DIRECTORY}/anchor.pem\n`;
  return hasChain ? `${anchor}CERTIFICATE_CHAIN=${DIRECTORY}/chain.pem\n` : anchor;
}

function readme({ name, repository, certificate, renewBefore, key }: SignerBundle, hasChain: boolean): string {
  const { subject, serial, notBefore, notAfter } = certificate;
  const open = [...(hasChain ? ["chain.pem"] : []), "certificate.pem", "anchor.pem"].join(" ");
  const lines = [
    `Package signing by ${name}${repository === null ? "" : ` for the repository ${repository}`}`,
    "",
    ...(key === null
      ? [`There is nothing secret here: the key is on the build machine, at ${DIRECTORY}/key.pem.`]
      : ["key.pem signs packages: who has it is believed. Delete this directory once it is installed."]),
    "",
    "On the build machine, as root, in this directory",
    `  install -d -m 700 ${DIRECTORY}`,
    ...(key === null ? [] : [`  install -m 600 key.pem ${DIRECTORY}/`]),
    `  install -m 644 ${open} ${DIRECTORY}/`,
    "  cat mk.conf >> /etc/mk.conf                    once; other systems: PREFIX/etc/mk.conf",
    "  cat pkg_install.conf >> /etc/pkg_install.conf  once; the same",
    "",
    "From then on pkgsrc signs what it packages. What is built already, and how to see that it verifies:",
    `  pkg_admin x509-sign-package PACKAGE SIGNED ${DIRECTORY}/key.pem ${DIRECTORY}/certificate.pem`,
    "  pkg_admin check-signature SIGNED",
    "",
    "Machines that install get anchor.pem, and nothing else of this.",
    "",
    "Certificate",
    `  subject     ${subject}`,
    `  serial      ${serial}`,
    `  valid from  ${formatInstant(notBefore)}`,
    `  ends        ${formatInstant(notAfter)}`,
    "",
    `A successor is there from ${formatInstant(notAfter - renewBefore)}: ask for a new bundle then. A package verifies`,
    "until the certificate that signed it ends: sign anew, with the successor, what is still offered.",
  ];
  return `${lines.join("\n")}\n`;
}
