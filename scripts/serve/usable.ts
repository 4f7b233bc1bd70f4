import { admittedClients } from "../model/access.ts";
import { contentDigest } from "../model/content.ts";
import * as paths from "../model/layout.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";

/** Clients that can be tried: admitted, with a certificate that has not ended. Those whose key is here come first. */
export function usableClients(registry: Registry, state: State, now: Instant): string[] {
  const current = new Set<string | undefined>();
  for (const { pem, notAfter } of state.certificates.values()) if (notAfter > now) current.add(contentDigest(pem));
  const usable = admittedClients(registry, now).filter((name) => current.has(state.files.get(paths.path.issued(name))));
  const keyed = usable.filter((name) => state.files.has(paths.path.key(name)));
  return [...keyed, ...usable.filter((name) => !state.files.has(paths.path.key(name)))];
}
