import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import type { KeyType } from "../../../scripts/model/registry.ts";
import { clientsYaml, environment, type Repository } from "./repository.ts";

/** clients.yaml with the authority's key outside. */
export function outsideYaml(key: KeyType, clients: Readonly<Record<string, string>>): string {
  return clientsYaml(clients).replace("key: ec-p256 }", `key: ${key}, custody: outside }`);
}

const GENPKEY: Readonly<Record<KeyType, readonly string[]>> = {
  "ec-p256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ec-p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "rsa-3072": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
  "rsa-4096": ["RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
  ed25519: ["ED25519"],
};

/** A key by openssl, beside the repository; its path. */
export function outsideKey(repository: Repository, type: KeyType, more: readonly string[] = []): string {
  const file = repository.beside(`${type}.pem`);
  const how = ["genpkey", "-algorithm", ...GENPKEY[type], ...more, "-out", file];
  execFileSync("openssl", how, { env: environment(), stdio: "pipe" });
  return file;
}

/** A program in sh beside the repository; its path. */
export function program(repository: Repository, name: string, body: string): string {
  const file = repository.beside(name);
  writeFileSync(file, `#!/bin/sh\n${body}`);
  chmodSync(file, 0o755);
  return file;
}

/** What signs with a PEM key by openssl, as a signing program is to do it. */
export function signing(key: string): string {
  return `set -eu
case "$1 \${2-}" in
'public-key ') exec openssl pkey -in '${key}' -pubout ;;
'sign ED25519')
	trap 'rm -f "$body"' EXIT
	body=$(mktemp)
	cat >"$body"
	openssl pkeyutl -sign -rawin -inkey '${key}' -in "$body" ;;
'sign ecdsa-with-SHA256' | 'sign sha256WithRSAEncryption') exec openssl dgst -sha256 -sign '${key}' ;;
'sign ecdsa-with-SHA384' | 'sign sha384WithRSAEncryption') exec openssl dgst -sha384 -sign '${key}' ;;
*) echo "what is $*?" >&2; exit 2 ;;
esac
`;
}
