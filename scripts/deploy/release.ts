import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Server } from "../model/registry.ts";
import { MANIFEST, type Release, type ReleaseFile } from "../model/release.ts";
import { MAX_INSTANT } from "../model/time.ts";
import { SERVER_KINDS } from "../servers/all-kinds.ts";
import { certificateOf, credentialsOf } from "./keys.ts";
import { renderManifest } from "./manifest.ts";
import type { Source } from "./source.ts";

/**
 * The release of one server: a mirror of pki/ with what it needs, and a manifest. The same bytes for the same commit.
 * Throws UserError where the commit has no certificate or configuration for it, or its key cannot be read.
 */
export function buildRelease(source: Source, name: string): Release {
  const server = source.registry.servers.get(name);
  if (server === undefined) throw new Error(`no server ${name}`);
  const { commit, time, state, registry } = source;
  const crl = state.crl?.number;
  if (crl === undefined) throw new UserError(`there is no ${paths.CRL_FILE} in this commit`, "npm run reconcile");
  const files = [...configuration(source, name, server), ...common(source), ...certificate(source, name, server)];
  const served = SERVER_KINDS[server.software].readsRoots ? server.repositories : [];
  const roots = served.flatMap((repository) => registry.repositories.get(repository)?.root ?? []);
  const { software } = server;
  const { ancestors } = source;
  const facts = { server: name, software, commit, time, crl, ancestors, ...withdrawn(source) };
  const { id, text } = renderManifest({ ...facts, probe: probeOf(name, server), roots, files });
  const manifest: ReleaseFile = { path: MANIFEST, mode: 0o644, data: Buffer.from(text) };
  const sorted = [...files, manifest].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { id, server: name, software, commit, time, crl, files: sorted };
}

/** Everything of the software's directory, but of servers/ and include/ only this server's own file. */
function configuration(source: Source, name: string, { software }: Server): ReleaseFile[] {
  const directory = paths.DIR[software];
  const { ending } = SERVER_KINDS[software];
  const own = [`${directory}/servers/`, `${directory}/include/`];
  const wanted = source.paths.filter((path) => {
    if (!path.startsWith(`${directory}/`)) return false;
    const shared = own.every((start) => !path.startsWith(start));
    return shared || own.some((start) => path === `${start}${name}${ending}`);
  });
  if (!wanted.some((path) => path.endsWith(`/${name}${ending}`))) {
    throw new UserError(
      `this commit has no ${software} configuration for ${name} in ${directory}/`,
      "run: npm run reconcile -- --commit",
    );
  }
  const changed = wanted.find((path) => source.drifted.has(path));
  if (changed === undefined) return wanted.map((path) => mirrored(source, path));
  throw new UserError(
    `${changed} in this commit is not what registry and state call for`,
    "somebody edited it, or a merge was not followed by a run of: npm run reconcile -- --commit",
  );
}

function common(source: Source): ReleaseFile[] {
  return [mirrored(source, paths.CA_CERTIFICATE), mirrored(source, paths.CRL_FILE)];
}

/** The key only where it is made here, and never for a branch that a server fetches. */
function certificate(source: Source, name: string, server: Server): ReleaseFile[] {
  if (server.certificate !== "issued") return [];
  const file = (path: string, mode: ReleaseFile["mode"], data: Buffer) => ({
    path: path.slice(PKI.length),
    mode,
    data,
  });
  const chain = (data: Buffer) => file(paths.path.issued(name), 0o644, data);
  if (server.csr || server.deploy.to === "pull") return [chain(certificateOf(source, name))];
  const { certificate: data, key } = credentialsOf(source, name);
  return [chain(data), file(paths.path.key(name), 0o600, key)];
}

const PKI = "pki/";

function mirrored({ read }: Source, path: string): ReleaseFile {
  const data = read(path);
  if (data === null) throw new UserError(`there is no ${path} in this commit`, "npm run reconcile");
  return { path: path.slice(PKI.length), mode: 0o644, data };
}

/**
 * What the files and the CRL say is revoked: a file that cannot be read must not look to a server like a revocation
 * taken back. One of a certificate that is not on file never ends.
 */
function withdrawn({ state: { revocations, holds, certificates, crl } }: Source) {
  const listed = [...(crl?.entries.values() ?? [])].filter(({ reason }) => reason !== "certificateHold");
  const serials = new Set([...revocations.keys(), ...listed.map(({ serial }) => serial)]);
  const revoked = [...serials].map((serial) => ({
    serial,
    notAfter: certificates.get(serial)?.notAfter ?? MAX_INSTANT,
  }));
  return { revoked, held: [...holds.keys()].filter((serial) => !serials.has(serial)) };
}

function probeOf(name: string, { names, listen }: Server) {
  const first = listen[0] ?? "443";
  return { name: names[0] ?? name, port: Number(first.slice(first.lastIndexOf(":") + 1)) };
}
