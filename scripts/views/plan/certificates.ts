import type { Change, Issue, Plan, Renew } from "../../model/plan.ts";
import { oneLine } from "../../model/printable.ts";
import { figures, list } from "../../model/words.ts";
import { show } from "./by-kind.ts";
import { asked, byKind, ENTRY, LOOK } from "./changes.ts";
import type { Room, Statement } from "./statement.ts";

/** What has its reason in its name, or is told where access is. */
function isPlain(change: Change): boolean {
  if (change.kind === "revoke") return change.cause === "Removed" || change.cause === "Declared";
  return change.kind === "hold" || change.kind === "release";
}

/** So many reasons of one sort are told; where there are more, they differ in figures alone. */
const REASONS = 3;

/** Decisions about certificates that the registry asks for, those of one sort together; then keys, to be compared. */
export function certificateStatements(plan: Plan): Statement[] {
  const ours = asked(plan).filter(({ kind }) => LOOK[kind].what === "certificate");
  const sorts = byKind(ours).flatMap((same) => [...Map.groupBy(same, (change) => show(change, ENTRY).sort).values()]);
  return [
    ...sorts.flatMap((same) => {
      const reasons = Map.groupBy(same, (change) => (isPlain(change) ? "" : `(because ${change.message})`));
      return reasons.size > REASONS ? [sort(same, "")] : [...reasons].map(([why, those]) => sort(those, why));
    }),
    ...ours.flatMap((change) =>
      "key" in change && change.key === "request" && change.fingerprint !== null ? [newKey(change)] : [],
    ),
  ];
}

/** So many names of one sort are told. */
const FEW = 5;

function range(names: readonly string[]): string {
  return `${figures(names.length)} (${names[0]} … ${names.at(-1)})`;
}

function sort(changes: readonly Change[], because: string): Statement {
  const [change] = changes;
  const tone = change === undefined ? "plain" : LOOK[change.kind].tone;
  const names = changes.map((one) => show(one, ENTRY).name);
  const how = change === undefined ? "" : show(change, ENTRY).sort;
  // Whom they are for is told where access is, and in Markdown with each certificate.
  const few = (room: Room) => (names.length <= Math.min(room.names, FEW) ? list(names, FEW) : range(names));
  const say = (room: Room) => `${how}: ${few(room)}${because === "" ? "" : ` ${oneLine(because, room.characters)}`}`;
  return { tone, what: "certificates", size: changes.length, say };
}

function newKey({ identity, fingerprint }: Issue | Renew): Statement {
  return { tone: "plain", what: "keys from requests", size: 1, say: () => `key of ${identity}: ${fingerprint}` };
}

/** Each certificate with its message, and the fingerprint or serial number to compare. */
export function proofStatements(plan: Plan): Statement[] {
  const ours = asked(plan).filter(({ kind }) => LOOK[kind].what === "certificate");
  return byKind(ours)
    .flat()
    .map((change) => {
      const { name, proof } = show(change, ENTRY);
      const say = ({ characters }: Room) => {
        const why = `(because ${oneLine(change.message, characters)})`;
        return `${change.kind} ${name}: ${proof === "" ? "" : `${proof} `}${why}`;
      };
      return { tone: LOOK[change.kind].tone, what: `to ${change.kind}`, size: 1, say };
    });
}
