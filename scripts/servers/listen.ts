import type { Server } from "../model/registry.ts";
import { compare } from "../model/words.ts";

export interface Listeners {
  /** TLS, `ADDRESS:PORT`, each once, sorted. */
  readonly tls: readonly string[];
  /** Plain HTTP that only redirects; never an address that some server speaks TLS on. */
  readonly plain: readonly string[];
}

/**
 * `443` and `0.0.0.0:443` are one socket to nginx, and naming it twice in a server is fatal; so are two
 * spellings of one IPv6 address. IPv6 sockets are ipv6only by default, so `443` and `[::]:443` go together.
 */
export function canonicalListener(text: string): string {
  const match = /^(?:(.+):)?([0-9]{1,5})$/.exec(text);
  if (!match) throw new Error(`not a listener: ${JSON.stringify(text)}`);
  const [, address = "0.0.0.0", port] = match;
  if (address === "*") return `0.0.0.0:${port}`;
  if (!/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)$/.test(address)) throw new Error(`not an address: ${address}`);
  return `${new URL(`http://${address}/`).hostname}:${port}`;
}

const unique = (texts: readonly string[]) => [...new Set(texts.map(canonicalListener))].sort(compare);

/**
 * The server's sockets. A port on which any nginx server speaks TLS is no redirect: nginx takes the first
 * `listen` line's word for whether a socket is TLS, and would answer in plain text there.
 */
export function listenersOf(server: Server, servers: Iterable<Server>): Listeners {
  const taken = new Set([...servers].flatMap((other) => unique(other.listen)));
  return { tls: unique(server.listen), plain: unique(server.redirect).filter((listener) => !taken.has(listener)) };
}
