import { madeBy } from "../model/derived.ts";
import { servesRepositories } from "../servers/all-kinds.ts";
import type { ReachedServer } from "./context.ts";
import { type ClientRenderer, configuration, ETC, INSTALLED } from "./files.ts";

/** A file for `wget --config` a server, by the names of wgetrc. */
export const wget: ClientRenderer = ({ servers }) => {
  const web = servers.filter(servesRepositories);
  return {
    files: web.map((server) => configuration(pathOf(server), render(server))),
    notes: web.flatMap((server) => server.repositories.map(({ url }) => `wget --config=${pathOf(server)} ${url}FILE`)),
  };
};

const pathOf = ({ name }: ReachedServer) => `${ETC}/wget/${name}.conf`;

function render({ ca }: ReachedServer): string {
  const lines = [
    madeBy(),
    `certificate = ${INSTALLED.fullchain}`,
    `private_key = ${INSTALLED.key}`,
    ...(ca === "system" ? [] : [`ca_certificate = ${INSTALLED.serverCa}`]),
    "https_only = on",
  ];
  return `${lines.join("\n")}\n`;
}
