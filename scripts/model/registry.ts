import type { Duration, Instant } from "./time.ts";

export const KEY_TYPES = ["ec-p256", "ec-p384", "rsa-3072", "rsa-4096", "ed25519"] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** Reasons a person may give (RFC 5280, 5.3.1); certificateHold is `suspended`. */
export const REASONS = [
  "keyCompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "privilegeWithdrawn",
  "unspecified",
] as const;
export type Reason = (typeof REASONS)[number];

export const KINDS = ["client", "server", "signer"] as const;
export type Kind = (typeof KINDS)[number];

/** clients.yaml, read and checked, every default filled in. Maps are in the order of the file. */
export interface Registry {
  readonly authority: Authority;
  readonly crl: { readonly lifetime: Duration; readonly renewBefore: Duration };
  readonly limits: Limits;
  readonly repositories: ReadonlyMap<string, Repository>;
  readonly services: ReadonlyMap<string, Service>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly clients: ReadonlyMap<string, Client>;
  readonly servers: ReadonlyMap<string, Server>;
  readonly signers: ReadonlyMap<string, Signer>;
}

export interface Authority {
  readonly commonName: string;
  readonly organization: string;
  readonly country: string | null;
  readonly key: KeyType;
  readonly lifetime: Duration;
  readonly root: "self";
}

export interface Limits {
  /** Percent of admitted clients that one plan may take access from. */
  readonly lose: number;
  readonly allow: { readonly lose: number; readonly until: Instant } | null;
  readonly signed: boolean;
}

export const REPOSITORY_TYPES = ["pkg", "apt", "pkgsrc", "files"] as const;
type RepositoryType = (typeof REPOSITORY_TYPES)[number];

export interface Repository {
  readonly type: RepositoryType;
  /** URL path with a slash at both ends. */
  readonly path: string;
  /** Absolute directory on the servers, no slash at the end. */
  readonly root: string;
  readonly suite: string | null;
  readonly components: readonly string[];
  /** `pki/signing/FILE`, or null. */
  readonly signing: string | null;
}

export interface Service {
  readonly sni: string;
  /** host:port */
  readonly connect: string;
}

export interface Group {
  readonly repositories: readonly string[];
  readonly services: readonly string[];
  readonly sensitive: boolean;
}

/** How an identity's certificates are made: section `certificates`, overridden flat in the identity. */
export interface CertificateSettings {
  readonly key: KeyType;
  readonly lifetime: Duration;
  readonly renewBefore: Duration;
  readonly overlap: Duration | null;
}

export interface Client extends CertificateSettings {
  readonly groups: readonly string[];
  readonly csr: boolean;
  readonly expires: Instant | null;
  readonly home: string | null;
  readonly previously: string | null;
  readonly suspended: boolean;
  readonly reissue: { readonly before: Instant; readonly reason: Reason } | null;
  /** A tombstone: no access, no certificates. */
  readonly revoked: Reason | null;
  readonly contact: string | null;
  readonly organization: string;
  readonly country: string | null;
}

/** What can run on a server. What each is, servers/kinds.ts says. */
export const SOFTWARE = ["nginx", "apache", "stunnel", "haproxy"] as const;
export type Software = (typeof SOFTWARE)[number];

export interface Server extends CertificateSettings {
  readonly software: Software;
  /** DNS names in lower case, IP addresses in canonical form; the first is the one in URLs. */
  readonly names: readonly string[];
  /** `issued`, or files on the server. */
  readonly certificate: "issued" | { readonly file: string; readonly key: string; readonly ca: string | null };
  readonly csr: boolean;
  /** `443`, `127.0.0.1:8443`, `[::]:443` */
  readonly listen: readonly string[];
  readonly redirect: readonly string[];
  /** https://HOST[:PORT], no slash at the end. */
  readonly url: string;
  readonly repositories: readonly string[];
  readonly services: readonly string[];
  readonly deploy: Deploy;
  /** How many requests each client may make; null: that is not limited. */
  readonly rate: Rate | null;
  /** host:port that admitted requests are handed on to; null: the server has the repositories itself. */
  readonly backend: string | null;
  /** The repository at /home/ of clients that have no home of their own; null: they have none there. */
  readonly home: string | null;
}

/** nginx's limit_req: `requests` in a second or a minute, and so many more, `burst`, at once. */
export interface Rate {
  readonly requests: number;
  readonly per: "s" | "m";
  readonly burst: number;
}

/** `canary`: a client whose certificate is tried after each activation, or null. */
export type Deploy =
  | {
      readonly to: "local";
      readonly directory: string | null;
      readonly canary: string | null;
      /** clients.yaml says `{ to: local }` and nothing beside it: directory or canary say it too. */
      readonly said: boolean;
    }
  | { readonly to: "ssh"; readonly host: string; readonly directory: string | null; readonly canary: string | null }
  | { readonly to: "pull"; readonly branch: string };

/** Whether clients.yaml itself says how to get there. The default, this machine, is meant for whoever types deploy. */
export function saysHow(deploy: Deploy): boolean {
  if (deploy.to !== "local") return true;
  return deploy.said || deploy.directory !== null || deploy.canary !== null;
}

export interface Signer extends CertificateSettings {
  readonly repository: string | null;
  readonly csr: boolean;
}
