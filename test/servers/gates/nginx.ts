import type { RenderedFiles } from "../rendered.ts";
import { type Asked, type Verdict, verdictOf, type Witness } from "./witness.ts";

/** `words;`, or `words { body }`. */
interface Directive {
  readonly words: readonly string[];
  readonly body: readonly Directive[] | null;
}

function parse(text: string): Directive[] {
  const tokens = text.replace(/^\s*#.*$/gm, "").matchAll(/"((?:[^"\\]|\\.)*)"|'[^']*'|([{};])|([^\s{};"']+)/g);
  const stack: Directive[][] = [[]];
  let words: string[] = [];
  for (const [all, quoted, mark] of tokens) {
    if (mark === undefined) words.push(quoted ?? all);
    else if (mark === "}") stack.pop();
    else {
      const body: Directive[] | null = mark === "{" ? [] : null;
      if (words.length > 0) stack.at(-1)?.push({ words, body });
      if (body !== null) stack.push(body);
      words = [];
    }
  }
  return stack[0] ?? [];
}

const pattern = (text: string, flags = "") => new RegExp(text.replace("(?s)", "").replace("\\z", "$"), flags);

/** Variables: what the handshake and the request say, what `set` sets, and maps, which are asked when they are read. */
class Variables {
  readonly #values: Map<string, string>;
  readonly #maps: Map<string, Directive>;
  readonly #files: RenderedFiles;

  constructor(files: RenderedFiles, directives: readonly Directive[], values: Readonly<Record<string, string>>) {
    this.#files = files;
    this.#values = new Map(Object.entries(values));
    this.#maps = new Map(directives.filter(({ words }) => words[0] === "map").map((one) => [one.words[2] ?? "", one]));
  }

  set(name: string, value: string): void {
    this.#values.set(name, this.text(value));
  }

  text(value: string): string {
    return value.replace(/\$\w+/g, (name) => this.#values.get(name) ?? this.#mapped(name));
  }

  #mapped(name: string): string {
    const map = this.#maps.get(name);
    if (map === undefined) throw new Error(`no variable ${name}`);
    const key = this.text(map.words[1] ?? "");
    const lines = (map.body ?? []).flatMap(({ words: [word = "", value = ""] }) =>
      word === "include" ? parse(this.#files.text(value)).map(({ words }) => words) : [[word, value]],
    );
    const found =
      lines.find(([word = ""]) => word.toLowerCase() === key.toLowerCase()) ??
      lines.find(([word = ""]) => word.startsWith("~*") && pattern(word.slice(2), "i").test(key)) ??
      lines.find(([word]) => word === "default");
    return this.text(found?.[1] ?? "");
  }

  /** Of the words after `if`: `($a`, `=`, `b)`, or `($a)`; a closing bracket after quotes is a word of its own. */
  holds(words: readonly string[]): boolean {
    const last = words.at(-1)?.replace(/\)$/, "") ?? "";
    const [first = "", sign = "", value = ""] = words.at(-1) === ")" ? words : [...words.slice(0, -1), last];
    const name = first.replace(/^\(/, "");
    const left = this.text(name);
    if (sign === "") return left !== "" && left !== "0";
    const hit = sign.endsWith("=") ? left === value : pattern(value).test(left);
    return sign.startsWith("!") ? !hit : hit;
  }
}

/** Runs `set`, `if` and `return`; the reason where it ends, null where it goes on. */
function run(directives: readonly Directive[], variables: Variables): string | null {
  for (const { words, body } of directives) {
    const [word, name = "", value = ""] = words;
    if (word === "set") variables.set(name, value);
    if (word === "return") return variables.text("$gatehouse_reason");
    if (word !== "if" || !variables.holds(words.slice(1))) continue;
    const end = run(body ?? [], variables);
    if (end !== null) return end;
  }
  return null;
}

function verdict(files: RenderedFiles, asked: Asked): Verdict {
  const own = parse(files.text(`servers/${asked.server}.conf`));
  const http = parse(files.text("nginx.conf")).find(({ words }) => words[0] === "http")?.body ?? [];
  const variables = new Variables(files, [...http, ...parse(files.text("reasons.conf")), ...own], {
    $ssl_client_verify: asked.verify,
    $ssl_client_serial: asked.serial,
    $ssl_server_name: asked.name.sni,
    $ssl_session_reused: asked.resumed ? "r" : ".",
    $request_method: "GET",
    $status: "",
    $uri: `/${asked.wanted}/file`,
  });
  const server = own.findLast(({ words }) => words[0] === "server")?.body ?? [];
  const refused = run(server, variables);
  if (refused !== null) return verdictOf(refused);
  const location = server.find(({ words }) => words[0] === "location" && words[2] === `/${asked.wanted}/`)?.body;
  const inside = (location ?? []).flatMap(({ words }) => parse(files.text(words[1] ?? "")));
  const closed = run(inside, variables);
  if (closed !== null) return verdictOf(closed);
  return inside.some(({ words }) => words[0] === "alias") ? "admitted" : "nothing there";
}

const OWN = /\/servers\//;

export const nginx: Witness = {
  verdict,
  without: {
    verification: [[/nginx\.conf$/, /default "";\n\s+SUCCESS ("s:\$ssl_client_serial";)/, "default $1"]],
    name: [[OWN, /return 421;\n/, "\n"]],
    listed: [[OWN, /if \(\$gatehouse_client = ""\) \{[^}]*\}/, ""]],
    resumed: [[OWN, /if \(\$ssl_session_reused = r\) \{[^}]*\}/, ""]],
    role: [[/\/gates\//, /return 403;/, ""]],
  },
};
