import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry, Repository, Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { groupsOf } from "../allow-list.ts";
import { HIDDEN, HOME, REASON, RESERVED } from "../gates.ts";
import type { Listeners } from "../listen.ts";
import { file, literal } from "../text.ts";
import { refuseIf } from "./pages.ts";
import { renewalLocation } from "./renewals.ts";
import { rateLimit, rateZone } from "./settings.ts";
import { block, quote } from "./text.ts";

export interface ServerContext {
  readonly name: string;
  readonly server: Server;
  readonly listeners: Listeners;
  /** Name and path of the repositories that this server serves. */
  readonly repositories: readonly { readonly name: string; readonly path: string }[];
  /** Of the mirror of pki/, as nginx finds it, with a slash at the end. */
  readonly pki: string;
  /** Of the directory of nginx.conf, with a slash at the end or empty. */
  readonly nginx: string;
  /** Lines that say where refusals end. */
  readonly refusals: readonly string[];
}

const tls = ({ listeners }: ServerContext) => listeners.tls.map((listener) => `listen ${listener} ssl;`);
const plain = ({ listeners }: ServerContext) => listeners.plain.map((listener) => `listen ${listener};`);

/**
 * The first block of the file, and so, whichever of our files nginx reads first, the first on each of its
 * sockets: nginx's default server. No known name, no handshake; it answers only what is plain, or what was
 * begun under a known name and then asks for an unknown Host. (Not `default_server`: two files that share a
 * socket may not both say it, and a release holds one file only.) Its own name is one that cannot exist
 * (RFC 6761, 6.4), because two blocks without a name make nginx warn.
 */
export function rejectBlock(context: ServerContext): string[] {
  return block("server", [
    ...tls(context),
    ...plain(context),
    `server_name ${quote(`${context.name}.invalid`)};`,
    "ssl_reject_handshake on;",
    ...context.refusals,
    "location / { return 421; }",
  ]);
}

const serverName = ({ server }: ServerContext) => `server_name ${server.names.map(quote).join(" ")};`;

/** Plain HTTP under a known name leads to the server's URL; none where nothing listens in plain. */
export function redirectBlock(context: ServerContext): string[] {
  if (context.listeners.plain.length === 0) return [];
  const target = quote(context.server.url).slice(1, -1);
  return block("server", [...plain(context), serverName(context), `return 301 "${target}$request_uri";`]);
}

function certificate({ name, server, pki }: ServerContext): string[] {
  const { certificate: made } = server;
  const [crt, key] =
    made === "issued" ? [`${pki}issued/${name}.crt`, `${pki}private/${name}.key`] : [made.file, made.key];
  return [`ssl_certificate ${quote(crt)};`, `ssl_certificate_key ${quote(key)};`];
}

/** A variable of this server alone. After `_` stands what was no letter or digit, so that no two names become one. */
function ownVariable(name: string): string {
  const words: Readonly<Record<string, string>> = { ".": "_d", "-": "_h", _: "_u" };
  return `$gatehouse_name_${name.replace(/[._-]/g, (mark) => words[mark] ?? mark)}`;
}

/**
 * What stands at http level before the server: whether the handshake's name is one of its own, in any case (RFC 6066,
 * 3), "" or the reason why not; and the zone that counts requests, where they are limited. One pattern and not one
 * key for each name, because a name of 253 letters does not fit the hash buckets that a foreign http {} has.
 */
export function gateMaps({ name, server }: ServerContext): string[] {
  const names = server.names.map(literal).join("|");
  return [
    ...block(`map $ssl_server_name ${ownVariable(name)}`, [
      `default ${quote(REASON.wrongServerName)};`,
      `"~*^(?:${names})\\z" "";`,
    ]),
    ...(server.rate === null ? [] : [rateZone(name, server.rate)]),
  ];
}

/** A variable → what it must be, and the map that is asked, and gives a reason or "", only where it is not. */
function unless(condition: string, map: string, status: number): string[] {
  return [
    ...block(`if (${condition})`, [`set $gatehouse_reason ${map};`]),
    ...block("if ($gatehouse_reason)", [`return ${status};`]),
  ];
}

/**
 * The gates that every request passes, in nginx's server rewrite phase. `$uri` is decoded and normalised;
 * `$request_uri` is not and decides nothing. The name of the handshake is compared, not Host: a client
 * admitted elsewhere on the socket may send any Host. We hand out no sessions, so one that is resumed began at
 * another site on the socket, with that site's client CA (nginx before 1.26.3 and 1.27.4: CVE-2025-23419).
 */
function gates({ name, server }: ServerContext): string[] {
  return [
    'set $gatehouse_reason "";',
    // The name that URLs have is compared at once; a pattern or a look-up at each request is a good part of the cost.
    ...unless(`$ssl_server_name != ${quote(server.names[0] ?? name)}`, ownVariable(name), 421),
    ...refuseIf('$gatehouse_client = ""', "$gatehouse_refusal", 403),
    ...refuseIf("$ssl_session_reused = r", quote(REASON.resumedSession), 421),
    ...unless("$request_method != GET", "$gatehouse_method", 405),
    ...refuseIf(`$uri ~ "${HIDDEN}"`, quote(REASON.hiddenFile), 403),
  ];
}

/**
 * /home/ is another name for one repository's path: the request goes there and meets that gate. `fallback` is the path
 * for those that have no home of their own.
 */
function home(fallback: string | null): string[] {
  const set = fallback === null ? [] : block('if ($gatehouse_home = "")', [`set $gatehouse_home ${quote(fallback)};`]);
  return block(`location ^~ ${HOME}`, [
    ...set,
    ...refuseIf('$gatehouse_home = ""', quote(REASON.noHome), 403),
    `rewrite "(?s)^${HOME}(.*)\\z" $gatehouse_home$1 last;`,
    "return 404;",
  ]);
}

function pathOf({ server, repositories }: ServerContext): string | null {
  return repositories.find(({ name }) => name === server.home)?.path ?? null;
}

/** The server itself. Everything is 404 but its repositories' paths, which end in a slash on both sides. */
export function gateBlock(context: ServerContext, settings: readonly string[]): string[] {
  const repositories = [...context.repositories].sort((a, b) => compare(a.name, b.name));
  return block("server", [
    ...tls(context),
    serverName(context),
    ...certificate(context),
    ...settings,
    ...gates(context),
    ...(context.server.rate === null ? [] : rateLimit(context.name, context.server.rate)),
    ...context.refusals,
    "location / { return 404; }",
    `location ^~ ${RESERVED} { return 404; }`,
    ...renewalLocation(),
    ...home(pathOf(context)),
    ...repositories.flatMap(({ name, path }) =>
      block(
        `location ^~ ${quote(path)}`,
        ["gates", "repositories"].map((directory) => `include ${context.nginx}${directory}/${name}.conf;`),
      ),
    ),
  ]);
}

/**
 * The gate: one pattern over the client's groups. `$gatehouse_roles` is empty unless the certificate was
 * verified and is listed, so the gate holds by itself, whichever way a request got here.
 */
function gate(name: string, groups: readonly string[]): string[] {
  const reason = quote(`${REASON.notPermitted}: ${name}`);
  if (groups.length === 0) return [`set $gatehouse_reason ${reason};`, "return 403;"];
  return refuseIf(`$gatehouse_roles !~ " (?:${groups.map(literal).join("|")}) "`, reason, 403);
}

/**
 * The inside of a location, once, however many servers serve the repository: gates/NAME.conf says who may enter,
 * repositories/NAME.conf what is there. Two files, because a rollback takes the second back and never the first.
 * Links are followed where link and target have one owner (Poudriere's `.latest`); the root itself may be a link, or
 * begin with a dot, because only what follows `$document_root`, the alias, is looked at.
 */
export function repositoryFiles(registry: Registry): DerivedFile[] {
  return [...registry.repositories].flatMap(([name, repository]: [string, Repository]) => [
    { path: `${DIR.nginx}/gates/${name}.conf`, text: file(gate(name, groupsOf(registry, name))) },
    {
      path: `${DIR.nginx}/repositories/${name}.conf`,
      text: file([`alias ${quote(`${repository.root}/`)};`, "disable_symlinks if_not_owner from=$document_root;"]),
    },
  ]);
}
