import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REGISTRY_FILE } from "../../scripts/model/layout.ts";
import { runPeer, runScript } from "./measure.ts";

const ATTRIBUTES = fileURLToPath(new URL("../../.gitattributes", import.meta.url));
const GROUPS = 20;
export const SERVER = "localhost";

export type AuthorityKey = "ec-p256" | "ec-p384";

export interface Layout {
  /** Of the authority; ec-p384 unless said. */
  readonly key?: AuthorityKey;
  readonly clients: number;
  /** Directory whose files the repositories serve. */
  readonly www: string;
  /** Where nginx is to listen. */
  readonly port: number;
}

const repository = (index: number) => `repo${String(index).padStart(2, "0")}`;
const group = (index: number) => `group${String(index).padStart(2, "0")}`;
export const client = (index: number) => `client${String(index).padStart(6, "0")}`;

/** 20 groups, 20 repositories; each group reaches two, each client is in two. */
function registryText({ clients, www, port, key = "ec-p384" }: Layout): string {
  const groups = Array.from({ length: GROUPS }, (_, index) => index);
  return [
    "version: 1",
    `authority: { common_name: Bench CA, organization: Bench Ltd, key: ${key} }`,
    "certificates: { key: ec-p256, lifetime: 365d, renew_before: 30d }",
    "repositories:",
    ...groups.map(
      (at) => `  ${repository(at)}: { type: files, path: /${repository(at)}/, root: ${www}/${repository(at)} }`,
    ),
    "groups:",
    ...groups.map((at) => `  ${group(at)}: { repositories: [${repository(at)}, ${repository((at + 1) % GROUPS)}] }`),
    "servers:",
    `  ${SERVER}: { software: nginx, listen: ["127.0.0.1:${port}"], redirect: [] }`,
    "clients:",
    ...Array.from({ length: clients }, (_, at) => `  ${client(at)}: ${entry(at)}`),
    "",
  ].join("\n");
}

function entry(index: number): string {
  const groups = `${group(index % GROUPS)}, ${group((index * 7 + 3) % GROUPS)}`;
  return `{ groups: [${groups}], contact: ${client(index)}@example.com }`;
}

/** The URL path of a file that the first client may read. */
export function pathFor(file: string): string {
  return `/${repository(0)}/${file}`;
}

/** A git repository with an authority, and no client's certificate yet. */
export async function createRepository(root: string, layout: Layout): Promise<void> {
  mkdirSync(join(root, "pki"), { recursive: true });
  await runPeer("git", ["init", "--quiet", "--initial-branch=main", root]);
  cpSync(ATTRIBUTES, join(root, ".gitattributes"));
  writeFileSync(join(root, REGISTRY_FILE), registryText(layout));
  writeFileSync(join(root, "pki", "README.md"), "What all this is.\n");
  await runScript("create", "--root", root);
}
