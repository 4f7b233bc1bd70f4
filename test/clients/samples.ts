import { type ClientContext, clientContext } from "../../scripts/clients/context.ts";
import type { Registry } from "../../scripts/model/registry.ts";
import { parseInstant } from "../../scripts/model/time.ts";
import { readRegistry } from "../../scripts/read/registry.ts";

export const NOW = parseInstant("2026-11-21T12:00:00Z") ?? 0;

/** Three servers of three kinds: our certificate, one that the system trusts, one with a CA of its own. */
const YAML = `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  packages: { type: pkg, path: /packages/, root: /srv/packages, signing: pki/signing/packages.pub }
  bookworm: { type: apt, path: /debian/, root: /srv/debian, suite: bookworm }
  joyent: { type: pkgsrc, path: /joyent/, root: /srv/joyent }
  images: { type: files, path: /images/, root: /srv/images }
services:
  db: { sni: db.example.com, connect: "127.0.0.1:5432" }
groups:
  all: { repositories: [packages, bookworm, joyent, images], services: [db] }
  few: { repositories: [images] }
  none: {}
clients:
  alice: { groups: [all], home: packages }
  bob: { groups: [few] }
  carol: { groups: [none] }
servers:
  pkg.example.com: { software: nginx, repositories: [packages, joyent, images] }
  apt.example.com: { software: apache, repositories: [bookworm], listen: [8443], certificate: { file: /c, key: /k } }
  own.example.com: { software: nginx, repositories: [images], certificate: { file: /c, key: /k, ca: /ca } }
  tunnel.example.com: { software: stunnel, listen: [5000], services: [db] }
`;

export async function sampleRegistry(yaml = YAML, signing = ["pki/signing/packages.pub"]): Promise<Registry> {
  const found = { now: NOW, requests: new Set<string>(), signing: new Set(signing) };
  const result = await readRegistry(Buffer.from(yaml), found);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.registry;
}

export async function sampleContext(name: string, key: ClientContext["key"] = "managed"): Promise<ClientContext> {
  const signing = (path: string) => Buffer.from(`bytes of ${path}\n`);
  return clientContext({ registry: await sampleRegistry(), name, key, now: NOW, signing });
}
