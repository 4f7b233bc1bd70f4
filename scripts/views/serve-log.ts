import { Fields } from "../model/json-fields.ts";
import { printable } from "../model/printable.ts";
import { formatInstant, type Instant, parseInstant } from "../model/time.ts";
import type { Style } from "./style.ts";

/** URLs of strangers can be long; what is cut off is in nobody's way. */
const LONGEST = 200;

/**
 * One line of nginx's access log (JSON) for people: time, client or `-`, method, path, status, reason. What is no such
 * line is shown as it is, made printable.
 */
export function logLine(text: string, style: Style): string {
  const entry = parse(text);
  if (entry === null) return printable(text);
  const field = (name: Field) => shorten(printable(entry.get(name) ?? "")) || "-";
  const instant = parseInstant(field("time"));
  const time = instant === null ? field("time") : formatInstant(instant);
  const status = field("status");
  const paint = /^[23]/.test(status) ? style.green : style.red;
  const reason = field("reason") === "-" ? "" : `  ${field("reason")}`;
  return `${style.dim(time)}  ${field("client")}  ${field("method")} ${field("uri")}  ${paint(status)}${reason}`;
}

const REJECTED = "another server name was asked for, or none";
const UNTRUSTED = "the client does not trust the server's certificate";

/**
 * A handshake that failed never gets to the access log, and it is what a beginner meets first: a line of nginx's error
 * log as one of the above, without client and request. Null for lines about anything else.
 */
export function handshakeLine(text: string, at: Instant, style: Style): string | null {
  const match = /\] \d+#\d+: \*\d+ (?:(handshake rejected)|SSL_do_handshake\(\) failed \((.*)\)) while /.exec(text);
  if (!match) return null;
  // error:NUMBER:SSL routines:FUNCTION:REASON[:SSL alert number N]; OpenSSL 3 leaves FUNCTION empty.
  const words = /SSL routines:[^:]*:([^:]+)/.exec(match[2] ?? "")?.[1] ?? match[2] ?? "";
  const reason =
    match[1] !== undefined ? REJECTED : /alert (?:unknown ca|bad certificate)/.test(words) ? UNTRUSTED : words;
  return `${style.dim(formatInstant(at))}  -  ${style.red("no handshake")}  ${shorten(printable(reason))}`;
}

const FIELDS = ["time", "client", "method", "uri", "status", "reason"] as const;
type Field = (typeof FIELDS)[number];

function parse(text: string): ReadonlyMap<Field, string> | null {
  try {
    const fields = Fields.parse(text, "the line");
    const there = FIELDS.filter((name) => name === "status" || fields.has(name));
    return new Map(there.map((name) => [name, fields.text(name)]));
  } catch {
    return null;
  }
}

const shorten = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
