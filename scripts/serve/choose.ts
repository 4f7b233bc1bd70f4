import { nearest } from "../model/nearest.ts";
import { UserError } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";

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
