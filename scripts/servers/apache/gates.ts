import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry, Repository } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { groupsOf } from "../allow-list.ts";
import { HIDDEN, HOME, METHODS, REASON, RENEWAL, RESERVED } from "../gates.ts";
import { file } from "../text.ts";
import { pageText, refuse, refuseWith } from "./pages.ts";
import { literalPath, quote, section } from "./text.ts";

const serial = "%{ENV:gatehouse_serial}";

/** What a map, by a key, says: the empty string where it says nothing. */
const lookUp = (map: string, key: string) => `\${gatehouse_${map}:${key}}`;

/**
 * gates.conf, the gates that every request passes in a server, before anything looks at files. The path is decoded and
 * normalised by then. Only a verified certificate's serial is looked up. We hand out no sessions, so one that is
 * resumed began at another site on the socket, with that site's client CA (Apache before 2.4.64: CVE-2025-23048).
 */
export function gatesFile(): string {
  const verified = '"%{SSL:SSL_CLIENT_VERIFY}"';
  return file([
    ...["clients", "roles", "homes", "renewals"].map(
      (name) => `RewriteMap gatehouse_${name} "txt:\${gatehouse_apache}/${name}.map"`,
    ),
    'RewriteMap gatehouse_pages "txt:${gatehouse_apache}/pages.txt"',
    "RewriteMap gatehouse_unescape int:unescape",
    "",
    `RewriteCond ${verified} "=NONE"`,
    refuse("^", REASON.noCertificate, "no-certificate"),
    `RewriteCond ${verified} "!=SUCCESS"`,
    refuse("^", `${REASON.notVerified}: %{SSL:SSL_CLIENT_VERIFY}`, "not-verified"),
    'RewriteRule "^" "-" "[E=gatehouse_serial:%{SSL:SSL_CLIENT_M_SERIAL}]"',
    `RewriteRule "^" "-" "[E=gatehouse_client:${lookUp("clients", serial)},E=gatehouse_page:${pageText("not-readable")}]"`,
    'RewriteCond "%{ENV:gatehouse_client}" "^$"',
    refuse("^", REASON.notListed, "not-listed"),
    'RewriteCond "%{SSL:SSL_SESSION_RESUMED}" "=Resumed"',
    refuseWith(421, "^", REASON.resumedSession),
    "",
    `RewriteCond "%{REQUEST_METHOD}" "!^(?:${METHODS.join("|")})$"`,
    refuseWith(405, "^", REASON.method),
    "# Hidden at the top, but for our own, or hidden further down.",
    refuse(HIDDEN, REASON.hiddenFile, "hidden-file"),
    "",
    ...renewals(),
    "",
    ...home(),
  ]);
}

/** The successor of the certificate that was presented; 204 where it is the newest. */
function renewals(): string[] {
  const path = `^${literalPath(RENEWAL)}$`;
  const below = `${RESERVED}renewals/`;
  return [
    `RewriteCond "${lookUp("renewals", serial)}" "^$"`,
    `RewriteRule "${path}" "-" "[R=204]"`,
    `RewriteRule "${path}" "${below}${lookUp("renewals", serial)}" "[E=gatehouse_may:.gatehouse,PT]"`,
    `Alias ${quote(below)} "\${gatehouse_apache}/renewals/"`,
    ...section("Location", quote(below), [
      'ForceType "application/x-pem-file"',
      'Header always set Cache-Control "no-store"',
      ...onlyThrough(".gatehouse"),
    ]),
  ];
}

/** /home/ is another name for one repository's path: the request goes on there and meets that gate. */
function home(): string[] {
  return [
    `RewriteRule "^${HOME}" "-" "[E=gatehouse_home:${lookUp("homes", serial)}]"`,
    'RewriteCond "%{ENV:gatehouse_home}" "^$"',
    `RewriteRule "^${HOME}" "-" "[E=gatehouse_home:%{ENV:gatehouse_fallback}]"`,
    'RewriteCond "%{ENV:gatehouse_home}" "^$"',
    refuse(`^${HOME}`, REASON.noHome, "no-home"),
    `RewriteRule "^${HOME}(.*)$" "%{ENV:gatehouse_home}$1"`,
  ];
}

/** The second lock: what `Require` asks for where files are, whichever way a request got there. */
function onlyThrough(gate: string): string[] {
  return section("RequireAll", "", [
    `Require expr "%{SSL_CLIENT_VERIFY} == 'SUCCESS'"`,
    `Require expr "-n reqenv('gatehouse_client')"`,
    `Require expr "reqenv('gatehouse_may') == ${quote(gate).replaceAll('"', "'")}"`,
  ]);
}

/**
 * gates/NAME.conf, who may enter a repository: after what repositories/NAME.conf says is asked for. A condition for
 * each group, all of which must fail. `PT` ends the rules: what remains is where the files are.
 */
function gateFile(name: string, groups: readonly string[]): string {
  const asked = `RewriteCond "%{ENV:gatehouse_repository}" ${quote(`=${name}`)}`;
  return file([
    asked,
    ...[...groups].sort(compare).map((group) => {
      return `RewriteCond "${lookUp("roles", `${serial}/${quote(group).slice(1, -1)}`)}" "!=yes"`;
    }),
    refuse("^", `${REASON.notPermitted}: ${name}`, "not-permitted"),
    ...(groups.length === 0 ? [] : [asked, `RewriteRule "^" "-" "[E=gatehouse_may:${name},PT]"`]),
  ]);
}

const TYPES = { html: "text/html", txt: "text/plain", json: "application/json", xml: "application/xml" } as const;

/**
 * Once, however many servers serve the repository: gates/NAME.conf says who may enter, repositories/NAME.conf what is
 * there. Two files, because a rollback takes the second back and never the first.
 */
export function repositoryFiles(registry: Registry): DerivedFile[] {
  return [...registry.repositories].flatMap(([name, repository]) => [
    { path: `${DIR.apache}/gates/${name}.conf`, text: gateFile(name, groupsOf(registry, name)) },
    { path: `${DIR.apache}/repositories/${name}.conf`, text: repositoryFile(name, repository) },
  ]);
}

/**
 * Links are followed where link and target have one owner (Poudriere's `.latest`). The root itself may be a link: it
 * is looked at with the options of the directory above it, and those are of `<Directory "/">`.
 */
function repositoryFile(name: string, { path, root }: Repository): string {
  return file([
    `RewriteRule "^${literalPath(path)}" "-" "[E=gatehouse_repository:${name}]"`,
    `Include "\${gatehouse_apache}/gates/${name}.conf"`,
    `Alias ${quote(path)} ${quote(`${root}/`)}`,
    ...section("Location", quote(path), onlyThrough(name)),
    ...section("Directory", quote(root), [
      "Options SymLinksIfOwnerMatch",
      "AllowOverride None",
      "AcceptPathInfo Off",
      "# Nothing here is a program, whatever its name and the host's other modules say.",
      "SetHandler default-handler",
      "ForceType application/octet-stream",
      ...Object.entries(TYPES).flatMap(([end, type]) => section("Files", `"*.${end}"`, [`ForceType ${type}`])),
    ]),
  ]);
}
