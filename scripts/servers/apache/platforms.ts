import { section } from "./text.ts";

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
