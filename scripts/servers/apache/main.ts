import { file } from "../text.ts";
import { section } from "./text.ts";

/** Text of a log line: a name and a quoted value, which Apache escapes as C does. */
const FIELDS: readonly (readonly [name: string, format: string])[] = [
  ["time", "%{%Y-%m-%dT%H:%M:%S%z}t"],
  ["address", "%a"],
  ["client", "%{gatehouse_client}e"],
  ["serial", "%{SSL_CLIENT_M_SERIAL}x"],
  ["name", "%{SSL_TLS_SNI}x"],
  ["host", "%{Host}i"],
  ["request", "%r"],
  ["status", "%>s"],
  ["bytes", "%B"],
  ["tls", "%{SSL_PROTOCOL}x"],
  ["agent", "%{User-Agent}i"],
  ["reason", "%{gatehouse_reason}e"],
];

/** For a server: what each request was answered, and why not. */
export function accessLog(): string[] {
  const format = FIELDS.map(([name, value]) => `${name}=\\"${value}\\"`).join(" ");
  return [`LogFormat "${format}" gatehouse`, 'CustomLog "${gatehouse_log}/access.log" gatehouse'];
}

/**
 * httpd.conf: complete, the same for every server, relative to -d: `apache2 -d …/apache -f httpd.conf`. What differs
 * from machine to machine may be defined before, with -C.
 */
export function mainFile(): string {
  const otherwise = (name: string, value: string) => section("IfDefine", `!${name}`, [`Define ${name} "${value}"`]);
  return file([
    "# apache2 -d DIRECTORY_OF_THIS_FILE -f httpd.conf, and where a default does not fit, before that:",
    '# -C "Define gatehouse_run DIR" -C "Define gatehouse_log DIR" -C "Define gatehouse_user NAME" -C "Define gatehouse_modules DIR"',
    ...otherwise("gatehouse_run", "/var/run/gatehouse"),
    ...otherwise("gatehouse_log", "/var/log/gatehouse"),
    'Define gatehouse_pki ".."',
    'Define gatehouse_apache "."',
    "Include modules.conf",
    'User "${gatehouse_user}"',
    'PidFile "${gatehouse_run}/httpd.pid"',
    'DefaultRuntimeDir "${gatehouse_run}"',
    'ErrorLog "${gatehouse_log}/error.log"',
    "# info: why a handshake failed is written at that level.",
    "LogLevel warn ssl:info",
    "# For what no server below answers.",
    "ServerName gatehouse.invalid",
    "ServerTokens Prod",
    "ServerSignature Off",
    "TraceEnable off",
    "# No session outlives its connection: a resumed one would skip a new CRL. (The allow-list holds there too.)",
    "SSLSessionCache none",
    ...section("Directory", '"/"', ["Options FollowSymLinks", "AllowOverride None", "Require all denied"]),
    "IncludeOptional servers/*.conf",
    "# On a server: which release this is (scripts/deploy/server/activate writes it).",
    "IncludeOptional generation*.conf",
  ]);
}

/** Where systems keep Apache's modules, and as whom they run it. The first that is there counts. */
const PLATFORMS: readonly { readonly modules: string; readonly user: string }[] = [
  { modules: "/usr/lib/apache2/modules", user: "www-data" },
  { modules: "/usr/local/libexec/apache24", user: "www" },
  { modules: "/usr/lib64/httpd/modules", user: "apache" },
  { modules: "/usr/lib/apache2", user: "apache" },
  { modules: "/usr/lib/httpd/modules", user: "http" },
  { modules: "/usr/pkg/lib/httpd", user: "www" },
  { modules: "/opt/homebrew/lib/httpd/modules", user: "_www" },
];

/** What is used, in an order in which they load. Built in on some systems. */
const MODULES = ["unixd", "log_config", "authz_core", "alias", "dir", "headers", "reqtimeout", "rewrite", "ssl"];

/** modules.conf: finds and loads what the other files use. `gatehouse_modules` and `gatehouse_user` may be defined before. */
export function modulesFile(): string[] {
  return [
    ...PLATFORMS.flatMap(({ modules, user }) =>
      section("IfDefine", "!gatehouse_modules", [
        ...section("IfFile", `"${modules}/mod_ssl.so"`, [
          `Define gatehouse_modules "${modules}"`,
          ...section("IfDefine", "!gatehouse_user", [`Define gatehouse_user "${user}"`]),
        ]),
      ]),
    ),
    ...["prefork", "worker", "event"].reduce(
      (inner, mpm) => section("IfModule", `!mpm_${mpm}_module`, inner),
      load("mpm_event"),
    ),
    ...MODULES.flatMap((name) => section("IfModule", `!${name}_module`, load(name))),
  ];
}

function load(name: string): string[] {
  return [`LoadModule ${name}_module "\${gatehouse_modules}/mod_${name}.so"`];
}
