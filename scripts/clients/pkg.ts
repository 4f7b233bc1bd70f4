import { madeBy } from "../model/derived.ts";
import { formOf, type ReachedRepository, type SigningKey } from "./context.ts";
import { type ClientFile, type ClientRenderer, configuration, INSTALLED } from "./files.ts";
import { type Place, type Source, sourcesOf } from "./sources.ts";

/**
 * pkg.conf(5), "REPOSITORY CONFIGURATION", in UCL. `env` holds for the fetches of one repository, and no other one gets
 * to see the certificate: the global PKG_ENV would show it to all.
 */
export const pkg: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "pkg");
  return {
    files: sources.flatMap((source) => [...signatureFiles(source.repository), conf(source)]),
    notes: sources.flatMap(notes),
  };
};

const DIRECTORY = "/usr/local/etc/pkg";

/** FreeBSD's own repository has priority 0: packages of the same name come from here first. */
const PRIORITY = 10;

const confPath = (name: string) => `${DIRECTORY}/repos/${name}.conf`;
const pubkeyPath = (name: string) => `${DIRECTORY}/keys/${name}.pub`;
const fingerprintsPath = (name: string) => `${DIRECTORY}/fingerprints/${name}`;

function conf({ repository, places }: Source): ClientFile {
  const entries = places.map((place, index) => entry(repository, place, index));
  return configuration(confPath(repository.name), `${madeBy()}\n${entries.join("\n")}`, ["freebsd"]);
}

/** The first server is in use; the others' entries wait for somebody to enable them. */
function entry({ name, signing }: ReachedRepository, { server, url }: Place, index: number): string {
  const env = [
    ["SSL_CLIENT_CERT_FILE", INSTALLED.fullchain],
    ["SSL_CLIENT_KEY_FILE", INSTALLED.key],
    ...(server.ca === "system" ? [] : [["SSL_CA_CERT_FILE", INSTALLED.serverCa]]),
  ];
  return [
    `${index === 0 ? name : `${name}-${server.name}`}: {`,
    // pkg replaces the variable by its own, such as FreeBSD:14:amd64.
    `  url: "${url}\${ABI}",`,
    '  mirror_type: "none",',
    ...signature(name, signing).map((line) => `  ${line},`),
    `  priority: ${PRIORITY - Math.min(index, PRIORITY - 1)},`,
    `  enabled: ${index === 0 ? "yes" : "no"},`,
    "  env: {",
    ...env.map(([variable, file]) => `    ${variable}: "${file}",`),
    "  }",
    "}",
    "",
  ].join("\n");
}

function signature(name: string, signing: SigningKey | null): string[] {
  if (signing === null) return ['signature_type: "none"'];
  if (formOf(signing) !== "public key")
    return ['signature_type: "fingerprints"', `fingerprints: "${fingerprintsPath(name)}"`];
  return ['signature_type: "pubkey"', `pubkey: "${pubkeyPath(name)}"`];
}

/** pkg wants a file in trusted/, and looks into revoked/ if there is one. */
function signatureFiles({ name, signing }: ReachedRepository): ClientFile[] {
  if (signing === null) return [];
  const known = formOf(signing) !== "public key";
  const path = known ? `${fingerprintsPath(name)}/trusted/${signing.file}` : pubkeyPath(name);
  return [{ path, mode: 0o644, owner: "root", content: { data: signing.data }, systems: ["freebsd"] }];
}

function notes({ repository: { name, signing }, places }: Source): string[] {
  const [, ...others] = places;
  return [
    `pkg update -f -r ${name} && pkg install -r ${name} PACKAGE`,
    `"Bad Request": the server does not take the certificate; the reason is in its log.`,
    ...(signing === null
      ? [`${name}: nobody said who signs it, so signatures are not checked: repositories.${name}.signing does.`]
      : []),
    ...others.map(
      ({ server }) => `When ${places[0]?.server.name} is down: enable ${name}-${server.name} in ${confPath(name)}`,
    ),
  ];
}
