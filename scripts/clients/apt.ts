import { madeBy } from "../model/derived.ts";
import { type ClientContext, formOf, type SigningKey } from "./context.ts";
import { type ClientFile, type ClientRenderer, configuration } from "./files.ts";
import { type Source, sourcesOf } from "./sources.ts";

/**
 * sources.list(5) in deb822 form, and apt.conf(5) for each host. Settings of a host go by its name without the port,
 * so there is one certificate a host. apt fetches as `_apt`, which has to be able to read the key: it gets a copy.
 */
export const apt: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "apt");
  const hosts = hostsOf(sources);
  if (hosts.size === 0) return { files: [], notes: [] };
  return {
    files: [
      ...credentials([...hosts.values()].includes(true)),
      linux("/etc/apt/apt.conf.d/60gatehouse", [...hosts].flatMap(([host, ours]) => access(host, ours)).join("\n")),
      ...sources.flatMap(({ repository: { name, signing } }) => keyring(name, signing)),
      ...sources.map((source) =>
        linux(`/etc/apt/sources.list.d/gatehouse-${source.repository.name}.sources`, stanza(source)),
      ),
    ],
    notes: notes(context, sources),
  };
};

const DIRECTORY = "/etc/apt/gatehouse";

function credentials(serverCa: boolean): ClientFile[] {
  const file = { systems: ["linux"], owner: "root", mode: 0o644 } as const;
  return [
    { ...file, path: `${DIRECTORY}/key.pem`, mode: 0o400, owner: "_apt", content: { credential: "key" } },
    { ...file, path: `${DIRECTORY}/fullchain.pem`, content: { credential: "fullchain" } },
    ...(serverCa ? [{ ...file, path: `${DIRECTORY}/ca.pem`, content: { credential: "server-ca" } as const }] : []),
  ];
}

/** Hosts, and whether one of their servers is verified by a CA that the system does not know. */
function hostsOf(sources: readonly Source[]): Map<string, boolean> {
  const hosts = new Map<string, boolean>();
  for (const { places } of sources) {
    for (const { server } of places) {
      hosts.set(server.host, (hosts.get(server.host) ?? false) || server.ca !== "system");
    }
  }
  return hosts;
}

/** Newer versions of apt do not look for the key in the certificate's file: both are named. */
function access(host: string, ours: boolean): string[] {
  return [
    `Acquire::https::${host} {`,
    ...(ours ? [`  CAInfo "${DIRECTORY}/ca.pem";`] : []),
    `  SslCert "${DIRECTORY}/fullchain.pem";`,
    `  SslKey "${DIRECTORY}/key.pem";`,
    "};",
  ];
}

/** Debian's own place for keyrings; the ending tells apt which form it has. */
const keyringPath = (name: string, signing: SigningKey) =>
  `/etc/apt/keyrings/gatehouse-${name}.${formOf(signing) === "armored" ? "asc" : "gpg"}`;

function keyring(name: string, signing: SigningKey | null): ClientFile[] {
  if (signing === null) return [];
  const { data } = signing;
  return [{ path: keyringPath(name, signing), mode: 0o644, owner: "root", content: { data }, systems: ["linux"] }];
}

/** Several servers are several URIs of one source: what one of them cannot give is fetched from another. */
function stanza({ repository: { name, suite, components, signing }, places }: Source): string {
  return [
    "Types: deb",
    `URIs: ${places.map(({ url }) => url).join(" ")}`,
    `Suites: ${suite ?? "stable"}`,
    `Components: ${components.join(" ")}`,
    ...(signing === null ? [] : [`Signed-By: ${keyringPath(name, signing)}`]),
  ].join("\n");
}

function linux(path: string, body: string): ClientFile {
  return configuration(path, `${madeBy(path.includes("apt.conf.d") ? "//" : "#")}\n${body}\n`, ["linux"]);
}

function notes({ name }: ClientContext, sources: readonly Source[]): string[] {
  const unsigned = sources.filter(({ repository }) => repository.signing === null);
  return [
    "apt-get update && apt-get install PACKAGE",
    `"Could not load client certificate … or key": ${DIRECTORY}/key.pem is not _apt's; install the bundle again.`,
    `"400  Bad Request" or "403  Forbidden": the server does not let ${name} in (any more).`,
    ...unsigned.map(
      ({ repository }) =>
        `${repository.name}: nobody said who signs it. Until repositories.${repository.name}.signing names a keyring, apt believes every key of its own.`,
    ),
  ];
}
