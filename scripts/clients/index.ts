import { apk } from "./apk.ts";
import { apt } from "./apt.ts";
import type { ClientContext, ReachedRepository } from "./context.ts";
import { curl } from "./curl.ts";
import { dnf } from "./dnf.ts";
import { docker } from "./docker.ts";
import type { ClientKindFiles, ClientRenderer } from "./files.ts";
import { npm } from "./npm.ts";
import { p12 } from "./p12.ts";
import { pacman } from "./pacman.ts";
import { pip } from "./pip.ts";
import { pkg } from "./pkg.ts";
import { pkgsrc } from "./pkgsrc.ts";
import { stunnel } from "./stunnel.ts";
import { wget } from "./wget.ts";

/** What `--for` names, in the order of the README. */
export const CLIENT_KINDS = [
  "pkg",
  "apt",
  "pkgsrc",
  "stunnel",
  "curl",
  "wget",
  "pip",
  "npm",
  "dnf",
  "apk",
  "docker",
  "pacman",
  "p12",
] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

const RENDERERS: Readonly<Record<ClientKind, ClientRenderer>> = {
  pkg,
  apt,
  pkgsrc,
  stunnel,
  curl,
  wget,
  pip,
  npm,
  dnf,
  apk,
  docker,
  pacman,
  p12,
};

const KIND_OF: Readonly<Record<ReachedRepository["type"], ClientKind>> = {
  pkg: "pkg",
  apt: "apt",
  pkgsrc: "pkgsrc",
  files: "curl",
};

/** The kinds that a client's repositories and services call for; curl where nothing does. */
export function kindsFor({ servers }: ClientContext): ClientKind[] {
  const wanted = new Set<ClientKind>(servers.flatMap((server) => server.repositories.map(({ type }) => KIND_OF[type])));
  if (servers.some(({ services }) => services.length > 0)) wanted.add("stunnel");
  if (wanted.size === 0) wanted.add("curl");
  return CLIENT_KINDS.filter((kind) => wanted.has(kind));
}

export function renderKind(kind: ClientKind, context: ClientContext): ClientKindFiles {
  return RENDERERS[kind](context);
}
