import { UserError } from "../model/problem.ts";
import type { Registry, Server } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { nearest } from "../model/words.ts";
import type { Material } from "./material.ts";
import type { LocalRepository } from "./roots.ts";

/** What is served, and by what. */
export interface Job {
  /** Absolute path of the repository acted on. */
  readonly root: string;
  readonly now: Instant;
  /** clients.yaml as it is now; null when it cannot be read. */
  readonly asked: Registry | null;
  /** As last carried out: the one that pki/nginx was made from. */
  readonly registry: Registry;
  readonly state: State;
  readonly name: string;
  readonly server: Server;
  readonly repositories: readonly LocalRepository[];
  readonly material: Material;
  /** On 127.0.0.1; `plain` is null where the server redirects nobody. */
  readonly ports: { readonly tls: number; readonly plain: number | null };
}

/** The repositories that sample content stands in for. */
export function sampledOf({ repositories }: Job): Set<string> {
  return new Set(repositories.filter(({ sampled }) => sampled).map(({ name }) => name));
}

/** The nginx server to serve: the one asked for, or the first. Throws UserError where there is none of that name. */
export function chooseServer(registry: Registry, wanted: string | null): string {
  const names = nginxServers(registry);
  const [first] = names;
  if (first === undefined) {
    throw new UserError(
      "clients.yaml has no server with software: nginx",
      "add one under servers:, then: npm run reconcile",
    );
  }
  if (wanted === null) return first;
  if (names.includes(wanted)) return wanted;
  const other = registry.servers.get(wanted);
  if (other !== undefined) throw new UserError(`${wanted} runs ${other.software}; only nginx can be served here`);
  const guess = nearest(wanted, names);
  throw new UserError(
    `there is no server ${wanted}`,
    guess === null ? `there is: ${names.join(", ")}` : `Did you mean ${guess}?`,
  );
}

/** Names, in the order of the registry. */
export function nginxServers(registry: Registry): string[] {
  return [...registry.servers].filter(([, { software }]) => software === "nginx").map(([name]) => name);
}
