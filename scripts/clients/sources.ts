import { servesRepositories } from "../servers/all-kinds.ts";
import type { ClientContext, ReachedRepository, ReachedServer } from "./context.ts";

/** A repository with every server that has it over HTTPS, in the registry's order: the first is the one to ask. */
export interface Source {
  readonly repository: ReachedRepository;
  readonly places: readonly Place[];
}

export interface Place {
  readonly server: ReachedServer;
  /** With a slash at the end. */
  readonly url: string;
}

export function webServers({ servers }: ClientContext): ReachedServer[] {
  return servers.filter(servesRepositories);
}

/** The repositories of one type, each once, by name. */
export function sourcesOf(context: ClientContext, type: ReachedRepository["type"]): Source[] {
  const found = new Map<string, { readonly repository: ReachedRepository; readonly places: Place[] }>();
  for (const server of webServers(context)) {
    for (const repository of server.repositories.filter((one) => one.type === type)) {
      const source = found.get(repository.name) ?? { repository, places: [] };
      source.places.push({ server, url: repository.url });
      found.set(repository.name, source);
    }
  }
  return [...found.values()].sort((a, b) => (a.repository.name < b.repository.name ? -1 : 1));
}
