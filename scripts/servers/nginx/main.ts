import { file } from "../text.ts";
import { identityMaps, mapHashSizes, powerOfTwo } from "./maps.ts";
import { gateBlock, gateMaps, redirectBlock, type ServerContext } from "./server.ts";
import { accessLog, serverSettings } from "./settings.ts";
import { block } from "./text.ts";

export interface Sizes {
  /** Entries of the greatest map. */
  readonly entries: number;
  readonly serverNames: number;
}

/** The access log of a configuration of our own, relative to -p. */
export const OWN_LOG = "access.log";

/** Relative to -p, and flat: nginx makes these directories, but not their parents. */
const SCRATCH = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

const TYPES = "types { text/html html; text/plain txt; application/json json; application/xml xml; }";

/**
 * nginx.conf, the same for every server: complete, without a `user` line (nginx warns when it is not root),
 * nothing in the place where nginx was built, certificates and maps relative to this file.
 * Hash sizes stand before the first map: nginx takes them only there.
 */
export function mainFile({ entries, serverNames }: Sizes): string {
  const { maxSize, bucketSize } = mapHashSizes(entries);
  const http = [
    `map_hash_max_size ${maxSize};`,
    `map_hash_bucket_size ${bucketSize};`,
    `server_names_hash_max_size ${powerOfTwo(Math.max(512, 4 * serverNames))};`,
    "server_names_hash_bucket_size 512;",
    ...SCRATCH.map((name) => `${name}_temp_path ${name}_temp;`),
    TYPES,
    "default_type application/octet-stream;",
    "sendfile on;",
    "tcp_nopush on;",
    ...serverSettings("../"),
    ...identityMaps(""),
    "include reasons.conf;",
    accessLog(OWN_LOG),
    "include servers/*.conf;",
    "# On a server: which release this is (scripts/deploy/server/activate writes it).",
    "include generation*.conf;",
  ];
  return file([
    "worker_processes auto;",
    // Every request meets two patterns: 1 % of what a small one costs. Where PCRE cannot, nginx says so and goes on.
    "pcre_jit on;",
    "pid nginx.pid;",
    "# info: why a handshake failed is written at that level.",
    "error_log error.log info;",
    ...block("events", ["worker_connections 1024;"]),
    ...block("http", http),
  ]);
}

/** Where a foreign nginx finds the mirror of pki/: a link beside its nginx.conf, because it resolves paths there. */
export const FOREIGN_PKI = "gatehouse/";

/** The access log there. */
export const FOREIGN_LOG = "/var/log/nginx/gatehouse.log";

/**
 * include/NAME.conf: one server for the http {} of an nginx with sites of its own. At http level it has maps
 * and log formats (and a zone of limit_req, where requests are limited), named gatehouse…, and nothing else: the CRL stands in the server, because at http level
 * it would lock out the other sites' clients, and hash sizes may be given once only, by the host.
 */
export function foreignFile(context: ServerContext, entries: number): string {
  const { maxSize, bucketSize } = mapHashSizes(entries);
  const settings = [
    ...serverSettings(context.pki),
    // Set by the host for its own sites, these would trust its CA here and ask its OCSP server.
    `ssl_trusted_certificate ${context.pki}ca.crt;`,
    "ssl_ocsp off;",
    "default_type application/octet-stream;",
    accessLog(FOREIGN_LOG),
  ];
  return file([
    `# For the end of an http {} with other sites: include ${context.nginx}include/${context.name}.conf;`,
    "# where gatehouse, beside that nginx.conf, is a link to the current release. Once in that http {}, at its top:",
    `# map_hash_max_size ${maxSize}; map_hash_bucket_size ${bucketSize};`,
    ...identityMaps(context.nginx),
    `include ${context.nginx}reasons.conf;`,
    ...redirectBlock(context),
    ...gateMaps(context),
    ...gateBlock(context, settings),
    `include ${context.nginx}generation*.conf;`,
  ]);
}
