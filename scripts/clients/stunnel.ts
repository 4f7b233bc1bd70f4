import type { ClientContext, ReachedServer, ReachedService } from "./context.ts";
import { type ClientRenderer, ETC } from "./files.ts";
import { daemonFiles, portOf, type Tunnel } from "./tunnel.ts";

/**
 * stunnel(8) in client mode: each service of the client on a port of loopback, with the certificate shown to, and only
 * to, a server of ours.
 */
export const stunnel: ClientRenderer = (context) => {
  const tunnels = tunnelsOf(context);
  if (tunnels.length === 0) return { files: [], notes: [] };
  return {
    files: daemonFiles({ name: "gatehouse-stunnel", path: CONF, tunnels }),
    notes: [
      `stunnel ${CONF}`,
      "With systemd: systemctl daemon-reload && systemctl enable --now gatehouse-stunnel",
      ...tunnels.map(({ name, port }) => `${name} is at 127.0.0.1:${port}`),
      "Whoever is logged in on this machine reaches these ports, and the services with this machine's certificate.",
    ],
  };
};

const CONF = `${ETC}/stunnel.conf`;

function tunnelsOf({ servers }: ClientContext): Tunnel[] {
  const found = new Map<
    string,
    { readonly service: ReachedService; readonly servers: [ReachedServer, ...ReachedServer[]] }
  >();
  for (const server of servers) {
    for (const service of server.services) {
      const there = found.get(service.name);
      if (there === undefined) found.set(service.name, { service, servers: [server] });
      else there.servers.push(server);
    }
  }
  const taken = new Set<number>();
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, { service, servers: places }]) => {
    const port = freePort(service, taken);
    taken.add(port);
    return { name, port, servers: places, sni: service.sni };
  });
}

/**
 * The port that programs expect, the service's own. Below 1024 the system's services are (RFC 6335, 6): there, and where
 * a service that comes before it by name has that port, one that goes by its name.
 */
function freePort({ name, port }: ReachedService, taken: ReadonlySet<number>): number {
  let free = port < 1024 || taken.has(port) ? portOf(name) : port;
  while (taken.has(free)) free += 1;
  return free;
}
