import { madeBy } from "../model/derived.ts";
import { type ClientFile, type ClientRenderer, configuration, ETC, INSTALLED, SYSTEMS } from "./files.ts";
import { type Source, sourcesOf } from "./sources.ts";

/**
 * A configuration for each repository of files, named by PIP_CONFIG_FILE: certificate and CA of pip hold for every
 * index, and pypi.org is to see neither. pip takes key and certificate as one PEM file.
 */
export const pip: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "files");
  if (sources.length === 0) return { files: [], notes: [] };
  return {
    files: [CLIENT_PEM, ...sources.map((source) => configuration(pathOf(source), render(source)))],
    notes: [
      "The index of packages (PEP 503) is the directory simple/ of the repository.",
      ...sources.map((source) => `PIP_CONFIG_FILE=${pathOf(source)} pip install PACKAGE`),
    ],
  };
};

const CLIENT_PEM: ClientFile = {
  path: `${ETC}/pip/client.pem`,
  mode: 0o600,
  owner: "root",
  content: { credential: "combined" },
  systems: SYSTEMS,
};

const pathOf = ({ repository }: Source) => `${ETC}/pip/${repository.name}.conf`;

/** One index: a second URL would be searched as well, not instead (pip knows no order among indexes). */
function render({ places: [first] }: Source): string {
  if (first === undefined) return "";
  const lines = [
    madeBy(),
    "[global]",
    `index-url = ${first.url}simple/`,
    `client-cert = ${CLIENT_PEM.path}`,
    ...(first.server.ca === "system" ? [] : [`cert = ${INSTALLED.serverCa}`]),
  ];
  return `${lines.join("\n")}\n`;
}
