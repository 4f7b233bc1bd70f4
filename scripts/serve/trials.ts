import { reach } from "../model/access.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";

/** A repository as it is served here. */
export interface Offer {
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
 * @param usable clients whose certificate is at hand, best first
 */
export function chooseTrials(
  registry: Registry,
  offers: readonly Offer[],
  usable: readonly string[],
  now: Instant,
): Trial[] {
  const reached = new Map(usable.map((client) => [client, new Set(reach(registry, client, now).repositories)]));
  const find = (offer: Offer, wanted: boolean) =>
    usable.find((client) => reached.get(client)?.has(offer.name) === wanted);
  const filled = offers.filter(({ file }) => file !== null);
  const admits = filled.filter((offer) => find(offer, true) !== undefined);
  const both = admits.find((offer) => find(offer, false) !== undefined);
  const admitting = both ?? admits[0];
  const refusing = both ?? [...filled, ...offers].find((offer) => find(offer, false) !== undefined);
  const asked = admitting ?? refusing ?? offers[0];
  return [
    ...(admitting === undefined ? [] : [trial(find(admitting, true), admitting, 200)]),
    ...(refusing === undefined ? [] : [trial(find(refusing, false), refusing, 403)]),
    ...(asked === undefined ? [] : [trial(undefined, asked, 400)]),
  ];
}

function trial(client: string | undefined, { name, path, file }: Offer, status: Trial["status"]): Trial {
  const rest = (file ?? "").split("/").map(encodeURIComponent).join("/");
  return { client: client ?? null, repository: name, target: `${path}${rest}`, status };
}
