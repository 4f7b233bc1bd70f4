import { madeBy } from "../model/derived.ts";
import { type ClientRenderer, configuration, ETC, INSTALLED } from "./files.ts";
import { type Source, sourcesOf } from "./sources.ts";

/**
 * An .npmrc for each repository of files, for --userconfig: `certfile` and `keyfile` belong to one registry, but
 * `cafile` holds for all, in place of the system's.
 */
export const npm: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "files");
  return {
    files: sources.map((source) => configuration(pathOf(source), render(source))),
    notes: sources.map((source) => `npm install --userconfig ${pathOf(source)} PACKAGE`),
  };
};

const pathOf = ({ repository }: Source) => `${ETC}/npm/${repository.name}.npmrc`;

function render({ places: [first] }: Source): string {
  if (first === undefined) return "";
  // What belongs to a registry is named by its URL without the scheme.
  const registry = first.url.replace(/^https:/, "");
  const lines = [
    madeBy(),
    `registry=${first.url}`,
    `${registry}:certfile=${INSTALLED.fullchain}`,
    `${registry}:keyfile=${INSTALLED.key}`,
    ...(first.server.ca === "system" ? [] : [`cafile=${INSTALLED.serverCa}`]),
  ];
  return `${lines.join("\n")}\n`;
}
