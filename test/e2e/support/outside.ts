import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { KeyType } from "../../../scripts/model/registry.ts";
import { verdict } from "./judges.ts";
import { clientsYaml, environment, NOON, type Repository, type Variables } from "./repository.ts";

const LATER = "2026-11-22T12:00:00Z";

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

/** Makes the authority with these variables; returns what the program said. */
export async function made(repository: Repository, variables: Variables): Promise<string> {
  const { code, stdout, stderr } = await repository.runWith(variables, "start", "--now", NOON);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  repository.settle("Make the authority");
  return stdout + stderr;
}

/** The whole way of a repository whose authority's key the environment names. */
export async function wholeWay(repository: Repository, variables: Variables): Promise<void> {
  expect(await made(repository, variables)).toContain("whose key is not in the repository");
  expect(repository.list("pki/private")).not.toContain("ca.key");
  expect(verdict(repository, "pki/issued/alice.crt", NOON)).toBe("OK");
  repository.write(
    "clients.yaml",
    repository.read("clients.yaml").replace("clients:\n", "clients:\n  bob: { groups: [guests] }\n"),
  );
  // A plan needs no key, and neither does what looks.
  expect(await repository.run("plan", "--now", LATER, "--detailed-exitcode")).toMatchObject({ code: 2 });
  expect(await repository.run("status", "--now", LATER)).toMatchObject({ code: 0 });
  expect(await repository.runWith(variables, "reconcile", "--now", LATER, "--commit")).toMatchObject({ code: 0 });
  expect(verdict(repository, "pki/issued/bob.crt", LATER)).toBe("OK");
  const { stdout } = await repository.run("check", "--json", "--now", LATER);
  expect(JSON.parse(stdout).findings.filter(({ level }: { level: string }) => level === "block")).toEqual([]);
}
