import { admittedClients, reach } from "../model/access.ts";
import { contentDigest } from "../model/content.ts";
import * as paths from "../model/layout.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";

/** A repository as it is served here. */
export interface ServedRepository {
  readonly name: string;
  /** URL path with a slash at both ends. */
  readonly path: string;
  /** A file below it that is there to be asked for; null where none was found. */
  readonly file: string | null;
}

/** One request to try: who asks for which URL path, and the status that answers. */
export interface Trial {
  /** Null: without a certificate. */
  readonly client: string | null;
  readonly repository: string;
  readonly target: string;
  readonly status: 200 | 400 | 403;
}

/**
 * One client that is let in, one that is refused, and nobody. Where it can be, the first two ask for the same thing.
 * Left out: what this registry has no example of.
 * @param clients clients whose certificate is at hand, best first
 */
export function chooseTrials(
  registry: Registry,
  repositories: readonly ServedRepository[],
  clients: readonly string[],
  now: Instant,
): Trial[] {
  const reached = new Map(clients.map((client) => [client, new Set(reach(registry, client, now).repositories)]));
  const find = (repository: ServedRepository, wanted: boolean) =>
    clients.find((client) => reached.get(client)?.has(repository.name) === wanted);
  const filled = repositories.filter(({ file }) => file !== null);
  const admits = filled.filter((repository) => find(repository, true) !== undefined);
  const both = admits.find((repository) => find(repository, false) !== undefined);
  const admitting = both ?? admits[0];
  const refusing = both ?? [...filled, ...repositories].find((repository) => find(repository, false) !== undefined);
  const asked = admitting ?? refusing ?? repositories[0];
  return [
    ...(admitting === undefined ? [] : [trial(find(admitting, true), admitting, 200)]),
    ...(refusing === undefined ? [] : [trial(find(refusing, false), refusing, 403)]),
    ...(asked === undefined ? [] : [trial(undefined, asked, 400)]),
  ];
}

function trial(client: string | undefined, { name, path, file }: ServedRepository, status: Trial["status"]): Trial {
  const rest = (file ?? "").split("/").map(encodeURIComponent).join("/");
  return { client: client ?? null, repository: name, target: `${path}${rest}`, status };
}

/** Clients that can be tried: admitted, with a certificate that has not ended. Those whose key is here come first. */
export function clientsToTry(registry: Registry, state: State, now: Instant): string[] {
  const current = new Set<string | undefined>();
  for (const { pem, notAfter } of state.certificates.values()) if (notAfter > now) current.add(contentDigest(pem));
  const clients = admittedClients(registry, now).filter((name) =>
    current.has(state.files.get(paths.path.issued(name))),
  );
  const keyed = clients.filter((name) => state.files.has(paths.path.key(name)));
  return [...keyed, ...clients.filter((name) => !state.files.has(paths.path.key(name)))];
}
