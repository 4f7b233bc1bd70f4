import { formatInstant } from "../../model/time.ts";
import type { BundleInput } from "./bundle.ts";
import { type ClientKindFiles, ETC } from "./files.ts";

const DIRECTORIES = [
  ["Linux", "/etc/gatehouse-client"],
  ["FreeBSD, macOS", "/usr/local/etc/gatehouse-client"],
  ["NetBSD", "/usr/pkg/etc/gatehouse-client"],
] as const;

/** The README of a bundle: what is inside, until when, how it is recognised, and what to type. */
export function renderReadme(
  { context, facts, credentials }: Pick<BundleInput, "context" | "facts" | "credentials">,
  kinds: readonly (readonly [string, ClientKindFiles])[],
): string {
  const lines = [
    `Access to package repositories for ${context.name}`,
    "",
    credentials.key === null
      ? "There is nothing secret in this directory: the key is on the client already."
      : "key.pem is this client's key: who has it has its access. Delete this directory once it is installed.",
    "",
    "  sh install.sh --dry-run   shows what it would do",
    "  sh install.sh             as root: installs, again and again with the same result",
    "  sh install.sh --uninstall takes it all away",
    "",
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
    ...section(`${ETC} in what follows is the directory of credentials`, [
      ...DIRECTORIES.map(([system, directory]) => `${system.padEnd(15)} ${directory}`),
    ]),
    ...section("Repositories", places(context)),
    ...kinds.flatMap(([kind, { notes }]) => (notes.length === 0 ? [] : section(kind, notes))),
    ...section("Renewal", renewal(context.renewal?.url ?? null)),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => (line === "" ? "" : `  ${line}`)), ""];
}

function places({ servers, homes }: BundleInput["context"]): string[] {
  const repositories = servers
    .filter(({ software }) => software !== "stunnel")
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
