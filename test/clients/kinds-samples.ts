import { expect } from "vitest";
import { clientContext } from "../../scripts/clients/context.ts";
import type { ClientFile, ClientKindFiles } from "../../scripts/clients/files.ts";
import { type ClientKind, renderKind } from "../../scripts/clients/index.ts";
import { NOW, sampleRegistry } from "./samples.ts";

/** Repositories of each kind and each kind of signature; the third server is one that the system trusts. */
const YAML = `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  packages: { type: pkg, path: /packages/, root: /srv/packages, signing: pki/signing/packages.pub }
  ports: { type: pkg, path: /ports/, root: /srv/ports, signing: pki/signing/ports.fingerprint }
  plain: { type: pkg, path: /plain/, root: /srv/plain }
  bookworm: { type: apt, path: /debian/, root: /srv/debian, suite: bookworm, components: [main, contrib], signing: pki/signing/debian.asc }
  sid: { type: apt, path: /sid/, root: /srv/sid, suite: sid }
  images: { type: files, path: /images/, root: /srv/images, signing: pki/signing/images.pub }
  rpms: { type: files, path: /rpms/, root: /srv/rpms, signing: pki/signing/rpms.gpg }
groups:
  all: { repositories: [packages, ports, plain, bookworm, sid, images, rpms] }
  none: {}
clients:
  alice: { groups: [all] }
  carol: { groups: [none] }
servers:
  pkg.example.com: { repositories: [packages, ports, plain, images, rpms] }
  apt.example.com: { listen: [8443], repositories: [bookworm, sid, images] }
  known.example.com: { certificate: { file: /c, key: /k }, repositories: [packages, bookworm] }
`;

export const SIGNING: Readonly<Record<string, Buffer>> = {
  "pki/signing/packages.pub": Buffer.from("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
  "pki/signing/ports.fingerprint": Buffer.from(`function: "sha256"\nfingerprint: "${"ab".repeat(32)}"\n`),
  "pki/signing/debian.asc": Buffer.from("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n"),
  "pki/signing/images.pub": Buffer.from("-----BEGIN PUBLIC KEY-----\nBBBB\n-----END PUBLIC KEY-----\n"),
  "pki/signing/rpms.gpg": Buffer.from([0x98, 1, 2]),
};

export async function rendered(
  kind: ClientKind,
  name = "alice",
  edit = (yaml: string) => yaml,
): Promise<ClientKindFiles> {
  const registry = await sampleRegistry(edit(YAML), Object.keys(SIGNING));
  const signing = (path: string) => SIGNING[path] ?? Buffer.alloc(0);
  return renderKind(kind, clientContext({ registry, name, key: "managed", now: NOW, signing }));
}

/** Each file as `mode owner`, with its text, the name of its credential, or its bytes. */
export async function filesOf(kind: ClientKind): Promise<Map<string, { who: string; is: string | Uint8Array }>> {
  const { files } = await rendered(kind);
  const entries = files.map(
    (file) => [file.path, { who: `${file.mode.toString(8)} ${file.owner}`, is: said(file) }] as const,
  );
  return new Map(entries);
}

export function said({ content }: ClientFile): string | Uint8Array {
  if ("text" in content) return content.text;
  return "data" in content ? content.data : `credential:${content.credential}`;
}

export async function textOf(kind: ClientKind, path: string): Promise<string> {
  const text = (await filesOf(kind)).get(path)?.is;
  if (typeof text !== "string") throw new Error(`no text at ${path}`);
  expect(text).toMatch(/^(?:#!\/bin\/sh\n)?(?:#|\/\/) Made by Gatehouse from clients.yaml/);
  return text;
}

/** Without the comment that says what made it. */
export const lines = (text: string) => text.trimEnd().split("\n").slice(1);
