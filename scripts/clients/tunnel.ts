import { createHash } from "node:crypto";
import { madeBy } from "../model/derived.ts";
import { address, file, option, section } from "../servers/stunnel/text.ts";
import type { ReachedServer } from "./context.ts";
import { type ClientFile, configuration, ETC, INSTALLED } from "./files.ts";

/** One section: a port on loopback, and the servers behind it, of which the first that can be reached is taken. */
export interface Tunnel {
  readonly name: string;
  readonly port: number;
  readonly servers: readonly [ReachedServer, ...ReachedServer[]];
  /** Which name to ask for: a service's, or the server's own. */
  readonly sni: string;
}

/** A stunnel of our own: its name in /var/run and for systemd, and its configuration's path. */
export interface Daemon {
  readonly name: string;
  readonly path: string;
  readonly tunnels: readonly Tunnel[];
}

/** Configuration, how systemd starts it, and how it gets to know of a renewed certificate. */
export function daemonFiles(daemon: Daemon): ClientFile[] {
  const { name, path } = daemon;
  return [
    configuration(path, clientFile(daemon)),
    { ...configuration(`${ETC}/renewed.d/${name}`, hook(name)), mode: 0o755 },
    configuration(`/etc/systemd/system/${name}.service`, unit(daemon), ["linux"]),
  ];
}

/** What the system trusts, as files that are named by a hash: on Debian, FreeBSD and most Linux. stunnel takes one. */
const SYSTEM_TRUST = "/etc/ssl/certs";

function clientFile({ name, path, tunnels }: Daemon): string {
  return file([
    `; To start it: stunnel ${path}`,
    option("pid", pidFile(name)),
    option("client", "yes"),
    option("sslVersionMin", "TLSv1.2"),
    option("cert", INSTALLED.fullchain),
    option("key", INSTALLED.key),
    option("verifyChain", "yes"),
    "; Names are looked up when somebody connects, and so it starts before the network does.",
    option("delay", "yes"),
    ...tunnels.flatMap(tunnelSection),
  ]);
}

function tunnelSection({ name, port, servers, sni }: Tunnel): string[] {
  const [first] = servers;
  // A section knows one CA, and where it has both kinds of names a certificate needs one of each.
  const kind = first.names.some((one) => !isAddress(one)) ? "checkHost" : "checkIP";
  const checked = (server: ReachedServer) => server.names.filter((one) => isAddress(one) === (kind === "checkIP"));
  const alike = servers.filter(
    (server) => (server.ca === "system") === (first.ca === "system") && checked(server).length > 0,
  );
  return section(name, [
    option("accept", `127.0.0.1:${port}`),
    ...alike.map((server) =>
      option("connect", address(`${server.host.includes(":") ? `[${server.host}]` : server.host}:${server.port}`)),
    ),
    option("failover", "prio"),
    option("sni", sni),
    first.ca === "system" ? option("CApath", SYSTEM_TRUST) : option("CAfile", INSTALLED.serverCa),
    ...[...new Set(alike.flatMap(checked))].map((one) => option(kind, one)),
  ]);
}

const isAddress = (name: string) => /^[\d.]+$|:/.test(name);

const pidFile = (name: string) => `/var/run/${name}.pid`;

/** stunnel reads certificate and key at its start, and anew when it is told to. */
function hook(name: string): string {
  return [
    "#!/bin/sh",
    madeBy(),
    `[ -f ${pidFile(name)} ] || exit 0`,
    `read -r pid <${pidFile(name)} || exit 1`,
    'program=$(ps -p "$pid" -o comm= 2>/dev/null)',
    "# 1: there is no such process. Anything else, and nobody knows.",
    "[ $? -le 1 ] || exit 1",
    "case $program in",
    '*stunnel*) kill -HUP "$pid" ;;',
    "esac",
    "",
  ].join("\n");
}

function unit({ name, path }: Daemon): string {
  return [
    madeBy(),
    "[Unit]",
    `Description=Gatehouse: stunnel, ${path}`,
    "After=network.target",
    "",
    "[Service]",
    "Type=forking",
    `PIDFile=${pidFile(name)}`,
    `ExecStart=/usr/bin/stunnel ${path}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}

const LOWEST = 20_000;
const COUNT = 10_000;

/**
 * A port that goes by the name alone, and so stays when others come and go: 20000 to 29999, below what Linux takes for
 * outgoing connections.
 */
export function portOf(name: string): number {
  return LOWEST + (createHash("sha256").update(name).digest().readUInt32BE() % COUNT);
}
