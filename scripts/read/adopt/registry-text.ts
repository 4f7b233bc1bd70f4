import { type AnyFacts, authorityWords } from "../../model/authority-words.ts";
import { printable } from "../../model/printable.ts";
import type { Authority } from "../../model/registry.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { yamlScalar } from "../registry/scalar.ts";
import type { AdoptedEntry } from "./adoption.ts";

/** The group of everybody of whom nothing more is known than that the old authority let them in. */
const GROUP = "adopted";

/** The text of a clients.yaml for an adopted authority and its holders. */
export function registryText(authority: AnyFacts, entries: readonly AdoptedEntry[], now: Instant): string {
  const clients = entries.filter(({ kind }) => kind === "client");
  const servers = entries.filter(({ kind }) => kind === "server");
  return [
    "# yaml-language-server: $schema=./scripts/clients.schema.json",
    "",
    `# Who may reach which repositories. Adopted ${formatInstant(now).slice(0, 10)} from ${printable(authority.subject.slice(0, 200))}.`,
    "# `npm run plan` says what a change would do; after the merge `npm run reconcile` does it.",
    "version: 1",
    "",
    ...authorityLines(authorityWords(authority)),
    "",
    "# What is served: each repository has a URL path, and a directory on the servers. For example:",
    "#   packages: { type: pkg, path: /packages/, root: /srv/packages }",
    "repositories: {}",
    "",
    "# Nobody can tell from certificates who may reach what. Name the repositories here, then sort people into groups.",
    "groups:",
    `  ${GROUP}: { repositories: [] }`,
    "",
    `clients:${clients.length === 0 ? " {}" : ""}`,
    ...sorted(clients).map(clientLine),
    ...(servers.length === 0 ? [] : ["", "servers:", ...sorted(servers).map(serverLine)]),
    "",
  ].join("\n");
}

function authorityLines({
  commonName,
  organization,
  country,
  key,
}: Pick<Authority, "commonName" | "organization" | "country" | "key">): string[] {
  return [
    "authority: # as it was; these words are those of its certificate, or the nearest that there are",
    `  common_name: ${yamlScalar(commonName)}`,
    `  organization: ${yamlScalar(organization)}`,
    ...(country === null ? [] : [`  country: ${yamlScalar(country)}`]),
    `  key: ${key}`,
  ];
}

function sorted(entries: readonly AdoptedEntry[]): AdoptedEntry[] {
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function clientLine({ name, contact, organization, request, suspended, was }: AdoptedEntry): string {
  const fields = [
    `groups: [${GROUP}]`,
    ...(contact === null ? [] : [`contact: ${yamlScalar(contact)}`]),
    ...(organization === null ? [] : [`organization: ${yamlScalar(organization)}`]),
    ...(request === null ? [] : ["csr: true"]),
    ...(suspended ? ["suspended: true"] : []),
  ];
  return `  ${yamlScalar(name)}: { ${fields.join(", ")} }${was === null ? "" : ` # was ${printable(was.slice(0, 100))}`}`;
}

function serverLine({ name, names, request }: AdoptedEntry): string {
  const own = names.length === 1 && names[0] === name ? [] : [`names: [${names.map(yamlScalar).join(", ")}]`];
  const fields = ["software: nginx", "certificate: issued", ...own, ...(request === null ? [] : ["csr: true"])];
  return `  ${yamlScalar(name)}: { ${fields.join(", ")} }`;
}
