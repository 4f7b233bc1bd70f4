import type { RenderedFiles } from "../rendered.ts";
import { type Asked, type Verdict, verdictOf, type Witness } from "./witness.ts";

/** Arguments of a line: quoted ones, and bare ones that hold quoted parts, such as str("a b"). */
const words = (line: string) => [...line.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ""));

/** A condition's parts, each with its own sign; all must hold. */
function parts(tokens: readonly string[]): { readonly not: boolean; readonly inside: readonly string[] }[] {
  const found: { not: boolean; inside: string[] }[] = [];
  for (const token of tokens) {
    if (token === "{" || token === "!{") found.push({ not: token === "!{", inside: [] });
    else if (token === "TRUE") found.push({ not: false, inside: ["str(1)", "-m", "found"] });
    else if (token !== "}") found.at(-1)?.inside.push(token);
  }
  return found;
}

class Transaction {
  readonly #files: RenderedFiles;
  readonly #fetches: Readonly<Record<string, string | null>>;
  readonly variables = new Map<string, string>();

  constructor(files: RenderedFiles, { verify, serial, name, resumed, wanted }: Asked) {
    this.#files = files;
    this.#fetches = {
      ssl_fc_sni: name.sni,
      "req.fhdr(host)": name.sni,
      ssl_c_used: verify === "NONE" ? null : "1",
      ssl_c_verify: /^SUCCESS$|^NONE$/.test(verify) ? "0" : "23",
      ssl_c_serial: verify === "NONE" ? null : serial,
      ssl_fc_is_resumed: resumed ? "1" : null,
      method: "GET",
      path: `/${wanted}/file`,
    };
  }

  /** `fetch,converter,…`; null where there is nothing. */
  sample(expression: string): string | null {
    const [fetch = "", ...converters] = expression.split(/,(?![^(]*\))/);
    const [, kind, argument = ""] = /^(var|str)\((.*)\)$/.exec(fetch) ?? [];
    let value: string | null = this.#fetches[fetch] ?? null;
    if (kind === "str") value = argument;
    if (kind === "var") value = this.variables.get(argument) ?? null;
    for (const converter of converters) {
      const [, file = "", otherwise = null] = /^map\(\.\.\/([^,]+)(?:,(.*))?\)$/.exec(converter) ?? [];
      if (file !== "" && value !== null) value = this.#look(file, value) ?? otherwise;
      if (file === "" && !["lower", "hex", "host_only", "url_dec"].includes(converter))
        throw new Error(`no converter ${converter}`);
    }
    return value;
  }

  #look(map: string, key: string): string | null {
    const line = this.#files
      .text(map)
      .split("\n")
      .find((one) => one.startsWith(`${key} `));
    return line?.slice(key.length + 1) ?? null;
  }

  #matches([expression = "", ...rest]: readonly string[]): boolean {
    const value = this.sample(expression);
    const method = rest[0] === "-m" ? (rest[1] ?? "") : "str";
    let patterns = rest[0] === "-m" ? rest.slice(2) : rest;
    if (method === "found") return value !== null;
    if (value === null) return false;
    if (patterns[0] === "-i") patterns = patterns.slice(1);
    if (patterns[0] === "-f") {
      const lines = this.#files.text((patterns[1] ?? "").replace("../", "")).split("\n");
      patterns = lines.filter((line) => line !== "" && !line.startsWith("#"));
    } else if (patterns.length === 0) return value !== "0";
    return patterns.some((pattern) => {
      if (method === "beg") return value.startsWith(pattern);
      if (method === "end") return value.endsWith(pattern);
      if (method === "sub") return value.includes(pattern);
      return method === "reg" ? false : value === pattern;
    });
  }

  holds(tokens: readonly string[]): boolean {
    const [word, ...rest] = tokens;
    if (word === undefined) return true;
    const all = parts(rest).every(({ not, inside }) => this.#matches(inside) !== not);
    return word === "unless" ? !all : all;
  }
}

function verdict(files: RenderedFiles, asked: Asked): Verdict {
  const [, front = ""] = files.text(`servers/${asked.server}.cfg`).split(/^frontend /m);
  const transaction = new Transaction(files, asked);
  for (const line of front.split("\n")) {
    const [word, action = "", ...rest] = words(line.trim());
    if (word === "default_backend") return "admitted";
    if (word !== "http-request") continue;
    const at = rest.findLastIndex((one) => one === "if" || one === "unless");
    if (!transaction.holds(at < 0 ? [] : rest.slice(at))) continue;
    const [, fmt, variable = ""] = /^set-var(-fmt)?\((.*)\)$/.exec(action) ?? [];
    const value = variable === "" || fmt !== undefined ? rest[0] : transaction.sample(rest[0] ?? "");
    if (variable !== "" && typeof value === "string") transaction.variables.set(variable, value);
    if (action === "return") return verdictOf(transaction.variables.get("txn.gatehouse_reason") ?? "");
  }
  return "nothing there";
}

const OWN = /\/servers\//;
const refusal = (reason: string) => new RegExp(`^ *http-request set-var\\(txn.gatehouse_reason\\) str\\("${reason}.*$`);

export const haproxy: Witness = {
  verdict,
  without: {
    verification: [
      [OWN, refusal("no certificate"), ""],
      [OWN, /^ *http-request set-var-fmt\(txn.gatehouse_reason\).*$/, ""],
      [OWN, " if { ssl_c_used } { ssl_c_verify 0 }", ""],
    ],
    name: [[OWN, refusal("wrong server name"), ""]],
    listed: [[OWN, refusal("not listed"), ""]],
    resumed: [[OWN, refusal("resumed session"), ""]],
    role: [[OWN, refusal("not permitted"), ""]],
  },
};
