import { HOME, METHODS, REASON, RENEWAL, RESERVED } from "../gates.ts";
import { notVerifiedPages, type Page } from "./pages.ts";
import { quote } from "./text.ts";

/** Of the transaction: gone with it, whatever else comes over the connection. */
const v = (name: string) => `txn.gatehouse_${name}`;
const is = (name: string, match: string) => `{ var(${v(name)}) ${match} }`;
const there = (name: string) => is(name, "-m found");

const set = (name: string, value: string, condition = "") =>
  `http-request set-var(${v(name)}) ${value}${condition === "" ? "" : ` ${condition}`}`;

const answer = (status: number, page: Page, condition: string, header = "") =>
  `http-request return status ${status} content-type text/plain file ../pages/${page}.txt${header} ${condition}`;

/** The reason goes to the access log, the page to the client. Where there is a reason by then, it is this one. */
export function refuse(condition: string, reason: string, status: number, page: Page, header = ""): string[] {
  return [set("reason", `str(${quote(reason)})`, condition), answer(status, page, `if ${there("reason")}`, header)];
}

/** The longest renewal has 133 (RSA 4096 for RSA 4096); all of it must fit into a buffer of 16 KiB. */
export const RENEWAL_LINES = 180;

/** What the request says, decoded once: decides which repository it is. */
const PATH = set("path", "path,url_dec");

/** The whole header: `req.hdr` takes it apart at commas, and one part that is ours would do. */
export const HOST = "req.fhdr(host),host_only,lower";

/**
 * The handshake's name and Host's are the server's own. The first is compared too, because the certificate may have
 * more names than the server.
 */
function nameGate(names: readonly string[]): string[] {
  const own = `-m str ${names.map(quote).join(" ")}`;
  const page = ["wrong-server-name"] as const;
  return [
    ...refuse(`unless { ssl_fc_sni,lower ${own} }`, REASON.wrongServerName, 421, ...page),
    ...refuse(`unless { ${HOST} ${own} }`, REASON.wrongServerName, 421, ...page),
  ];
}

/** Only a verified certificate's serial is looked up: the handshake lets others through, so that they are told why not. */
function identityGates(): string[] {
  const otherwise = notVerifiedPages().map(({ page, codes }) =>
    answer(400, page, `if ${there("reason")}${codes.length === 0 ? "" : ` { ssl_c_verify ${codes.join(" ")} }`}`),
  );
  const lookUp = (name: string, map: string) => set(name, `var(${v("serial")}),map(../${map}.map)`);
  return [
    ...refuse("unless { ssl_c_used }", REASON.noCertificate, 400, "no-certificate"),
    `http-request set-var-fmt(${v("reason")}) "${REASON.notVerified}: %[ssl_c_verify,map(../verify.map,error)]" unless { ssl_c_verify 0 }`,
    ...otherwise,
    set("serial", "ssl_c_serial,hex", "if { ssl_c_used } { ssl_c_verify 0 }"),
    lookUp("client", "clients"),
    lookUp("roles", "roles"),
    lookUp("home", "homes"),
    ...refuse(`unless ${there("client")}`, REASON.notListed, 403, "not-listed"),
    ...refuse("if { ssl_fc_is_resumed }", REASON.resumedSession, 421, "resumed-session"),
  ];
}

/**
 * A backend decodes the path, and takes dots and double slashes out of it, in its own way. So that it cannot find another
 * repository there than we did, a path that means something else after that is none: `..` and what is encoded twice.
 */
function pathGates(): string[] {
  const nothing = (condition: string) => refuse(condition, REASON.notFound, 404, "not-found");
  return [
    ...refuse(
      `unless { method ${METHODS.join(" ")} }`,
      REASON.method,
      405,
      "method",
      ` hdr Allow ${quote(METHODS.join(", "))}`,
    ),
    PATH,
    ...nothing(`unless ${is("path", "-m beg /")}`),
    ...nothing(`if ${is("path", "-m sub // /./ /../")}`),
    ...nothing(`if ${is("path", "-m end /. /..")}`),
    ...nothing(`if ${is("path", "-m sub -i %2e %2f %5c %25 %00")}`),
    ...nothing(`if ${is("path", "-m reg [[:cntrl:]]")}`),
    ...refuse(
      `if ${is("path", "-m sub /.")} !${is("path", `-m beg ${RESERVED}`)}`,
      REASON.hiddenFile,
      403,
      "hidden-file",
    ),
    ...refuse(`if ${is("path", "-m sub \\\\")}`, REASON.hiddenFile, 403, "hidden-file"),
  ];
}

/**
 * The successor of the certificate that was presented; 204 where it is the newest. HAProxy escapes a line end that comes
 * out of a map: so each line is a field, and where there are fewer the text ends in empty lines.
 */
function renewals(): string[] {
  const asked = `{ path ${RENEWAL} }`;
  const lines = Array.from({ length: RENEWAL_LINES }, (_, n) => `%[var(${v("renewal")}),field(${n + 1},|)]\\n`);
  const body = `content-type application/x-pem-file lf-string "${lines.join("")}" hdr Cache-Control no-store`;
  return [
    set("renewal", `var(${v("serial")}),map(../renewals.map)`, `if ${asked}`),
    `http-request return status 204 if ${asked} !${there("renewal")}`,
    `http-request return status 200 ${body} if ${asked}`,
    ...refuse(`if ${is("path", `-m beg ${RESERVED}`)}`, REASON.notFound, 404, "not-found"),
  ];
}

/** /home/ is another name for one repository's path: the request goes on there and meets that gate. */
function home(fallback: string | null): string[] {
  const asked = `{ path -m beg ${HOME} }`;
  return [
    ...(fallback === null ? [] : [set("home", `str(${quote(fallback).slice(1, -1)})`, `unless ${there("home")}`)]),
    ...refuse(`if ${asked} !${there("home")}`, REASON.noHome, 403, "no-home"),
    `http-request set-path "%[var(${v("home")})]%[path,regsub(^${HOME},)]" if ${asked}`,
    PATH,
  ];
}

/** The role: one of the client's groups is in the repository's list. */
function repositoryGate({ name, path }: { readonly name: string; readonly path: string }): string[] {
  const condition = `if ${is("path", `-m beg ${quote(path)}`)} !${is("roles", `-m sub -f "../gates/${name}.lst"`)}`;
  return refuse(condition, `${REASON.notPermitted}: ${name}`, 403, "not-permitted");
}

/**
 * What a client may not tell the backend. Once that has taken up another protocol (h2c), HAProxy only copies bytes, and
 * no gate sees the requests among them. Connection could also name our own header as one to be dropped on the way.
 */
function takenOut(): string[] {
  return [
    "# The connection keeps its protocol: requests in another one would meet no gate.",
    ...["Upgrade", "HTTP2-Settings", "Connection"].map((header) => `http-request del-header ${header}`),
    "# Whatever the client wrote there; to CGI and its like, _ or . in a header's name is -.",
    'http-request del-header "^x[^a-z0-9]gatehouse[^a-z0-9]client" -m reg',
  ];
}

/** Everything that a request passes before it is handed on. */
export function gates(
  names: readonly string[],
  repositories: readonly { readonly name: string; readonly path: string }[],
  fallback: string | null,
): string[] {
  const served = repositories.map(({ path }) => quote(path)).join(" ");
  const elsewhere = served === "" ? "if TRUE" : `unless ${is("path", `-m beg ${served}`)}`;
  return [
    ...nameGate(names),
    ...identityGates(),
    ...pathGates(),
    ...renewals(),
    ...home(fallback),
    ...repositories.flatMap(repositoryGate),
    ...refuse(elsewhere, REASON.notFound, 404, "not-found"),
    ...takenOut(),
    `http-request set-header X-Gatehouse-Client %[var(${v("client")})]`,
  ];
}
