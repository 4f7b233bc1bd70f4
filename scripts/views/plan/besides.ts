import type { Change, FileChange, Plan } from "../../model/plan.ts";
import { count, figures, list } from "../../model/words.ts";
import { asked, byKind, FILES, LOOK } from "./changes.ts";
import { isEmpty } from "./headline.ts";
import { NAMED, type Statement } from "./statement.ts";

/** What follows from the rest, what time does, and (`none`) what there is none of. */
export function besides(plan: Plan, none: string): Statement[] {
  if (!isEmpty(plan))
    return [...fileStatements(plan), ...timeStatements(plan), ...(none === "" ? [] : [plain("absent", none)])];
  return plan.byTime.changes.length > 0 ? timeStatements(plan) : [];
}

/** The CRL, and the files, which follow from the rest. */
function fileStatements(plan: Plan): Statement[] {
  const crls = asked(plan).filter((change) => change.kind === "crl");
  const files = asked(plan).filter((change) => change.kind === "file");
  const done = [...Map.groupBy(files, ({ reason }) => reason)].map(
    ([reason, those]) => `${figures(those.length)} ${FILES[reason]}`,
  );
  return [
    ...crls.map(({ number, reason }) => plain("CRLs", `CRL ${number} is signed (${reason}).`)),
    ...files.filter(({ byHand }) => byHand).map(byHand),
    ...(files.length === 0 ? [] : [plain("files", `Files: ${done.join(", ")}.`)]),
  ];
}

function byHand({ path, reason }: FileChange): Statement {
  const say = () => `EDITED BY HAND ${path}: it is ${FILES[reason]}, and what it holds is lost.`;
  return { tone: "warning", what: "files edited by hand", size: 1, say };
}

function plain(what: string, sentence: string): Statement {
  return { tone: "plain", what, size: 1, say: () => sentence };
}

/** What happens although nobody changed anything: in this plan, and by main's own registry in the days to come. */
function timeStatements({ asOf, changes, byTime }: Plan): Statement[] {
  const now = told(changes.filter(({ due }) => due === "time"));
  const days = Math.round((byTime.until - asOf) / 86_400);
  const later = told(byTime.changes);
  return [
    ...(now === "" ? [] : [plain("by time", `In this plan by time alone: ${now}.`)]),
    plain("by time", `By time alone in the next ${count(days, "day")}: ${later === "" ? "nothing" : later}.`),
  ];
}

function told(changes: readonly Change[]): string {
  const parts = byKind(changes).flatMap((alike) => {
    const names = alike.flatMap((change) => ("identity" in change ? [change.identity] : []));
    const whom = names.length === 0 ? "" : ` (${list(names, NAMED)})`;
    return alike.slice(0, 1).map(({ kind }) => `${count(alike.length, LOOK[kind].what)} ${LOOK[kind].done}${whom}`);
  });
  return parts.join(", ");
}
