import { SOFTWARE, type Software } from "./registry.ts";

/** Where things are, from the top of the repository. The one place that builds these paths. */
export const REGISTRY_FILE = "clients.yaml";
export const CA_CERTIFICATE = "pki/ca.crt";
export const CA_KEY = "pki/private/ca.key";
export const CRL_FILE = "pki/crl.pem";
export const CARRIED_OUT = "pki/registry.yaml";
export const INDEX = "pki/index.txt";
export const INDEX_ATTR = "pki/index.txt.attr";
export const PKI_README = "pki/README.md";

export const DIR = {
  certificates: "pki/certs_by_serial",
  revoked: "pki/revoked",
  held: "pki/held",
  requests: "pki/reqs",
  signing: "pki/signing",
  private: "pki/private",
  keys: "pki/private/by_serial",
  issued: "pki/issued",
  renewals: "pki/renewals",
  ...(Object.fromEntries(SOFTWARE.map((software) => [software, `pki/${software}`])) as {
    readonly [S in Software]: `pki/${S}`;
  }),
} as const;

/** Where the servers' configuration is, of every software. */
export const SERVER_DIRS = SOFTWARE.map((software) => DIR[software]);

export const path = {
  certificate: (serial: string) => `${DIR.certificates}/${serial}.pem`,
  revocation: (serial: string) => `${DIR.revoked}/${serial}.yaml`,
  hold: (serial: string) => `${DIR.held}/${serial}.yaml`,
  request: (name: string) => `${DIR.requests}/${name}.req`,
  keyBySerial: (serial: string) => `${DIR.keys}/${serial}.key`,
  key: (name: string) => `${DIR.private}/${name}.key`,
  renewal: (serial: string) => `${DIR.renewals}/${serial}.p7m`,
  issued: (name: string) => `${DIR.issued}/${name}.crt`,
} as const;

/** Directories of files that each belong to one client, server or signer, and of nothing else below them. */
const OF_ONE = [DIR.requests, DIR.issued, DIR.renewals, DIR.keys, DIR.private] as const;

/**
 * The file of one client, server or signer that this path is, or lies below where a directory took its place; null for
 * every other path.
 */
export function fileOfOne(path: string): string | null {
  const directory = OF_ONE.find((one) => path.startsWith(`${one}/`));
  if (directory === undefined || path === CA_KEY) return null;
  const file = path
    .split("/")
    .slice(0, directory.split("/").length + 1)
    .join("/");
  return file === DIR.keys || file === CA_KEY || /\/\.[^/]*$/.test(file) ? null : file;
}

/** Serials are whole bytes in upper-case hex, at most 20 of them (RFC 5280, 4.1.2.2). */
export const SERIAL_HEX = "(?:[0-9A-F]{2}){1,20}";
export const SERIAL = new RegExp(`^${SERIAL_HEX}$`);

/** Names of identities, groups, repositories and services, wherever one is read. */
export const NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,62}$/;

/**
 * The same where clients.yaml gives one. A dot at the end was let in once, and what was carried out then stays
 * readable; but `NAME..crt` looks like a way out of the directory to whoever checks paths.
 */
export const GIVEN_NAME = new RegExp(`${NAME.source.slice(0, -1)}(?<!\\.)$`);
export const RESERVED_NAMES: readonly string[] = ["ca", "root", "crl", "default", "hostnames", "include", "volatile"];
