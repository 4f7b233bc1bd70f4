import type { ClientContext } from "./context.ts";
import type { ClientKind } from "./index.ts";
import { webServers } from "./sources.ts";

interface Overrides {
  /** Variables of the environment that win over what the bundle installs. */
  readonly variables: (context: ClientContext) => readonly string[];
  /** What else does, a line each. */
  readonly also: readonly string[];
  /** Whether it asks the proxy that the environment names. */
  readonly proxy: boolean;
}

const none = () => [];

/** Where the bundle names no CA, what these name is believed. */
const systemCa =
  (...names: readonly string[]) =>
  (context: ClientContext) =>
    webServers(context).some(({ ca }) => ca === "system") ? names : [];

/**
 * What of a machine's own settings wins over a bundle, for its README. Tried with the programs themselves where
 * Debian has them (test/e2e/clients/overrides.test.ts); else by their sources and manuals: pkg.conf(5) and fetch(3),
 * pkg_install's parse-config.c, apk-tools' libfetch/common.c.
 */
const OVERRIDES: Readonly<Record<ClientKind, Overrides>> = {
  pkg: {
    variables: () => ["REPOS_DIR", "SSL_NO_VERIFY_PEER", "SSL_NO_VERIFY_HOSTNAME"],
    also: [],
    proxy: true,
  },
  apt: { variables: none, also: [], proxy: true },
  // A proxy is how it reaches the bridge at all.
  pkgsrc: { variables: () => ["PKG_PATH", "no_proxy", "NO_PROXY"], also: [], proxy: false },
  stunnel: { variables: none, also: [], proxy: false },
  curl: {
    variables: systemCa("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    also: ["What ~/.curlrc says holds too: curl -q -K FILE does without it."],
    proxy: true,
  },
  wget: { variables: none, also: [], proxy: true },
  pip: {
    variables: () => [
      "PIP_INDEX_URL",
      "PIP_EXTRA_INDEX_URL",
      "PIP_FIND_LINKS",
      "PIP_NO_INDEX",
      "PIP_CERT",
      "PIP_CLIENT_CERT",
      "PIP_TRUSTED_HOST",
      "PIP_PROXY",
      "REQUESTS_CA_BUNDLE",
      "CURL_CA_BUNDLE",
    ],
    also: ["Where the file in PIP_CONFIG_FILE is not there, pip asks pypi.org without a word."],
    proxy: true,
  },
  npm: {
    variables: () => [
      "npm_config_registry",
      "npm_config_cafile",
      "npm_config_proxy",
      "npm_config_https_proxy",
      "npm_config_strict_ssl",
    ],
    also: ["So does the .npmrc of a project, with registry= or @SCOPE:registry=."],
    proxy: true,
  },
  dnf: { variables: none, also: [], proxy: true },
  apk: {
    variables: () => ["SSL_CLIENT_CERT_FILE", "SSL_CLIENT_KEY_FILE", "SSL_NO_VERIFY_HOSTNAME"],
    also: [],
    proxy: true,
  },
  // The proxy is the daemon's own, and podman's is the environment's.
  docker: { variables: none, also: [], proxy: true },
  pacman: {
    variables: systemCa("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    also: ["What root's ~/.curlrc says holds too."],
    proxy: true,
  },
  p12: { variables: none, also: [], proxy: false },
};

/** For the README, beside a kind's own notes. */
export function overrideNotes(kind: ClientKind, context: ClientContext): string[] {
  const { variables, also } = OVERRIDES[kind];
  const names = variables(context);
  if (names.length === 0) return [...also];
  return ["In the environment these win over what is installed here; unset them:", ...inLines(names), ...also];
}

/** Once for all kinds: the variables that programs read, and what keeps our servers out of it. */
export function proxyNotes(kinds: readonly ClientKind[], context: ClientContext): string[] {
  if (!kinds.some((kind) => OVERRIDES[kind].proxy)) return [];
  const hosts = [...new Set(webServers(context).map(({ host }) => host))];
  if (hosts.length === 0) return [];
  return [
    "https_proxy, HTTPS_PROXY and ALL_PROXY in the environment send programs through a proxy.",
    "These servers are asked without one after",
    `  export no_proxy=\${no_proxy:+$no_proxy,}${hosts.join(",")}`,
  ];
}

/** Three words a line. */
function inLines(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < names.length; at += 3) lines.push(`  ${names.slice(at, at + 3).join(" ")}`);
  return lines;
}
