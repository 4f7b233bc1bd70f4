import type { AUTHORITY, CRL, LIMITS } from "./schema/authority.ts";
import type { CERTIFICATES } from "./schema/certificates.ts";
import type { CLIENT } from "./schema/clients.ts";
import type { EntryOf } from "./schema/record.ts";
import type { GROUP, REPOSITORY, SERVICE } from "./schema/resources.ts";
import type { SERVER } from "./schema/servers.ts";
import type { SIGNER } from "./schema/signers.ts";

export { type Deploy, saysHow } from "./schema/deploy.ts";
export type { Rate } from "./schema/servers.ts";
export {
  CUSTODIES,
  IDENTITY_KINDS,
  KEY_TYPES,
  type KeyType,
  type Kind,
  REASONS,
  REPOSITORY_TYPES,
  type Reason,
  SOFTWARE,
  type Software,
} from "./schema/terms.ts";

// What each field is, its section in schema/ says. Instants and durations are seconds.

export interface Authority extends EntryOf<typeof AUTHORITY> {}
export interface Repository extends EntryOf<typeof REPOSITORY> {}
export interface Service extends EntryOf<typeof SERVICE> {}
export interface Group extends EntryOf<typeof GROUP> {}
/** How an identity's certificates are made: section `certificates`, overridden flat in the identity. */
export interface CertificateSettings extends EntryOf<typeof CERTIFICATES> {}
export interface Client extends EntryOf<typeof CLIENT> {}
export interface Server extends EntryOf<typeof SERVER> {}
export interface Signer extends EntryOf<typeof SIGNER> {}

/** clients.yaml, read and checked, every default filled in. Maps are in the order of the file. */
export interface Registry {
  readonly authority: Authority;
  readonly crl: EntryOf<typeof CRL>;
  readonly limits: EntryOf<typeof LIMITS>;
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly services: ReadonlyMap<string, Service>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly clients: ReadonlyMap<string, Client>;
  readonly servers: ReadonlyMap<string, Server>;
  readonly signers: ReadonlyMap<string, Signer>;
}

/** The identity's distinguished name as every part of Gatehouse writes and compares it: `CN=NAME, O=…[, C=…]`. */
export function formatSubject(commonName: string, organization: string, country: string | null): string {
  return `CN=${commonName}, O=${organization}${country === null ? "" : `, C=${country}`}`;
}

/** The names in the clients.yaml that Gatehouse comes with: nobody's own. */
export const SAMPLE_AUTHORITY = { commonName: "Example Packages CA", organization: "Example Ltd" } as const;

/** Whether an authority goes, or would go, by a name that nobody chose. */
export function isSample({ commonName, organization }: { commonName: string; organization: string }): boolean {
  return commonName === SAMPLE_AUTHORITY.commonName || organization === SAMPLE_AUTHORITY.organization;
}

/** Where ssh goes; null: what ssh's own configuration says. */
export interface SshTarget {
  readonly user: string | null;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number | null;
}

/**
 * `[user@]host[:port]`, as `deploy.host` is checked when clients.yaml is read, to its parts.
 * @throws Error for anything else, such as a host that ssh would take for an option
 */
export function sshTarget(text: string): SshTarget {
  const match =
    /^(?:([A-Za-z_][A-Za-z0-9_.-]*)@)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) throw new Error(`not a host for ssh: ${JSON.stringify(text)}`);
  const [, user, bracketed, bare, port] = match;
  return { user: user ?? null, host: bracketed ?? bare ?? "", port: port === undefined ? null : Number(port) };
}
