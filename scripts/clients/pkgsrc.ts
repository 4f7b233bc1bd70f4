import { madeBy } from "../model/derived.ts";
import type { ClientContext, ReachedRepository, ReachedServer } from "./context.ts";
import { type ClientFile, type ClientRenderer, configuration, ETC, INSTALLED } from "./files.ts";
import { sourcesOf, webServers } from "./sources.ts";
import { daemonFiles, portOf } from "./tunnel.ts";

/**
 * pkg_install.conf(5), and a bridge: pkg_add's fetch library has no client certificates, so it asks over loopback, in
 * plain HTTP, and stunnel takes that to the server. As a proxy, so that the request names the server: by its address on
 * loopback none of ours is known.
 */
export const pkgsrc: ClientRenderer = (context) => {
  const [first, ...others] = serversOf(context);
  if (first === undefined) return { files: [], notes: [] };
  const servers = [first, ...others];
  const tunnels = servers.map((server) => ({
    name: server.name,
    port: portOf(server.name),
    servers: [server] as const,
    sni: server.names[0] ?? server.host,
  }));
  const path = pathOf(first);
  return {
    files: [
      ...daemonFiles({ name: "gatehouse-pkgsrc", path: BRIDGE, tunnels }),
      ...anchorFile(context),
      configuration("/etc/pkg_install.conf", conf(context, path), ["netbsd"]),
      configuration("/usr/pkg/etc/pkg_install.conf", conf(context, path), ["linux", "freebsd"]),
      configuration("/opt/pkg/etc/pkg_install.conf", conf(context, path), ["macos"]),
    ],
    notes: [
      `stunnel ${BRIDGE}`,
      "With systemd: systemctl daemon-reload && systemctl enable --now gatehouse-pkgsrc",
      `${proxy(first)} pkg_add PACKAGE`,
      ...others.map((server) => `From ${server.name}: ${proxy(server)} PKG_PATH='${pathOf(server)}' pkg_add PACKAGE`),
      "Packages without a signature that verifies are refused: VERIFIED_INSTALLATION in pkg_install.conf.",
      ...(mixed(context) ? [MIXED] : []),
    ],
  };
};

const BRIDGE = `${ETC}/pkgsrc/stunnel.conf`;
const ANCHOR = `${ETC}/pkgsrc/anchor.pem`;
const MIXED = `${ANCHOR} is what pki/signing/ says; for packages of our own signers append ${INSTALLED.ca} to it.`;

const proxy = (server: ReachedServer) => `http_proxy=http://127.0.0.1:${portOf(server.name)}/`;

function packagesOf({ repositories }: ReachedServer): ReachedRepository[] {
  return repositories.filter(({ type }) => type === "pkgsrc");
}

function serversOf(context: ClientContext): ReachedServer[] {
  return webServers(context).filter((server) => packagesOf(server).length > 0);
}

/** By http, for the bridge speaks TLS; by the server's first name, which its certificate has. */
function pathOf(server: ReachedServer): string {
  const host = server.names[0] ?? server.host;
  const name = host.includes(":") ? `[${host}]` : host;
  return packagesOf(server)
    .map(({ path }) => `http://${name}${path}All`)
    .join(";");
}

function conf(context: ClientContext, path: string): string {
  const anchor = anchors(context).length > 0 ? ANCHOR : INSTALLED.ca;
  const lines = [
    madeBy(),
    "# Fetched through stunnel, where the environment has http_proxy: see the README.",
    `PKG_PATH=${path}`,
    `CERTIFICATE_ANCHOR_PKGS=${anchor}`,
    "VERIFIED_INSTALLATION=always",
  ];
  return `${lines.join("\n")}\n`;
}

/** The anchors of repositories that somebody else signs, each once. Our own signers' is the authority. */
function anchors(context: ClientContext): Uint8Array[] {
  const found = new Map(
    sourcesOf(context, "pkgsrc").flatMap(({ repository: { signing } }) =>
      signing === null ? [] : [[signing.file, signing.data] as const],
    ),
  );
  return [...found.values()];
}

function mixed(context: ClientContext): boolean {
  return (
    anchors(context).length > 0 && sourcesOf(context, "pkgsrc").some(({ repository }) => repository.signing === null)
  );
}

function anchorFile(context: ClientContext): ClientFile[] {
  const found = anchors(context);
  if (found.length === 0) return [];
  const data = Buffer.concat(found);
  return [{ ...configuration(ANCHOR, ""), content: { data } }];
}
