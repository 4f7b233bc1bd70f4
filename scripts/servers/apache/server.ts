import type { Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { REASON } from "../gates.ts";
import { file, literal } from "../text.ts";
import { listenLines, type Sockets } from "./listen.ts";
import { accessLog } from "./main.ts";
import { errorDocuments, refuseWith } from "./pages.ts";
import { familyOf, literalAddress, quote, section } from "./text.ts";

export interface ServerContext {
  readonly name: string;
  readonly server: Server;
  readonly tls: Sockets;
  readonly plain: Sockets;
  /** What /home/ is for clients without a home of their own: a repository's path. */
  readonly home: string | null;
}

const DENIED = section("Location", '"/"', ["Require all denied"]);

/** tls.conf: in every server, whether it serves or rejects. Without `SSLCARevocationCheck` the CRL would not be read. */
export function tlsFile(): string {
  return file([
    "SSLEngine on",
    "SSLProtocol -all +TLSv1.2 +TLSv1.3",
    "SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20",
    "SSLHonorCipherOrder off",
    "SSLSessionTickets off",
    'SSLCACertificateFile "${gatehouse_pki}/ca.crt"',
    'SSLCARevocationFile "${gatehouse_pki}/crl.pem"',
    "SSLCARevocationCheck chain",
    "SSLVerifyClient require",
    "SSLVerifyDepth 1",
    "SSLOCSPEnable off",
  ]);
}

/** pages.conf: what a server answers when it refuses. */
export function pagesConf(): string {
  return file(errorDocuments());
}

/** servers/NAME.conf: sockets, a server that rejects every other name, the redirect, and the server itself. */
export function ownFile(context: ServerContext): string {
  const { tls, plain } = context;
  return file([
    ...listenLines(tls.listen),
    ...listenLines(plain.listen),
    ...rejectHost(context, tls, true),
    ...(plain.hosts === "" ? [] : [...rejectHost(context, plain, false), ...redirectHost(context)]),
    ...gateHost(context, { settings: [], log: accessLog(), addresses: true }),
  ]);
}

/** Where the host says nothing else, a link `gatehouse` in its ServerRoot leads to the current release. */
const FOREIGN_PKI = "gatehouse";

/**
 * include/NAME.conf: one server for an Apache with sites of its own. Outside the server it defines two names and
 * nothing else. The sockets and the redirect are the host's business. In the server stands what the host may
 * have set for all of its sites, and what would then count here too: directories of CAs and CRLs that it trusts.
 * A session cache is the whole host's: where it has one, our clients' sessions are in it, and resumed ones are refused,
 * because another site with other CAs may have begun them. Other sites do without: they have tickets.
 */
export function foreignFile(context: ServerContext): string {
  const settings = [
    "# No certificates here, and no CRLs: instead of directories of the host's.",
    'SSLCACertificatePath "${gatehouse_apache}/include"',
    'SSLCARevocationPath "${gatehouse_apache}/include"',
    "Protocols http/1.1",
    "ServerSignature Off",
    ...section("Directory", '"/"', ["Options FollowSymLinks", "AllowOverride None"]),
  ];
  const { name } = context;
  return file([
    `# For the end of a configuration with other sites: Include gatehouse/apache/include/${name}.conf`,
    "# where gatehouse, in its ServerRoot, is a link to the current release, or after: Define gatehouse_pki /PATH/current",
    "# It needs the modules alias, authz_core, dir, headers, rewrite and ssl, `Listen`, and once in that configuration:",
    "# SSLSessionCache none. A log of its own: Define gatehouse_log DIR",
    ...section("IfDefine", "!gatehouse_pki", [`Define gatehouse_pki "${FOREIGN_PKI}"`]),
    'Define gatehouse_apache "${gatehouse_pki}/apache"',
    ...gateHost(context, { settings, log: section("IfDefine", "gatehouse_log", accessLog()), addresses: false }),
    'IncludeOptional "${gatehouse_apache}/generation*.conf"',
  ]);
}

function certificate({ name, server: { certificate: made } }: ServerContext): string[] {
  const [crt, key] =
    made === "issued"
      ? [`"\${gatehouse_pki}/issued/${name}.crt"`, `"\${gatehouse_pki}/private/${name}.key"`]
      : [quote(made.file), quote(made.key)];
  return [`SSLCertificateFile ${crt}`, `SSLCertificateKeyFile ${key}`];
}

/**
 * An encoded slash is a slash, as it is for nginx: npm asks for a scoped package as `/@scope%2fname`. Apache decodes it
 * before it takes `..` out of the path, and before any gate looks at it. A host's own setting does not reach a site.
 */
const virtualHost = (sockets: Sockets, lines: readonly string[]) =>
  section("VirtualHost", sockets.hosts, ["AllowEncodedSlashes On", ...lines]);

/**
 * The first on its sockets, and so Apache's default: for no name and unknown ones. A client without a certificate does
 * not get through the handshake; who has one is told. Its own name is one that cannot exist (RFC 6761, 6.4).
 * A client that connects by address sends no name and ends up here, and its request goes to the server of its Host,
 * whose gate decides. (`SSLStrictSNIVHostCheck` would refuse it, but without a word.)
 */
function rejectHost(context: ServerContext, sockets: Sockets, tls: boolean): string[] {
  return virtualHost(sockets, [
    `ServerName "${context.name}.invalid"`,
    ...(tls ? [...certificate(context), 'Include "${gatehouse_apache}/tls.conf"'] : []),
    'Include "${gatehouse_apache}/pages.conf"',
    ...(tls ? accessLog() : []),
    "RewriteEngine on",
    refuseWith(421, "^", REASON.wrongServerName),
    ...DENIED,
  ]);
}

/** Plain HTTP under a known name leads to the server's URL. */
function redirectHost(context: ServerContext): string[] {
  return virtualHost(context.plain, [
    ...serverNames(context.server),
    `Redirect permanent "/" ${quote(`${context.server.url}/`)}`,
  ]);
}

/** ServerName wants brackets around an IPv6 address, and then never meets a Host, whose brackets Apache takes off. */
function serverNames({ names }: Server): string[] {
  const [first = ""] = names;
  const bracketed = familyOf(first) === "IPv6";
  const aliases = bracketed ? names : names.slice(1);
  return [
    `ServerName ${quote(bracketed ? `[${first}]` : first)}`,
    ...aliases.map((name) => `ServerAlias ${quote(name)}`),
  ];
}

interface Variant {
  readonly settings: readonly string[];
  readonly log: readonly string[];
  /** Whether clients that connect by address, and so send no name in the handshake, are let in. */
  readonly addresses: boolean;
}

/**
 * The name of the handshake is compared, not Host: a client that was admitted elsewhere on the socket may send any Host
 * (RFC 6066, 3: names in any case, and no addresses).
 */
function nameGate({ server }: ServerContext, { addresses }: Variant): string[] {
  const known = server.names.filter((name) => familyOf(name) === null).map(literal);
  const hosts = server.names.filter((name) => familyOf(name) !== null).map(literalAddress);
  const conditions = [`RewriteCond "%{SSL:SSL_TLS_SNI}" "!^(?:${[...known, "[.]"].join("|")})$" [NC]`];
  if (addresses && hosts.length > 0) {
    conditions.push(`RewriteCond "%{SSL:SSL_TLS_SNI}/%{HTTP_HOST}" "!^/(?:${hosts.join("|")})(?::[0-9]+)?$"`);
  }
  return [...conditions, refuseWith(421, "^", REASON.wrongServerName)];
}

/** The server itself. Everything is denied but its repositories' paths, to those whom their gates let through. */
function gateHost(context: ServerContext, variant: Variant): string[] {
  const repositories = [...context.server.repositories].sort(compare);
  return virtualHost(context.tls, [
    ...serverNames(context.server),
    ...certificate(context),
    'Include "${gatehouse_apache}/tls.conf"',
    ...variant.settings,
    'Include "${gatehouse_apache}/pages.conf"',
    ...variant.log,
    ...DENIED,
    "RewriteEngine on",
    ...nameGate(context, variant),
    ...(context.home === null
      ? []
      : [`RewriteRule "^" "-" "[E=gatehouse_fallback:${quote(context.home).slice(1, -1)}]"`]),
    'Include "${gatehouse_apache}/gates.conf"',
    ...repositories.map((repository) => `Include "\${gatehouse_apache}/repositories/${repository}.conf"`),
    refuseWith(404, "^", REASON.notFound),
  ]);
}
