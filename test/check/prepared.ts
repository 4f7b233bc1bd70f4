import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { vi } from "vitest";
import { type Checked, check } from "../../scripts/flows/check.ts";
import { create } from "../../scripts/flows/create.ts";
import { confirmExported } from "../../scripts/flows/export.ts";
import { reconcile } from "../../scripts/flows/reconcile.ts";
import type { Certificate, State } from "../../scripts/model/state.ts";
import { readState } from "../../scripts/read/state.ts";
import { workingTree } from "../../scripts/read/tree.ts";
import { now as clock } from "../../scripts/system/clock.ts";
import { formatCertificateFile } from "../../scripts/x509/certificate-file.ts";
import { type Issuer, makeIssuer } from "../../scripts/x509/issuer.ts";
import { runHere } from "../e2e/support/command.ts";
import { issueAuthority, issueCertificate, signCrl, signerOf } from "../support/sign-now.ts";
import { run } from "../system/scratch.ts";

const HERE = new URL("../..", import.meta.url).pathname;

const REGISTRY = `version: 1
authority: { common_name: Check CA, organization: Example Ltd }
repositories:
  packages: { type: files, path: /packages/, root: /srv/packages }
groups:
  staff: { repositories: [packages], sensitive: true }
  customers: { repositories: [packages] }
servers:
  pkg.example.com: { software: nginx }
clients:
  alice: { groups: [staff], contact: ops@example.com }
  bob: { groups: [customers], contact: ops@example.com }
  carol: { groups: [customers], contact: ops@example.com }
  dave: { groups: [customers], contact: ops@example.com, csr: true }
`;
/** In the first version mallory is there too; in the second she is not, and carol is suspended. */
const MALLORY = "  mallory: { groups: [customers], contact: ops@example.com }\n";

/** A repository in which everything holds, committed twice: with mallory, and without. */
export interface Prepared {
  readonly root: string;
  /** The CRL on which mallory is not yet revoked. */
  readonly firstCrl: string;
  readonly state: State;
  /** Serial of somebody's only certificate. */
  serial(name: string): string;
}

/** Nothing of the hook or CI job that started the tests may show. */
export function plainly(): void {
  vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
  vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
  for (const name of ["HUSKY", "GATEHOUSE_KEY", "GATEHOUSE_KEY_FILE", "GIT_DIR", "GIT_INDEX_FILE"])
    vi.stubEnv(name, undefined);
}

export async function prepare(directory: string): Promise<Prepared> {
  const root = join(directory, "repository");
  mkdirSync(root);
  run(root, "git", "init", "--quiet", "--initial-branch=main");
  cpSync(join(HERE, ".gitattributes"), join(root, ".gitattributes"));
  // Where a wrapper calls ours it is told by its text; here it is not to run.
  write(root, "hooks/pre-commit", `#!/bin/sh\nexit 0\n/bin/sh '${root}/.git/gatehouse/code/.husky/pre-commit'\n`);
  chmodSync(join(root, "hooks/pre-commit"), 0o755);
  write(root, ".git/gatehouse/code/.husky/pre-commit", "exit 0\n");
  run(root, "git", "config", "core.hooksPath", "hooks");
  const request = [
    "req",
    "-new",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=dave",
  ];
  mkdirSync(join(root, "pki/reqs"), { recursive: true });
  run(root, "openssl", ...request, "-keyout", join(directory, "dave.key"), "-out", "pki/reqs/dave.req");
  write(root, "clients.yaml", REGISTRY + MALLORY);
  await create(root, clock(), () => {});
  await carryOut(root, "first");
  const firstCrl = readFileSync(join(root, "pki/crl.pem"), "utf8");
  write(root, "clients.yaml", REGISTRY.replace(/(carol: .*) }/, "$1, suspended: true }"));
  await carryOut(root, "second");
  run(root, "git-crypt", "export-key", join(directory, "exported.key"));
  confirmExported(root, join(directory, "exported.key"));
  const state = readState(workingTree(root));
  return { root, firstCrl, state, serial: (name) => certificateOf(state, name).serial };
}

async function carryOut(root: string, message: string): Promise<void> {
  const quiet = { show: () => {}, progress: () => ({ tick() {}, done() {} }) };
  await reconcile({ root, now: clock(), checkClock: true, allowLosses: null, digest: null, ...quiet });
  run(root, "git", "add", "--all");
  run(root, "git", "commit", "--quiet", "-m", message);
}

export function certificateOf(state: State, name: string): Certificate {
  const found = [...state.certificates.values()].find(({ identity }) => identity === name);
  if (found === undefined) throw new Error(`${name} has no certificate`);
  return found;
}

export function look(root: string, now: number | null = null): Promise<Checked> {
  const progress = () => ({ tick() {}, done() {} });
  return check({ root, now: now ?? clock(), checkClock: now === null, progress });
}

export function write(root: string, path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), data);
}

export function edit(root: string, path: string, change: (text: string) => string): void {
  const before = readFileSync(join(root, path), "latin1");
  const after = change(before);
  if (after === before) throw new Error(`nothing to change in ${path}`);
  writeFileSync(join(root, path), after, "latin1");
}

/** Runs a finding's fix as a person would, with the commands of this checkout: reconcile, where it comes last, here. */
export async function mend(root: string, fix: string): Promise<void> {
  const node = (name: string) => `'${process.execPath}' '${join(HERE, "scripts", `${name}.ts`)}'`;
  const [, first = fix, last] = /^(.*?)(?:(?:^| && )(npm run reconcile))?$/.exec(fix) ?? [];
  const line = first.replaceAll("npm run reconcile", node("reconcile")).replaceAll("npm start --", node("start"));
  if (line !== "") run(root, "sh", "-ec", line);
  if (last === undefined) return;
  const { code, stdout, stderr } = await runHere("reconcile", ["--root", root]);
  if (code !== 0) throw new Error(stdout + stderr);
}

/** The authority itself, as only somebody with its key could use it. */
function authority(root: string): Issuer {
  const pem = readFileSync(join(root, "pki/ca.crt"), "utf8");
  return makeIssuer(pem, signerOf(createPrivateKey(readFileSync(join(root, "pki/private/ca.key")))));
}

/** A CRL that the authority signed, in place of the present one. */
export function putCrl(root: string, crl: Omit<Parameters<typeof signCrl>[0], "issuer">): void {
  write(root, "pki/crl.pem", signCrl({ issuer: authority(root), ...crl }));
}

interface Wanted {
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** One more certificate of alice's, with a key of her own; returns its path. */
export function putCertificate(root: string, wanted: Wanted, issuer = authority(root)): string {
  const state = readState(workingTree(root));
  const request = state.requests.get("dave");
  if (request?.ok !== true || request.spki === null) throw new Error("no request to take a key from");
  const subject = { commonName: "alice", organization: "Example Ltd", country: null };
  const spki = Buffer.from(request.spki);
  const pem = issueCertificate({ profile: "client", names: [], ...subject, spki, issuer, ...wanted });
  const lines = { identity: "alice", kind: "client", reason: "Missing", key: "request", reissue: null } as const;
  const path = `pki/certs_by_serial/${wanted.serial}.pem`;
  write(root, path, formatCertificateFile({ ...lines, issued: clock() }, pem));
  return path;
}

/** In place of somebody's certificate that of another CA, with the same names, times and serial number. */
export function strangersCertificate(root: string, name: string): void {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const { serial, notBefore, notAfter } = certificateOf(readState(workingTree(root)), name);
  const subject = { commonName: "Check CA", organization: "Example Ltd", country: null };
  const signer = signerOf(privateKey);
  const pem = issueAuthority({
    ...subject,
    signer,
    serial: "4B",
    notBefore: notBefore - 60,
    notAfter: notAfter + 60,
  });
  putCertificate(root, { serial, notBefore, notAfter }, makeIssuer(pem, signer));
}
