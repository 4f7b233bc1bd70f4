import type { ReachedServer } from "./context.ts";
import type { ClientFile, ClientRenderer } from "./files.ts";
import { webServers } from "./sources.ts";

/**
 * Certificates by host: docker's certs.d, and podman's, skopeo's and buildah's (containers-certs.d(5)). A `.cert` goes
 * with the `.key` of the same name; each `.crt` is one more CA for this host.
 */
export const docker: ClientRenderer = (context) => {
  const servers = webServers(context).filter(hasName);
  const hosts = [...new Map(servers.map((server) => [authorityOf(server), server]))];
  return {
    files: DIRECTORIES.flatMap((directory) => hosts.flatMap(([host, server]) => files(`${directory}/${host}`, server))),
    notes: hosts.map(([host]) => `docker pull ${host}/IMAGE, or podman pull ${host}/IMAGE`),
  };
};

const DIRECTORIES = ["/etc/docker/certs.d", "/etc/containers/certs.d"] as const;

/** Neither of them takes an IPv6 address for the name of a registry. */
const hasName = ({ host }: ReachedServer) => !host.includes(":");

/** As it is written in the name of an image. */
const authorityOf = ({ host, port }: ReachedServer) => (port === 443 ? host : `${host}:${port}`);

function files(directory: string, { ca }: ReachedServer): ClientFile[] {
  const file = { mode: 0o644, owner: "root", systems: ["linux"] } as const;
  return [
    { ...file, path: `${directory}/client.cert`, content: { credential: "fullchain" } },
    { ...file, path: `${directory}/client.key`, mode: 0o600, content: { credential: "key" } },
    ...(ca === "system"
      ? []
      : [{ ...file, path: `${directory}/ca.crt`, content: { credential: "server-ca" } as const }]),
  ];
}
