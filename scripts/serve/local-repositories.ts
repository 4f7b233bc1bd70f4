import type { Registry } from "../model/registry.ts";
import { findFile, isHere } from "./roots.ts";
import { sampleFiles } from "./samples.ts";
import type { ServedRepository } from "./trials.ts";

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
