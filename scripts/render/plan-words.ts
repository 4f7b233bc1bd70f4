import type { Change, Summary, WarningCode } from "../model/plan.ts";
import { byKind, LOOK } from "./plan-changes.ts";
import { count, figures, list } from "./words.ts";

/** Warnings that stand beside what they are about, and are not repeated below. */
export const SHIFTS_MEANING: readonly WarningCode[] = ["PolicyChanged", "CodeChanged"];
export const LOUD: readonly WarningCode[] = ["SensitiveGroup"];

/** The counts of a plan as a sentence or two. */
export function inFigures({ issue, renew, revoke, hold, release, lose }: Summary): string {
  const todo = Object.entries({ issue, renew, release, hold, revoke }).filter(([, n]) => n > 0);
  const parts = todo.map(([verb, n]) => `${figures(n)} to ${verb}`);
  const certificates = parts.length === 0 ? "No certificate changes." : `Certificates: ${parts.join(", ")}.`;
  return lose === 0 ? certificates : `${certificates} ${count(lose, "client loses", "clients lose")} access.`;
}

/** What would happen if nobody had changed anything, in one sentence; empty where that is nothing. */
export function byTime(changes: readonly Change[]): string {
  const parts = byKind(changes.filter(({ due }) => due === "time")).map((alike) => {
    const names = alike.flatMap((change) => ("identity" in change ? [change.identity] : []));
    const who = names.length === 0 ? "" : ` (${list(names, 3)})`;
    return alike.slice(0, 1).map(({ kind }) => `${count(alike.length, LOOK[kind].what)} ${LOOK[kind].done}${who}`);
  });
  return parts.length === 0 ? "" : `By time alone: ${parts.flat().join(", ")}.`;
}
