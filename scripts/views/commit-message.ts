import type { Change, Plan } from "../model/plan.ts";

/** More lines than this are counted, not listed. */
const LINES = 50;

const VERBS = {
  issue: "issue",
  renew: "renew",
  revoke: "revoke",
  hold: "hold",
  release: "release",
} as const;

/**
 * What reconcile did, in words: what was decided in the subject, each decision with its reason in the body, and the
 * plan's digest as the last line, to be compared with the one that a reviewer was shown.
 */
export function commitMessage(plan: Plan | null): string {
  if (plan === null) return "Record the state of the authority\n";
  const counts = Object.entries(VERBS).flatMap(([kind, verb]) => {
    const count = plan.changes.filter((one) => one.kind === kind).length;
    return count === 0 ? [] : [`${verb} ${count}`];
  });
  const crl = plan.changes.find((one) => one.kind === "crl");
  const rest = crl === undefined ? "render what the registry asks for" : "sign the CRL";
  const subject = counts.length === 0 ? rest : `${counts.join(", ")}${crl === undefined ? "" : ", sign the CRL"}`;
  const lines = plan.changes.flatMap(line);
  const shown = lines.length > LINES ? [...lines.slice(0, LINES), `… and ${lines.length - LINES} more`] : lines;
  const body = shown.length === 0 ? "" : `\n${shown.join("\n")}\n`;
  return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}\n${body}\nDigest: ${plan.digest}\n`;
}

function line(change: Change): string[] {
  if (change.kind === "file") return [];
  if (change.kind === "definition") return [`* ${change.message}`];
  if (change.kind === "crl") return [`* CRL ${change.number}: ${change.message}`];
  const serial = "serial" in change ? ` ${change.serial}` : "";
  return [`${SYMBOLS[change.kind]} ${change.identity}${serial}: ${change.message}`];
}

const SYMBOLS = { issue: "+", renew: "~", revoke: "-", hold: "h", release: "r" } as const;

/** One line for whoever asked for a push: what went where, or that nothing had to. */
export function pushedText(pushed: {
  readonly branch: string;
  readonly from: string | null;
  readonly to: string;
}): string {
  const { branch, from, to } = pushed;
  if (from === to) return `Nothing to push: ${branch} at origin is at ${to} already.`;
  return `Pushed to origin, ${branch}: ${from === null ? `${to}, a new branch there` : `${from}..${to}`}.`;
}
