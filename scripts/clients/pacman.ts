import { madeBy } from "../model/derived.ts";
import { formOf, type SigningKey } from "./context.ts";
import { type ClientFile, type ClientRenderer, configuration, ETC, INSTALLED } from "./files.ts";
import { type Place, type Source, sourcesOf } from "./sources.ts";

/**
 * pacman.conf(5). The command that fetches (XferCommand) is one for all repositories, so it is a script which shows the
 * certificate to our servers only.
 */
export const pacman: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "files");
  if (sources.length === 0) return { files: [], notes: [] };
  const fetch: ClientFile = { ...configuration(FETCH, script(sources), ["linux"]), mode: 0o755 };
  return {
    files: [fetch, configuration(CONF, conf(sources), ["linux"]), ...sources.flatMap(keyFiles)],
    notes: [
      `As the last line of /etc/pacman.conf: Include = ${CONF}`,
      ...sources
        .flatMap(keyFiles)
        .flatMap(({ path }) => [
          `gpg --show-keys ${path}   shows its FINGERPRINT`,
          `pacman-key --add ${path} && pacman-key --lsign-key FINGERPRINT`,
        ]),
      "pacman -Sy PACKAGE",
    ],
  };
};

const FETCH = `${ETC}/pacman/fetch`;
const CONF = `${ETC}/pacman/repositories.conf`;

function conf(sources: readonly Source[]): string {
  const sections = sources.flatMap(({ repository: { name, signing }, places }) => [
    "",
    `[${name}]`,
    // Without a key of its own, a repository is believed for the connection it came over.
    `SigLevel = ${hasKey(signing) ? "Required" : "Optional"}`,
    ...places.map(({ url }) => `Server = ${url}$arch`),
  ]);
  return `${[madeBy(), "[options]", `XferCommand = ${FETCH} %u %o`, ...sections].join("\n")}\n`;
}

function hasKey(signing: SigningKey | null): signing is SigningKey {
  return signing !== null && ["armored", "openpgp"].includes(formOf(signing));
}

function keyFiles({ repository: { name, signing } }: Source): ClientFile[] {
  if (!hasKey(signing)) return [];
  const path = `${ETC}/pacman/${name}.gpg`;
  return [{ path, mode: 0o644, owner: "root", content: { data: signing.data }, systems: ["linux"] }];
}

function script(sources: readonly Source[]): string {
  const cases = sources.flatMap(({ places }) => places).map(branch);
  return `${["#!/bin/sh", madeBy(), "# $1: the URL, $2: the file to write.", 'case "$1" in', ...cases, '*) set -- "$1" "$2" --location ;;', "esac"].join("\n")}
url=$1 file=$2
shift 2
exec curl --fail --silent --show-error --continue-at - --output "$file" "$@" -- "$url"
`;
}

function branch({ server, url }: Place): string {
  const ca = server.ca === "system" ? "" : ` --cacert ${INSTALLED.serverCa}`;
  return `'${url}'*) set -- "$1" "$2" --proto '=https' --cert ${INSTALLED.fullchain} --key ${INSTALLED.key}${ca} ;;`;
}
