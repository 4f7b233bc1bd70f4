import { file } from "../text.ts";
import type { Page } from "./pages.ts";
import { section } from "./text.ts";

const VARIABLE = (name: string) => `%[var(txn.gatehouse_${name}),json(utf8s)]`;

/** One JSON object a line, on standard output. What is not there is a dash, as Apache writes it. */
const FIELDS = {
  time: "%[date,utime(%Y-%m-%dT%H:%M:%SZ)]",
  address: "%[src]",
  client: VARIABLE("client"),
  serial: "%[ssl_c_serial,hex]",
  verify: "%[ssl_c_verify]",
  name: "%[ssl_fc_sni,json(utf8s)]",
  host: "%[capture.req.hdr(0),json(utf8s)]",
  method: "%[capture.req.method,json(utf8s)]",
  uri: "%[capture.req.uri,json(utf8s)]",
  status: "%ST",
  tls: "%[ssl_fc_protocol]",
  agent: "%[capture.req.hdr(1),json(utf8s)]",
  reason: VARIABLE("reason"),
} as const;

/** Headers that the log asks for, in this order. */
export const CAPTURED = ["Host", "User-Agent"] as const;

function logFormat(): string {
  const fields = Object.entries(FIELDS).map(([name, value]) => `"${name}":"${value}"`);
  return `log-format '{${fields.join(",")},"bytes":%B}'`;
}

/**
 * haproxy.cfg, the same for every server: `haproxy -W -f DIRECTORY_OF_THIS_FILE -f …/servers`. Paths are relative to the
 * file that they stand in. A key lies beside its certificate, in private/NAME.key: HAProxy looks for it nowhere else.
 */
export function mainFile(): string {
  const error = (status: number, page: Page) =>
    `http-error status ${status} content-type text/plain file pages/${page}.txt`;
  return file([
    "# haproxy -W -f DIRECTORY_OF_THIS_FILE -f DIRECTORY_OF_THIS_FILE/servers",
    ...section("global", [
      "default-path config",
      "ssl-load-extra-files key",
      "ssl-load-extra-del-ext",
      "# No session outlives its connection: a resumed one would skip a new CRL. (The allow-list holds there too.)",
      "tune.ssl.cachesize 0",
      "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
      "ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
      "log stdout format raw local0",
    ]),
    ...section("defaults gatehouse", [
      "mode http",
      "log global",
      "option dontlognull",
      "timeout connect 10s",
      "timeout client 60s",
      "timeout server 60s",
      "timeout http-request 30s",
      "timeout http-keep-alive 60s",
      logFormat(),
      error(400, "unreadable"),
      error(502, "unanswered"),
      error(503, "unanswered"),
      error(504, "unanswered"),
    ]),
  ]);
}
