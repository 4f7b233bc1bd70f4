import type { ClientContext } from "./context.ts";

/** Where a bundle can be installed. */
export const SYSTEMS = ["linux", "freebsd", "netbsd", "macos"] as const;
export type ClientSystem = (typeof SYSTEMS)[number];

/**
 * The directory of credentials, another one on each system: install.sh puts its path in place of this word, in targets
 * and in text. Where people read it, `readable` does.
 */
export const ETC = "@ETC@";

/** As install.sh has it. */
export const CREDENTIALS: Readonly<Record<ClientSystem, string>> = {
  linux: "/etc/gatehouse-client",
  freebsd: "/usr/local/etc/gatehouse-client",
  netbsd: "/usr/pkg/etc/gatehouse-client",
  macos: "/usr/local/etc/gatehouse-client",
};

/** Text with the directory of one system in it. */
export function readable(text: string, system: ClientSystem): string {
  return text.replaceAll(ETC, CREDENTIALS[system]);
}

/** `combined`: key, then full chain, as one PEM. `ca`: the authority that issued the client's certificate. */
type Credential = "key" | "fullchain" | "cert" | "combined" | "server-ca" | "ca";

/** The credentials that every installation has. */
export const INSTALLED = {
  key: `${ETC}/key.pem`,
  fullchain: `${ETC}/fullchain.pem`,
  serverCa: `${ETC}/server-ca.pem`,
  ca: `${ETC}/ca.pem`,
} as const;

/** A file on the client. */
export interface ClientFile {
  /** Absolute, or beginning with `@ETC@/`. */
  readonly path: string;
  readonly mode: number;
  /** `_apt`: the user as whom apt fetches; root where there is no such user. */
  readonly owner: "root" | "_apt";
  /**
   * `text` is ASCII, and `@ETC@` in it becomes the directory of credentials; `data` is installed as it is; a credential
   * is copied from those the client has, again after each renewal.
   */
  readonly content: { readonly text: string } | { readonly data: Uint8Array } | { readonly credential: Credential };
  readonly systems: readonly ClientSystem[];
}

/** What one program needs. */
export interface ClientKindFiles {
  readonly files: readonly ClientFile[];
  /** For the bundle's README, wrapped: what is where, and what to type. `@ETC@` stands for the directory. */
  readonly notes: readonly string[];
}

export type ClientRenderer = (context: ClientContext) => ClientKindFiles;

/** A text file for everybody to read, root's. */
export function configuration(path: string, text: string, systems: readonly ClientSystem[] = SYSTEMS): ClientFile {
  return { path, mode: 0o644, owner: "root", content: { text }, systems };
}

/** The credentials themselves: key, chain, our CA, and the servers' where programs must be told. */
export function credentialFiles({ serverCa }: ClientContext): ClientFile[] {
  const file = (path: string, mode: number, credential: Credential): ClientFile => {
    return { path, mode, owner: "root", content: { credential }, systems: SYSTEMS };
  };
  return [
    file(INSTALLED.key, 0o600, "key"),
    file(INSTALLED.fullchain, 0o644, "fullchain"),
    file(INSTALLED.ca, 0o644, "ca"),
    ...(serverCa ? [file(INSTALLED.serverCa, 0o644, "server-ca")] : []),
  ];
}
