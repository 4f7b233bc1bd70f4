/** The access log: one JSON object a line. Status is text, because nginx writes 009 for a request without version. */
export function logFormat(): string[] {
  const fields = [
    '"time":"$time_iso8601"',
    '"address":"$remote_addr"',
    '"client":"$gatehouse_client"',
    '"serial":"$ssl_client_serial"',
    '"verify":"$ssl_client_verify"',
    '"name":"$ssl_server_name"',
    '"host":"$host"',
    '"method":"$request_method"',
    '"uri":"$request_uri"',
    '"status":"$status"',
    '"bytes":$body_bytes_sent',
    '"tls":"$ssl_protocol"',
    '"resumed":"$ssl_session_reused"',
    '"agent":"$http_user_agent"',
    '"reason":"$gatehouse_reason"',
  ];
  return [
    "log_format gatehouse escape=json",
    ...fields.map((field, index) => `    '${index === 0 ? "{" : ","}${field}'`),
    "    '}';",
  ];
}

/**
 * Lines are written together, a tenth of a second late at most: one write(2) for each request is a good part of what
 * gates and log cost. What it holds back nginx writes when it is reloaded or stopped, too; only a kill loses it.
 */
export const ACCESS_LOG = "gatehouse buffer=64k flush=100ms";

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
