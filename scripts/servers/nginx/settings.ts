import type { Rate } from "../../model/registry.ts";

/**
 * Fields of the access log. Status is text, because nginx writes 009 for a request without version. Every variable
 * costs time at every request, so what is the same for all that is served, only a refusal says.
 */
const FIELDS = {
  served: {
    time: "$time_iso8601",
    address: "$remote_addr",
    client: "$gatehouse_client",
    serial: "$ssl_client_serial",
    method: "$request_method",
    uri: "$request_uri",
    status: "$status",
    agent: "$http_user_agent",
    reason: "$gatehouse_reason",
  },
  refused: {
    verify: "$ssl_client_verify",
    name: "$ssl_server_name",
    host: "$host",
    tls: "$ssl_protocol",
    resumed: "$ssl_session_reused",
  },
} as const;

/** The access log's formats, one JSON object a line: `gatehouse`, and with more fields `gatehouse_refused`. */
export function logFormats(): string[] {
  return [
    ...logFormat("gatehouse", FIELDS.served),
    ...logFormat("gatehouse_refused", { ...FIELDS.served, ...FIELDS.refused }),
  ];
}

function logFormat(name: string, fields: Readonly<Record<string, string>>): string[] {
  return [
    `log_format ${name} escape=json`,
    ...Object.entries(fields).map(
      ([field, variable], index) => `    '${index === 0 ? "{" : ","}"${field}":"${variable}"'`,
    ),
    `    ',"bytes":$body_bytes_sent}';`,
  ];
}

/**
 * Lines are written together, a tenth of a second late at most: one write(2) for each request is a good part of what
 * gates and log cost. What it holds back nginx writes when it is reloaded or stopped, too; only a kill loses it.
 */
export function accessLog(path: string, format: "gatehouse" | "gatehouse_refused" = "gatehouse"): string {
  return `access_log ${path} ${format} buffer=64k flush=100ms;`;
}

/**
 * At http level: each client may ask so often, by its name, whatever its address and certificate. A request without
 * a client counts for nobody; the gates have refused it before.
 */
export function rateZone(name: string, { requests, per }: Rate): string {
  return `limit_req_zone $gatehouse_client zone=${rateZoneName(name)}:10m rate=${requests}r/${per};`;
}

/** In the server: `nodelay`, because a request that waits holds a connection. */
export function rateLimit(name: string, { burst }: Rate): string[] {
  const room = burst === 0 ? "" : ` burst=${burst} nodelay`;
  return [`limit_req zone=${rateZoneName(name)}${room};`, "limit_req_status 429;", "limit_req_log_level info;"];
}

const rateZoneName = (name: string) => `gatehouse_${name}`;

/**
 * What every server has: at http level in a configuration of our own, in each server of a foreign one.
 * No session outlives its connection: a resumed one would skip a new CRL. (The allow-list holds there too.)
 * @param directory of ca.crt and crl.pem, as nginx finds it, with a slash at the end
 */
export function serverSettings(directory: string): string[] {
  return [
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;",
    "ssl_prefer_server_ciphers off;",
    "ssl_session_cache off;",
    "ssl_session_tickets off;",
    `ssl_client_certificate ${directory}ca.crt;`,
    `ssl_crl ${directory}crl.pem;`,
    "ssl_verify_client on;",
    "ssl_verify_depth 1;",
    "server_tokens off;",
    "absolute_redirect off;",
    "merge_slashes on;",
    "autoindex off;",
  ];
}
