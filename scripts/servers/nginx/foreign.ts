import { file } from "../text.ts";
import { identityMaps, mapHashSizes } from "./maps.ts";
import { gateBlock, gateMaps, redirectBlock, type ServerContext } from "./server.ts";
import { accessLog, serverSettings } from "./settings.ts";

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
