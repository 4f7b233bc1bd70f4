import { file } from "../text.ts";
import { identityMaps, mapHashSizes, powerOfTwo } from "./maps.ts";
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
