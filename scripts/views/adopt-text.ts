import { formatProblem, type Problem } from "../model/problem.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { count } from "../model/words.ts";

/** What an adoption did, or would do. Everything in it may be shown as it is. */
export interface AdoptionReport {
  readonly dryRun: boolean;
  readonly authority: {
    readonly subject: string;
    readonly key: string;
    readonly notAfter: Instant;
    readonly keyHere: boolean;
  };
  /** Of certificates, by what they are now. */
  readonly certificates: {
    readonly valid: number;
    readonly ended: number;
    readonly revoked: number;
    readonly held: number;
  };
  readonly keys: number;
  readonly requests: number;
  readonly clients: readonly string[];
  readonly servers: readonly string[];
  readonly renamed: readonly { readonly was: string; readonly name: string }[];
  readonly crl: { readonly entries: number; readonly signed: boolean };
  /** Certificates that stay behind. */
  readonly left: readonly { readonly place: string; readonly subject: string; readonly why: string }[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  /** Of clients.yaml. */
  readonly registry: string;
}

/** Longer lists go into --json whole. */
const MOST = 40;

/** The report as lines: what comes along, what is otherwise than it was, what stays behind, what is to be known. */
export function adoptionText(report: AdoptionReport): string {
  const { authority, certificates: of, clients, servers, renamed, crl, left, problems, notes, dryRun } = report;
  const would = dryRun ? "would become" : "is now";
  return [
    `The authority ${authority.subject} (${authority.key}, ends ${formatInstant(authority.notAfter)}) ${would} this repository's.`,
    `Its key ${authority.keyHere ? `${dryRun ? "would go" : "is"} under pki/private, encrypted on its way into git` : "is not here: see below"}.`,
    "",
    `  ${count(clients.length, "client")} and ${count(servers.length, "server")} with valid certificates, ${count(report.keys, "key")}, ${count(report.requests, "request")}`,
    `  ${count(of.valid, "certificate")} valid, ${of.held} held, ${of.revoked} revoked, ${of.ended} ended`,
    `  ${count(crl.entries, "entry", "entries")} on the CRL${crl.signed ? "" : ", which is not signed anew"}`,
    ...section(
      "Other names, since clients.yaml takes no such ones",
      renamed.map(({ was, name }) => `${was} -> ${name}`),
    ),
    ...section(
      "Not carried over",
      left.map(({ place, subject, why }) => `${place}: ${subject}: ${why}`),
    ),
    ...section("Odd, and what was made of it", problems.map(formatProblem)),
    ...section("To know", notes),
    ...(authority.keyHere ? [] : WITHOUT_KEY),
    ...(dryRun ? preview(report.registry) : []),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MOST ? [`  and ${lines.length - MOST} more: all of them with --json`] : [];
  return ["", `${title} (${lines.length}):`, ...lines.slice(0, MOST).map((line) => `  ${line}`), ...more];
}

const WITHOUT_KEY = [
  "",
  "The CA's key is not in that directory, so nothing can be signed: no certificate, no renewal, no CRL. That is",
  "for looking: every client is locked out when the old CRL ends. When you have the key, put it into the directory as",
  "private/ca.key, and adopt into a fresh clone.",
];

function preview(registry: string): string[] {
  const lines = registry.trimEnd().split("\n");
  const more = lines.length > 2 * MOST ? [`  … and ${lines.length - 2 * MOST} more lines`] : [];
  return ["", "clients.yaml would be:", ...lines.slice(0, 2 * MOST).map((line) => `  ${line}`.trimEnd()), ...more];
}
