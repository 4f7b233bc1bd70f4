import { madeBy } from "../model/derived.ts";
import { formOf, type ReachedRepository } from "./context.ts";
import { type ClientFile, type ClientRenderer, configuration, INSTALLED } from "./files.ts";
import { type Source, sourcesOf } from "./sources.ts";

/** dnf.conf(5), "REPO OPTIONS", a file for each repository of files: repodata/ lies at its top. */
export const dnf: ClientRenderer = (context) => {
  const sources = sourcesOf(context, "files");
  return {
    files: sources.flatMap((source) => [
      ...keyFiles(source.repository),
      configuration(`/etc/yum.repos.d/gatehouse-${source.repository.name}.repo`, render(source), ["linux"]),
    ]),
    notes: sources.flatMap(({ repository }) => [
      `dnf --repo gatehouse-${repository.name} install PACKAGE`,
      ...(keyFiles(repository).length === 0
        ? [`${repository.name}: nobody said who signs its packages; where dnf.conf has gpgcheck=1, dnf refuses them.`]
        : []),
    ]),
  };
};

const keyPath = (name: string) => `/etc/pki/rpm-gpg/RPM-GPG-KEY-gatehouse-${name}`;

function keyFiles({ name, signing }: ReachedRepository): ClientFile[] {
  if (signing === null || !["armored", "openpgp"].includes(formOf(signing))) return [];
  const content = { data: signing.data };
  return [{ path: keyPath(name), mode: 0o644, owner: "root", content, systems: ["linux"] }];
}

/** The servers of one list are tried in turn; they are verified by one CA, so those of another CA are left out. */
function render({ repository, places }: Source): string {
  const ours = places[0]?.server.ca !== "system";
  const urls = places.filter(({ server }) => (server.ca !== "system") === ours).map(({ url }) => url);
  const [key] = keyFiles(repository);
  const lines = [
    madeBy(),
    `[gatehouse-${repository.name}]`,
    `name=${repository.name}`,
    `baseurl=${urls.join(" ")}`,
    "enabled=1",
    "sslverify=1",
    ...(ours ? [`sslcacert=${INSTALLED.serverCa}`] : []),
    `sslclientcert=${INSTALLED.fullchain}`,
    `sslclientkey=${INSTALLED.key}`,
    ...(key === undefined ? [] : ["gpgcheck=1", `gpgkey=file://${key.path}`]),
  ];
  return `${lines.join("\n")}\n`;
}
