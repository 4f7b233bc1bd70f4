import type { Registry, Server } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Material } from "./material.ts";
import type { LocalOffer } from "./offers.ts";

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
  readonly offers: readonly LocalOffer[];
  readonly material: Material;
  /** On 127.0.0.1; `plain` is null where the server redirects nobody. */
  readonly ports: { readonly tls: number; readonly plain: number | null };
}

/** The repositories that sample content stands in for. */
export function sampledOf({ offers }: Job): Set<string> {
  return new Set(offers.filter(({ sampled }) => sampled).map(({ name }) => name));
}
