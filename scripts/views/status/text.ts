import { CA_CERTIFICATE } from "../../model/layout.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { count, figures, list } from "../../model/words.ts";
import type { Style } from "../style.ts";
import { table } from "../table.ts";
import { wrap } from "../wrap.ts";
import type { IdentityState, IdentityStatus, Status } from "./words.ts";

export interface StatusOptions {
  readonly style: Style;
  /** Columns. */
  readonly width: number;
  /** Identities shown at most, those in trouble first; null for all. */
  readonly rows: number | null;
}

/** What a terminal shows of a long list; a pipe and a filter get everything. */
export const ROWS_ON_TERMINAL = 40;

const NAMES_SHOWN = 10;
const DAY = 86_400;

const PAINT: Readonly<Record<IdentityState, keyof Style>> = {
  removed: "red",
  revoking: "red",
  suspending: "magenta",
  expired: "red",
  missing: "red",
  held: "yellow",
  ending: "yellow",
  renewing: "yellow",
  valid: "green",
  external: "dim",
  suspended: "magenta",
  ended: "dim",
  revoked: "dim",
  gone: "dim",
};

/** Authority and CRL, then identities, soonest trouble first; a single one in full. */
export function statusText(status: Status, { style, width, rows }: StatusOptions): string {
  const { asOf, identities } = status;
  const [only] = identities;
  const many = identities.length === 1 && only ? details(only, asOf, style, width) : inRows(status, style, width, rows);
  return `${[...authorities(status, style, width), "", ...many].join("\n")}\n`;
}

function authorities({ asOf, authority, authorityDoubt, crl }: Status, style: Style, width: number): string[] {
  const first = "Authority  ";
  if (authority === null) return wrap(missing(authorityDoubt), width, { first, paint: style.yellow });
  const issuer = wrap(`${authority.subject}, ${until(authority.notAfter, asOf)}`, width, { first });
  const label = "CRL        ";
  if (crl === null)
    return [...issuer, ...wrap("none yet: no client is let in", width, { first: label, paint: style.red })];
  // Verifiers count the second of nextUpdate itself as too late (OpenSSL, X509_cmp_time).
  const over = crl.nextUpdate <= asOf;
  const text = over
    ? `number ${crl.number} ended ${formatInstant(crl.nextUpdate)}: every client is locked out; npm run reconcile, then deploy`
    : `number ${crl.number}, ${until(crl.nextUpdate, asOf)}`;
  return [...issuer, ...wrap(text, width, { first: label, ...(over ? { paint: style.red } : {}) })];
}

/** A command stands on a line of its own, to be pasted. */
function missing(doubt: string | null): string {
  return doubt === null ? "none yet; npm start makes one" : `${CA_CERTIFICATE} ${doubt.replace(/: (?=git )/, ":\n")}`;
}

function inRows({ identities }: Status, style: Style, width: number, most: number | null): string[] {
  if (identities.length === 0) return ["Nobody."];
  const states = Map.groupBy(identities, ({ state }) => state);
  const counts = [...states].map(([state, { length }]) => `${figures(length)} ${state}`);
  const total = count(identities.length, "identity", "identities");
  const shown = most === null ? identities : identities.slice(0, most);
  const rows = shown.map((row) => ({
    cells: [row.state, row.notAfter === null ? "" : day(row.notAfter), row.kind, row.name, reached(row)],
    paint: style[PAINT[row.state]],
  }));
  const left = identities.length - shown.length;
  return [
    ...wrap(`${total}: ${counts.join(", ")}`, width),
    "",
    ...table(["state", "ends", "kind", "name", "repositories and services"], rows, width, style),
    ...(left === 0 ? [] : wrap(`… and ${figures(left)} more; all of them: npm run -s status | less`, width)),
  ];
}

function details(row: IdentityStatus, asOf: Instant, style: Style, width: number): string[] {
  const lines: readonly (readonly [string, string])[] = [
    ["Name         ", `${row.name} (${row.kind})`],
    ["State        ", row.state],
    ["Serial       ", row.serial ?? "no certificate yet"],
    ["Certificate  ", row.notAfter === null ? "" : until(row.notAfter, asOf)],
    ["Revoked      ", row.revoked === null ? "" : `${formatInstant(row.revoked.at)}, ${row.revoked.reason}`],
    ["Reaches      ", [...row.repositories, ...row.services].join(", ") || "nothing"],
    ...row.next.map((one) => ["Next         ", `${one.kind}: ${one.message}`] as const),
  ];
  const paint = style[PAINT[row.state]];
  return lines
    .filter(([, text]) => text !== "")
    .flatMap(([first, text]) =>
      wrap(text, width, { first }).map((line) => (first.startsWith("State") ? paint(line) : line)),
    );
}

function reached({ repositories, services }: IdentityStatus): string {
  return list([...repositories, ...services], NAMES_SHOWN) || "-";
}

/** `2026-11-21`: enough for a table. */
function day(instant: Instant): string {
  return formatInstant(instant).slice(0, 10);
}

function until(end: Instant, asOf: Instant): string {
  const days = Math.floor(Math.abs(end - asOf) / DAY);
  const distance = days === 0 ? "less than a day" : count(days, "day");
  return end < asOf ? `ended ${formatInstant(end)}, ${distance} ago` : `ends ${formatInstant(end)}, in ${distance}`;
}

/** Where somebody was asked for who is not there under that name any more: what became of them, a line each. */
export function whatBecameOf(asked: string | null, { identities }: Status): string[] {
  return identities.flatMap(({ name, state, serial }) => {
    if (asked !== null && name !== asked) return [`${asked} is called ${name} now.`];
    if (state !== "gone") return [];
    const commits = serial === null ? "" : ` Which commits: npm run -s status -- --serial ${serial}`;
    return [`${name} is no longer in clients.yaml, and nothing that it had is good.${commits}`];
  });
}
