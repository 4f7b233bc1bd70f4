import { madeBy } from "../model/derived.ts";
import { formOf, type ReachedRepository } from "./context.ts";
import { type ClientFile, type ClientRenderer, configuration } from "./files.ts";
import { sourcesOf } from "./sources.ts";

/**
 * apk has one certificate, and with ca.pem one CA, for all of its repositories; the names of these files are built into
 * it (apk-tools, libfetch). Repositories: apk-repositories(5).
 */
export const apk: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "files");
  if (sources.length === 0) return { files: [], notes: [] };
  const places = sources.flatMap((source) => source.places);
  const ours = places.some(({ server }) => server.ca !== "system");
  const list = `${[madeBy(), ...places.map(({ url }) => url.replace(/\/$/, ""))].join("\n")}\n`;
  return {
    files: [
      ...credentials(ours),
      ...sources.flatMap(({ repository }) => keyFiles(repository)),
      configuration("/etc/apk/repositories.d/gatehouse.list", list, ["linux"]),
    ],
    notes: [
      "apk update && apk add PACKAGE",
      ...(ours
        ? [
            "With /etc/apk/ca.pem apk trusts no other CA, for any repository: write your distribution's mirrors with",
            "http:// (its packages are signed).",
          ]
        : []),
    ],
  };
};

function credentials(ours: boolean): ClientFile[] {
  const file = { mode: 0o644, owner: "root", systems: ["linux"] } as const;
  return [
    { ...file, path: "/etc/apk/cert.pem", content: { credential: "fullchain" } },
    { ...file, path: "/etc/apk/cert.key", mode: 0o600, content: { credential: "key" } },
    ...(ours ? [{ ...file, path: "/etc/apk/ca.pem", content: { credential: "server-ca" } as const }] : []),
  ];
}

/** A signature names its key by the file's name, which therefore stays. */
function keyFiles({ signing }: ReachedRepository): ClientFile[] {
  if (signing === null || formOf(signing) !== "public key") return [];
  const content = { data: signing.data };
  return [{ path: `/etc/apk/keys/${signing.file}`, mode: 0o644, owner: "root", content, systems: ["linux"] }];
}
