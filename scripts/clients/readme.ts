import { formatInstant } from "../model/time.ts";
import { servesRepositories } from "../servers/all-kinds.ts";
import type { BundleInput } from "./bundle-input.ts";
import { type ClientKindFiles, type ClientSystem, CREDENTIALS, ETC, readable, SYSTEMS } from "./files.ts";
import type { ClientKind } from "./index.ts";
import { overrideNotes, proxyNotes } from "./overrides.ts";

const NAMES: Readonly<Record<ClientSystem, string>> = {
  linux: "Linux",
  freebsd: "FreeBSD",
  netbsd: "NetBSD",
  macos: "macOS",
};

/** The README of a bundle: what is inside, until when, how it is recognised, and what to type. */
export function renderReadme(
  { context, facts, credentials }: Pick<BundleInput, "context" | "facts" | "credentials">,
  kinds: readonly (readonly [ClientKind, ClientKindFiles])[],
): string {
  const system = systemOf(kinds.map(([, kind]) => kind));
  const lines = [
    ...opening(context.name, credentials.key === null),
    ...about(facts),
    ...section(`The directory of credentials: what follows is written for ${NAMES[system]}`, [
      ...SYSTEMS.map((one) => `${NAMES[one].padEnd(11)} ${CREDENTIALS[one]}`),
    ]),
    ...section("Repositories", places(context)),
    ...kinds.flatMap(([kind, { notes }]) =>
      notes.length === 0 ? [] : section(kind, [...notes, ...overrideNotes(kind, context)]),
    ),
    ...section(
      "Proxies",
      proxyNotes(
        kinds.flatMap(([kind, { notes }]) => (notes.length === 0 ? [] : [kind])),
        context,
      ),
    ),
    ...section("Renewal", renewal(context.renewal?.url ?? null)),
  ];
  return readable(`${lines.join("\n").trimEnd()}\n`, system);
}

function opening(name: string, keyless: boolean): string[] {
  return [
    `Access to package repositories for ${name}`,
    "",
    keyless
      ? "There is nothing secret in this directory: the key is on the client already."
      : "key.pem is this client's key: who has it has its access. Delete this directory once it is installed.",
    "",
    "  sh install.sh --dry-run   shows what it would do",
    "  sh install.sh             as root: installs, again and again with the same result",
    "  sh install.sh --uninstall takes it all away",
    "",
  ];
}

function about(facts: BundleInput["facts"]): string[] {
  return [
    ...section("Certificate", [
      `subject     ${facts.subject}`,
      `serial      ${facts.serial}`,
      `valid from  ${formatInstant(facts.notBefore)}`,
      `ends        ${formatInstant(facts.notAfter)}`,
    ]),
    ...section("Fingerprints (SHA-256)", [
      `certificate ${facts.fingerprints.certificate}`,
      `key         ${facts.fingerprints.key}`,
      `authority   ${facts.fingerprints.authority}`,
    ]),
  ];
}

/** The first system on which something of every kind is installed: what is to be typed there works as it is written. */
function systemOf(kinds: readonly ClientKindFiles[]): ClientSystem {
  const on = (system: ClientSystem) =>
    kinds.every(({ files }) => files.length === 0 || files.some(({ systems }) => systems.includes(system)));
  return SYSTEMS.find(on) ?? "linux";
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => (line === "" ? "" : `  ${line}`)), ""];
}

function places({ servers, homes }: BundleInput["context"]): string[] {
  const repositories = servers
    .filter(servesRepositories)
    .flatMap((server) => server.repositories.map(({ name, type, url }) => `${name} (${type}) ${url}`));
  return [...repositories, ...homes.map((url) => `home ${url}`)];
}

function renewal(url: string | null): string[] {
  if (url === null) return ["No server renews this certificate: before it ends, ask for a new bundle."];
  return [
    `${ETC}/renew.sh fetches the next certificate when it is time, and is silent when it is not.`,
    "Linux: a systemd timer runs it, or cron where there is no systemd. FreeBSD: cron.",
    "macOS: launchctl load /Library/LaunchDaemons/gatehouse-client.plist",
    `Elsewhere, a line in root's crontab: 17 4 * * * sh ${ETC}/renew.sh`,
  ];
}
