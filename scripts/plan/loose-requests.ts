import { DIR, path, REGISTRY_FILE } from "../model/layout.ts";
import { meantPlace, moveTo } from "../model/misplaced.ts";
import { shellWord } from "../model/printable.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import { nearest } from "../model/words.ts";

/** A request that nobody reads: `what` is wrong, as the rest of a sentence, and the command that mends it, if there is one. */
export interface Loose {
  readonly path: string;
  readonly what: string;
  readonly command: string | null;
}

type Requests = Pick<State, "requests" | "strays">;

/** Looking for the nearest name takes time. */
const MOST_GUESSES = 100;

/** What lies where no request is read, and requests in their place that no entry asks for. */
export function looseRequests(registry: Registry, { requests, strays }: Requests): Loose[] {
  const wanting = askedFor(registry).filter((name) => requests.get(name)?.ok !== true);
  const asked = new Set(askedFor(registry));
  const loose = [...requests.keys()].filter((name) => !asked.has(name)).sort();
  return [
    ...[...strays].sort().flatMap((file) => misplaced(file, requests)),
    // One that has another case or suffix is told of as misplaced.
    ...loose
      .filter((name) => !strays.has(path.request(name)))
      .map((name, n) => unasked(name, registry, n < MOST_GUESSES ? wanting : [])),
  ];
}

function misplaced(file: string, requests: Requests["requests"]): Loose[] {
  const meant = meantPlace(file);
  if (meant === null) return [];
  const there = requests.has(meant.slice(DIR.requests.length + 1, -".req".length));
  const what = there
    ? `looks like a request, and ${meant} is there already`
    : `is read by nobody: a request for it is ${meant}`;
  return [{ path: file, what, command: moveTo(file, meant, there) }];
}

function unasked(name: string, registry: Registry, wanting: readonly string[]): Loose {
  const file = path.request(name);
  const known = [registry.clients, registry.servers, registry.signers].some((section) => section.has(name));
  if (known) {
    const what = `is a request, and ${name} has no csr: true in ${REGISTRY_FILE}, so its key is made here; write csr: true into its entry, or take the request out`;
    return { path: file, what, command: null };
  }
  const near = nearest(name, wanting);
  if (near === null)
    return { path: file, what: "for no entry with csr: true; take it out, or add the entry with it", command: null };
  return {
    path: file,
    what: `is for no entry; ${near} has no request`,
    command: moveTo(file, path.request(near), false),
  };
}

function askedFor(registry: Registry): string[] {
  return [registry.clients, registry.servers, registry.signers].flatMap((section) =>
    [...section].flatMap(([name, { csr }]) => (csr ? [name] : [])),
  );
}

/** The same as one line of a plan. */
export function looseText({ path: file, what, command }: Loose): string {
  const named = shellWord(file);
  const mends = command === null ? "" : `: ${command}`;
  return what.startsWith("for ") ? `${named}: ${what}${mends}` : `${named} ${what}${mends}`;
}
