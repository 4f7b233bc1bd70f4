import type { Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { REASON } from "../gates.ts";
import type { Listeners } from "../listen.ts";
import { file } from "../text.ts";
import { gates, HOST, refuse } from "./gates.ts";
import { CAPTURED } from "./main.ts";
import { quote, section } from "./text.ts";

export interface ServerContext {
  readonly name: string;
  readonly server: Server;
  readonly listeners: Listeners;
  /** Name and path of the repositories that this server serves. */
  readonly repositories: readonly { readonly name: string; readonly path: string }[];
}

/** The chain; its key is the file beside it that ends in .key, or stands in it. */
function certificate({ name, server: { certificate: made } }: ServerContext): string {
  return quote(made === "issued" ? `../../private/${name}.crt` : made.file);
}

/**
 * Every certificate gets through the handshake, so that its holder can be told what is wrong with it; the gates let in
 * who was verified. No known name, no handshake.
 */
const TLS =
  "ca-file ../../ca.crt crl-file ../../crl.pem verify optional crt-ignore-err all ca-ignore-err all strict-sni";

const bind = (listener: string) => `bind ${listener}${listener.startsWith("[") ? " v6only" : ""}`;

/** servers/NAME.cfg: the server, the redirect to it, and what it hands requests on to. */
export function serverFile(context: ServerContext): string {
  const { name, server, listeners } = context;
  const repositories = [...context.repositories].sort((a, b) => compare(a.name, b.name));
  const home = repositories.find((one) => one.name === server.home)?.path ?? null;
  return file([
    ...section(`frontend gatehouse_${name} from gatehouse`, [
      ...listeners.tls.map((listener) => `${bind(listener)} ssl crt ${certificate(context)} ${TLS}`),
      ...CAPTURED.map((header) => `capture request header ${header} len 256`),
      ...gates(server.names, repositories, home),
      `default_backend gatehouse_${name}`,
    ]),
    ...(listeners.plain.length === 0 ? [] : redirect(context)),
    ...section(`backend gatehouse_${name} from gatehouse`, [`server backend ${server.backend}`]),
  ]);
}

/** Plain HTTP under a known name leads to the server's URL. */
function redirect({ name, server, listeners }: ServerContext): string[] {
  const known = `{ ${HOST} -m str ${server.names.map(quote).join(" ")} }`;
  return section(`frontend gatehouse_${name}_plain from gatehouse`, [
    ...listeners.plain.map(bind),
    ...CAPTURED.map((header) => `capture request header ${header} len 256`),
    ...refuse(`unless ${known}`, REASON.wrongServerName, 421, "wrong-server-name"),
    `http-request redirect prefix ${quote(server.url)} code 301`,
  ]);
}
