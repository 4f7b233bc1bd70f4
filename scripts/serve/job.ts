import type { Registry, Server } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { LocalRepository } from "./local-repositories.ts";
import type { Material } from "./material.ts";

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
