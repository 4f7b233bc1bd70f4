import { posix } from "node:path";
import * as paths from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import { type Finding, formatProblem } from "../model/problem.ts";
import type { Doubt } from "../model/state.ts";
import { restore } from "../read/state.ts";
import { block, type CheckInput, warn } from "./input.ts";
import { remove } from "./restore.ts";

/** clients.yaml, every problem on its own. */
export function registryProblems({ problems }: CheckInput): Finding[] {
  return problems.map((problem) => block("InvalidRegistry", problem.file, formatProblem(problem), null));
}

/** No authority: harmless before the first `npm start`, and only then. */
export async function authorityMissing({ state, restore }: CheckInput): Promise<Finding[]> {
  if (state.authority !== null || state.doubts.some(({ path }) => path === paths.CA_CERTIFICATE)) return [];
  const traces = state.certificates.size + state.revocations.size + (state.crl === null ? 0 : 1);
  if (traces === 0 && state.carriedOut === null)
    return [warn("NoAuthority", paths.CA_CERTIFICATE, "there is no authority yet", "npm start")];
  const message = "is gone, but there is state of an authority";
  return [block("NoAuthority", paths.CA_CERTIFICATE, message, await restore(paths.CA_CERTIFICATE))];
}

/** What reading the state found: files that cannot be read or believed, or do not belong where they are. */
export function doubts(input: CheckInput): Promise<Finding[]> {
  return Promise.all(
    input.state.doubts.map(async (doubt) => {
      const fix = await fixFor(doubt, input);
      // A command that can be pasted takes the place of the advice in words.
      const known = doubt.message.replace(LOST, "");
      const message = fix === null ? known : known.replace(`. ${restore(doubt.path)}`, "");
      return block(LOST.test(doubt.message) ? "NoAuthority" : "StateDoubtful", doubt.path, message, fix);
    }),
  );
}

/** What everybody is told of an authority that only this tree has lost. */
const LOST = /\. Bring everything back: (.+)$/;

async function fixFor({ path, message }: Doubt, input: CheckInput): Promise<string | null> {
  const everything = LOST.exec(message)?.[1];
  if (everything !== undefined) return everything;
  if (isMisplaced(path)) return remove(path);
  const back = await input.restore(path);
  const kind = input.entries.find((entry) => entry.path === path)?.kind;
  if (kind === "other") return back === null ? remove(path) : `${remove(path)} && ${back}`;
  return back ?? withoutCertificate(path, input);
}

/** Facts have a file for each serial number, and nothing else beside them. */
const OF_FACTS: ReadonlySet<string> = new Set(
  paths.placesWhere(({ each, nature }) => each === "serial" && nature === "fact"),
);

function isMisplaced(path: string): boolean {
  const placed = paths.placeOf(path);
  return OF_FACTS.has(posix.dirname(path)) && (placed === null || !paths.isNamed(placed));
}

/** A revocation or hold that nothing else knows of is itself what does not belong. */
function withoutCertificate(path: string, { state, history, head }: CheckInput): string | null {
  if (posix.dirname(path) !== paths.DIR.certificates || head === null || history.shallow) return null;
  const serial = posix.basename(path, ".pem");
  const revocation = paths.path.revocation(serial);
  const strays = [
    ...(state.holds.has(serial) ? [paths.path.hold(serial)] : []),
    ...(state.revocations.has(serial) && !history.first.has(revocation) ? [revocation] : []),
  ];
  return strays.length === 0 ? null : `rm -- ${strays.map(shellWord).join(" ")}`;
}
