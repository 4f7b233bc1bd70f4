import { readFileSync } from "node:fs";
import { parseInstant } from "../../../scripts/model/time.ts";
import { checkRegistry, type RegistryResult } from "../../../scripts/read/registry.ts";

export const NOW = parseInstant("2026-11-21T12:00:00Z") ?? 0;
export const TEMPLATE = readFileSync(new URL("../../../clients.yaml", import.meta.url), "utf8");

/** Everything that a registry may say. */
export const EVERYTHING = `version: 1
authority: { common_name: Example CA, organization: Example Ltd, country: DE, key: rsa-4096, lifetime: 20y, root: self }
certificates: { key: ed25519, lifetime: 90d, renew_before: 14d, overlap: 2d }
crl: { lifetime: 7d, renew_before: 3d }
limits: { lose: 10%, allow: { lose: 14, until: 2026-12-24 }, signed: true }
repositories:
  dev: { type: pkg, path: /dev/, root: /srv/dev/, signing: pki/signing/dev.pub }
  deb: { type: apt, path: /deb/stable/, root: /srv/deb, suite: bookworm, components: [main, contrib] }
  src: { type: pkgsrc, path: /src/, root: /srv/src }
services:
  db: { sni: DB.Example.com, connect: "[2001:DB8::1]:5432" }
groups:
  staff: { repositories: [src, dev], services: [db], sensitive: true }
  nobody:
clients:
  zoe: { groups: [staff, nobody], csr: true, home: dev, contact: Zoë <zoe@example.com>, organization: Zoë & Co, country: FR }
  adam: { groups: [staff], expires: 2027-06-30, previously: eve, lifetime: 30d, key: ec-p384, renew_before: 7d, overlap: 1d }
  mallory: { revoked: keyCompromise, contact: ops@example.com }
  laptop7: { reissue: { before: 2026-11-20T18:00:00Z }, suspended: true }
  2020: {}
servers:
  a.example: { listen: [8443, "[::0]:8443"], redirect: [], repositories: [deb], deploy: { to: ssh, host: "me@a.example:22", directory: /opt/g/ } }
  b.example: { software: stunnel, names: [B.Example, 192.0.2.1, "2001:DB8:0::1"], certificate: { file: /a, key: /b, ca: /c } }
  c.example: { software: apache, url: "https://C.example:8443/", deploy: { to: pull, branch: releases/c }, csr: true }
signers:
  build01: { repository: dev, csr: false, key: rsa-3072 }
`;

export function check(text: string | Uint8Array): RegistryResult {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return checkRegistry(bytes, {
    now: NOW,
    hasRequest: (name) => name === "zoe" || name === "c.example",
    hasSigning: (file) => file === "pki/signing/dev.pub",
  });
}

export function registryOf(text: string) {
  const result = check(text);
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join("\n"));
  return result.registry;
}

/** A registry with one server of these fields, and two repositories. */
export function readServer(fields: string): RegistryResult {
  return check(`version: 1
authority: { common_name: Example CA, organization: Example }
repositories:
  apt: { type: files, path: /apt/, root: /srv/apt }
  pkg: { type: files, path: /pkg/, root: /srv/pkg }
clients: {}
servers:
  pkg.example.com: { ${fields} }
`);
}
