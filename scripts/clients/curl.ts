import { madeBy } from "../model/derived.ts";
import { servesRepositories } from "../servers/all-kinds.ts";
import type { ReachedServer } from "./context.ts";
import { type ClientRenderer, configuration, ETC, INSTALLED } from "./files.ts";

/**
 * A file for `curl -K` a server: curl's own .curlrc would show the certificate to every server, and trust ours for all.
 * Long options, as curl(1) writes them in a configuration file.
 */
export const curl: ClientRenderer = ({ servers, homes }) => {
  const web = servers.filter(servesRepositories);
  return {
    files: web.map((server) => configuration(pathOf(server), render(server))),
    notes: [
      ...web.flatMap((server) => [
        ...server.repositories.map(({ url }) => `curl -K ${pathOf(server)} -O ${url}FILE`),
        ...homes
          .filter((home) => home.startsWith(`${server.url}/`))
          .map((home) => `curl -K ${pathOf(server)} -O ${home}FILE`),
      ]),
      ...(web.length === 0 ? [] : REFUSED),
    ],
  };
};

const REFUSED = [
  "A refusal is exit code 22, and FILE then holds the server's words; without -O they are shown. (curl before 7.76",
  "keeps them to itself. After an update of curl, run install.sh again.)",
];

const pathOf = ({ name }: ReachedServer) => `${ETC}/curl/${name}.conf`;

function render({ ca }: ReachedServer): string {
  const lines = [
    madeBy(),
    `cert = "${INSTALLED.fullchain}"`,
    `key = "${INSTALLED.key}"`,
    ...(ca === "system" ? [] : [`cacert = "${INSTALLED.serverCa}"`]),
    'proto = "=https"',
    // The server says why it refuses. curl before 7.76 does not know this: install.sh writes `fail` there.
    "fail-with-body",
  ];
  return `${lines.join("\n")}\n`;
}
