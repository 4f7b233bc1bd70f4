import type { Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { listenersOf } from "../listen.ts";
import { section } from "./text.ts";

const ANY = { "0.0.0.0": "IPv4", "[::]": "IPv6" } as const;

export interface Sockets {
  /** For `Listen`: none inside another, which Apache could not open twice. */
  readonly listen: readonly string[];
  /** For `<VirtualHost>`: Apache knows `*`, for every address, and no `[::]`. */
  readonly hosts: string;
}

/** The sockets for TLS, and those for plain HTTP, of `ADDRESS:PORT` in nginx's spelling. */
export function socketsOf(
  server: Server,
  servers: Iterable<Server>,
): { readonly tls: Sockets; readonly plain: Sockets } {
  const { tls, plain } = listenersOf(server, servers);
  return { tls: sockets(tls), plain: sockets(plain) };
}

function sockets(listeners: readonly string[]): Sockets {
  const parsed = listeners.map((listener) => {
    const at = listener.lastIndexOf(":");
    return { listener, address: listener.slice(0, at), port: listener.slice(at + 1) };
  });
  const has = (address: string, port: string) => listeners.includes(`${address}:${port}`);
  const listen = parsed.flatMap(({ listener, address, port }) => {
    // `Listen 443` is both, where the system has both.
    if (address in ANY) return [has("0.0.0.0", port) && has("[::]", port) ? port : listener];
    return has(address.startsWith("[") ? "[::]" : "0.0.0.0", port) ? [] : [listener];
  });
  const hosts = parsed.map(({ listener, address, port }) => (address in ANY ? `*:${port}` : listener));
  return { listen: unique(listen), hosts: unique(hosts).join(" ") };
}

const unique = (texts: readonly string[]) => [...new Set(texts)].sort(compare);

/** `Listen`, once, though files of several servers may be read together, and Apache opens no socket twice. */
export function listenLines(listen: readonly string[]): string[] {
  return listen.flatMap((one) => {
    const name = `gatehouse_listen_${one.replace(/[^A-Za-z0-9]/g, "_")}`;
    return section("IfDefine", `!${name}`, [`Define ${name}`, `Listen ${one}`]);
  });
}
