import { readdirSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { Registry, Repository } from "../model/registry.ts";
import { sampleFiles } from "./fill.ts";
import type { ServedRepository } from "./trials.ts";

/** Whether a repository's root is a directory on this machine. */
function isHere(root: string): boolean {
  try {
    return statSync(root).isDirectory();
  } catch {
    return false;
  }
}

/** So deep, and so many entries, does the search go: a package tree can hold a million files. */
const DEPTH = 3;
const MOST = 2000;

const USUAL: { readonly [K in Repository["type"]]: (suite: string) => readonly string[] } = {
  pkg: () => ["meta.conf", "packagesite.pkg", "data.pkg"],
  apt: (suite) => [`dists/${suite}/InRelease`, `dists/${suite}/Release`],
  pkgsrc: () => ["All/pkg_summary.gz", "pkg_summary.gz"],
  files: () => [],
};

/** A file below an existing root that may be asked for: what every client of the type reads first, else any; or null. */
export function findFile({ root, type, suite }: Repository): string | null {
  const usual = USUAL[type](suite ?? "").find((path) =>
    statSync(join(root, path), { throwIfNoEntry: false })?.isFile(),
  );
  if (usual !== undefined) return usual;
  const budget = { left: MOST };
  return search(root, "", DEPTH, budget);
}

/** Files before directories; no links (their owner may differ) and no dotfiles: nginx serves neither. */
function search(root: string, directory: string, depth: number, budget: { left: number }): string | null {
  const entries = list(join(root, directory)).filter(({ name }) => !name.startsWith("."));
  budget.left -= entries.length;
  const file = entries.find((entry) => entry.isFile());
  if (file) return posix.join(directory, file.name);
  for (const entry of entries) {
    if (depth === 0 || budget.left < 0) return null;
    const found = entry.isDirectory() ? search(root, posix.join(directory, entry.name), depth - 1, budget) : null;
    if (found !== null) return found;
  }
  return null;
}

function list(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** A repository of the server as it can be served on this machine. */
export interface LocalRepository extends ServedRepository {
  readonly root: string;
  /** Its root is not here: sample content stands in. */
  readonly sampled: boolean;
}

/** What a server serves, looked up on this machine, in the server's order. */
export function localRepositories(registry: Registry, server: string): LocalRepository[] {
  return (registry.servers.get(server)?.repositories ?? []).flatMap((name) => {
    const repository = registry.repositories.get(name);
    if (repository === undefined) return [];
    const { path, root } = repository;
    const sampled = !isHere(root);
    const file = sampled ? sampleFiles(name, repository)[0].path : findFile(repository);
    return [{ name, path, root, file, sampled }];
  });
}
