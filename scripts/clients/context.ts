import { basename } from "node:path/posix";
import { reach } from "../model/access.ts";
import type { Registry, Repository, Server, Software } from "../model/registry.ts";
import type { KeySource } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { compare } from "../model/words.ts";
import { servesRepositories } from "../servers/all-kinds.ts";
import { HOME, RENEWAL } from "../servers/gates.ts";

/** All that the configuration of a client's programs is made from. Nothing in it is secret. */
export interface ClientContext {
  readonly name: string;
  readonly key: KeySource;
  /** Those that serve something the client reaches, in the registry's order. */
  readonly servers: readonly ReachedServer[];
  /** Whether some server's certificate is to be verified with server-ca.pem. */
  readonly serverCa: boolean;
  /** Where the client sees its own repository, one URL for each server that has it. */
  readonly homes: readonly string[];
  /** Where a renewed certificate is fetched, and how that server is verified; null: nowhere. */
  readonly renewal: { readonly server: string; readonly url: string; readonly ca: ServerTrust } | null;
}

/** `ours` and `file`: by server-ca.pem; `system`: by what the client's system trusts. */
type ServerTrust = "ours" | "file" | "system";

export interface ReachedServer {
  readonly name: string;
  readonly software: Software;
  /** https://HOST[:PORT], no slash at the end. */
  readonly url: string;
  /** As in the URL, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** DNS names and addresses in its certificate. */
  readonly names: readonly string[];
  readonly ca: ServerTrust;
  /** Sorted by name. */
  readonly repositories: readonly ReachedRepository[];
  readonly services: readonly ReachedService[];
}

export interface ReachedRepository extends Pick<Repository, "type" | "path" | "suite" | "components"> {
  readonly name: string;
  /** With a slash at the end. */
  readonly url: string;
  /** The public half of its own signature; null where packages are not signed, or nobody said by whom. */
  readonly signing: SigningKey | null;
}

export interface SigningKey {
  /** Its name under pki/signing/. */
  readonly file: string;
  readonly data: Uint8Array;
}

export interface ReachedService {
  readonly name: string;
  readonly sni: string;
  /** The service's own port, behind the tunnel. */
  readonly port: number;
}

export interface ContextInput {
  readonly registry: Registry;
  readonly name: string;
  readonly key: KeySource;
  readonly now: Instant;
  /** The bytes of a file under pki/signing/, by its path from the top. */
  readonly signing: (path: string) => Uint8Array;
}

export function clientContext(input: ContextInput): ClientContext {
  const { registry, name, key, now } = input;
  const reached = reach(registry, name, now);
  const home = registry.clients.get(name)?.home ?? null;
  const all = [...registry.servers].map(([serverName, server]) => serverOf(serverName, server, reached, input));
  const servers = all.filter(({ repositories, services }) => repositories.length + services.length > 0);
  const web = all.filter(servesRepositories);
  const own = (server: ReachedServer) => server.repositories.some((repository) => repository.name === home);
  const renewing = web.find((server) => servers.includes(server)) ?? web[0] ?? null;
  return {
    name,
    key,
    servers,
    serverCa: [...servers, ...(renewing === null ? [] : [renewing])].some(({ ca }) => ca !== "system"),
    homes: web.filter(own).map(({ url }) => `${url}${HOME}`),
    renewal: renewing && {
      server: renewing.name,
      url: `${renewing.url}${RENEWAL}`,
      ca: renewing.ca,
    },
  };
}

function serverOf(
  name: string,
  server: Server,
  reached: { readonly repositories: readonly string[]; readonly services: readonly string[] },
  { registry, signing }: ContextInput,
): ReachedServer {
  const { hostname, port } = new URL(server.url);
  const both = (offered: readonly string[], wanted: readonly string[]) =>
    wanted.filter((one) => offered.includes(one)).toSorted(compare);
  return {
    name,
    software: server.software,
    url: server.url,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 443 : Number(port),
    names: server.names,
    ca: trustOf(server),
    repositories: both(server.repositories, reached.repositories).flatMap((one) => {
      const repository = registry.repositories.get(one);
      return repository === undefined ? [] : [repositoryOf(one, repository, server.url, signing)];
    }),
    services: both(server.services, reached.services).flatMap((one) => {
      const service = registry.services.get(one);
      if (service === undefined) return [];
      return [
        { name: one, sni: service.sni, port: Number(service.connect.slice(service.connect.lastIndexOf(":") + 1)) },
      ];
    }),
  };
}

function repositoryOf(
  name: string,
  { type, path, suite, components, signing }: Repository,
  url: string,
  read: ContextInput["signing"],
): ReachedRepository {
  const key = signing === null ? null : { file: basename(signing), data: read(signing) };
  return { name, type, path, url: `${url}${path}`, suite, components, signing: key };
}

function trustOf({ certificate }: Server): ServerTrust {
  if (certificate === "issued") return "ours";
  return certificate.ca === null ? "system" : "file";
}

/**
 * Which form a repository's public half has. By its first words only: whether it is what it says, and public, was
 * decided when the registry was read.
 */
type SigningForm = "public key" | "certificate" | "armored" | "openpgp" | "text";

export function formOf({ data }: SigningKey): SigningForm {
  const text = Buffer.from(data).toString("latin1");
  const [, label] = /-----BEGIN (PUBLIC KEY|CERTIFICATE|PGP)\b/.exec(text) ?? [];
  if (label === "PGP") return "armored";
  if (label === "PUBLIC KEY") return "public key";
  if (label === "CERTIFICATE") return "certificate";
  // OpenPGP begins with a packet's tag, of which the highest bit is set (RFC 9580, 4.2).
  return (data[0] ?? 0) >= 0x80 ? "openpgp" : "text";
}
