import type { RenderedFiles } from "../rendered.ts";
import { type Asked, type Verdict, verdictOf, type Witness } from "./witness.ts";

/** The lines of a file, and of what it includes, from where it includes it. */
function linesOf(files: RenderedFiles, name: string): string[] {
  return files
    .text(name)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => {
      const included = /^Include "\$\{gatehouse_apache\}\/(.+)"$/.exec(line)?.[1];
      return included === undefined || !/gates|repositories/.test(included) ? [line] : linesOf(files, included);
    });
}

/** Arguments in quotes, and what stands bare. */
const words = (line: string) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

class Rewriting {
  readonly #files: RenderedFiles;
  readonly #tls: Readonly<Record<string, string>>;
  readonly env = new Map<string, string>();

  constructor(files: RenderedFiles, { verify, serial, name, resumed }: Asked) {
    this.#files = files;
    this.#tls = {
      SSL_CLIENT_VERIFY: verify,
      SSL_CLIENT_M_SERIAL: serial,
      SSL_TLS_SNI: name.sni,
      SSL_SESSION_RESUMED: resumed ? "Resumed" : "Initial",
    };
  }

  /** Variables and maps, from the inside out. */
  text(value: string): string {
    const after = value
      .replace(/%\{ENV:(\w+)\}/g, (_, name: string) => this.env.get(name) ?? "")
      .replace(/%\{SSL:(\w+)\}/g, (_, name: string) => this.#tls[name] ?? "")
      .replace(/%\{REQUEST_METHOD\}/g, "GET")
      .replace(/%\{HTTP_HOST\}/g, this.#tls["SSL_TLS_SNI"] ?? "")
      .replace(/\$\{gatehouse_(\w+):([^${}]*)\}/g, (_, map: string, key: string) => this.#look(map, key));
    return after === value ? value : this.text(after);
  }

  #look(map: string, key: string): string {
    if (map === "unescape" || map === "pages") return "page";
    const line = linesOf(this.#files, `${map}.map`).find((one) => one.startsWith(`${key} `));
    return line?.slice(key.length + 1) ?? "";
  }

  holds(line: string): boolean {
    const [, given = "", condition = "", flags = ""] = words(line);
    const [, not, equal, rest = ""] = /^(!?)(=?)(.*)$/.exec(condition) ?? [];
    const text = this.text(given);
    const hit = equal === "=" ? text === rest : new RegExp(rest, flags === "[NC]" ? "i" : "").test(text);
    return not === "!" ? !hit : hit;
  }
}

/** The rules, one after the other: the status where one ends the request, `PT` where one lets it go on to the files. */
function rewrite(lines: readonly string[], rewriting: Rewriting, path: string): string | null {
  let conditions: string[] = [];
  for (const line of lines) {
    if (line.startsWith("RewriteCond ")) conditions.push(line);
    if (!line.startsWith("RewriteRule ")) continue;
    const [, pattern = "", , flags = ""] = words(line);
    const met = new RegExp(pattern).test(path) && conditions.every((one) => rewriting.holds(one));
    conditions = [];
    if (!met) continue;
    for (const flag of flags.slice(1, -1).split(",")) {
      const [, name = "", value = ""] = /^E=(\w+):(.*)$/.exec(flag) ?? [];
      if (name !== "") rewriting.env.set(name, rewriting.text(value));
      if (/^R=|^PT$/.test(flag)) return flag;
    }
  }
  return null;
}

/** The second lock, of the place where the files are. */
function required(lines: readonly string[], rewriting: Rewriting, asked: Asked): boolean {
  const from = lines.indexOf(`<Location "/${asked.wanted}/">`);
  const inside = from < 0 ? [] : lines.slice(from, lines.indexOf("</Location>", from));
  const demands = inside.filter((line) => line.startsWith("Require expr")).map((line) => words(line)[2] ?? "");
  return (
    demands.length > 0 &&
    demands.every((demand) => {
      if (demand === "%{SSL_CLIENT_VERIFY} == 'SUCCESS'") return asked.verify === "SUCCESS";
      if (demand === "-n reqenv('gatehouse_client')") return (rewriting.env.get("gatehouse_client") ?? "") !== "";
      return rewriting.env.get("gatehouse_may") === /^reqenv\('gatehouse_may'\) == '(.*)'$/.exec(demand)?.[1];
    })
  );
}

function verdict(files: RenderedFiles, asked: Asked): Verdict {
  const all = linesOf(files, `servers/${asked.server}.conf`);
  const lines = all.slice(all.findLastIndex((line) => line.startsWith("<VirtualHost ")));
  const rewriting = new Rewriting(files, asked);
  const end = rewrite(lines, rewriting, `/${asked.wanted}/file`);
  if (end?.startsWith("R=") === true) return verdictOf(rewriting.env.get("gatehouse_reason") ?? "");
  if (end !== "PT" || !lines.some((line) => line.startsWith(`Alias "/${asked.wanted}/" `))) return "nothing there";
  return required(lines, rewriting, asked) ? "admitted" : "second lock";
}

const rule = (reason: string) =>
  new RegExp(`^RewriteCond .*\\nRewriteRule "\\^" "-" "\\[E=gatehouse_reason:${reason}.*$`);
const GATES = /\/gates\.conf$/;

export const apache: Witness = {
  verdict,
  without: {
    verification: [
      [GATES, rule("no certificate"), ""],
      [GATES, rule("not verified"), ""],
    ],
    name: [[/\/servers\//, /^\s+RewriteCond "%\{SSL:SSL_TLS_SNI\}.*\n\s+RewriteRule .*wrong server name.*$/, ""]],
    listed: [[GATES, rule("not listed"), ""]],
    resumed: [[GATES, rule("resumed session"), ""]],
    role: [[/\/gates\//, /^(?:RewriteCond .*\n)+RewriteRule .*not permitted.*$/, ""]],
  },
};
