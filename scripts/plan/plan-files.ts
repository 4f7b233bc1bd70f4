import { formatCarriedOut, isOfOtherVersion } from "../model/canonical.ts";
import { contentDigest } from "../model/content.ts";
import { CARRIED_OUT } from "../model/layout.ts";
import type { FileChange } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { CarriedOut, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Alone } from "./by-time.ts";
import type { Decisions } from "./decide.ts";
import { compareRegistries } from "./edits.ts";
import { type Called, calledFor, editedByHand, explainFiles } from "./file-causes.ts";
import { compareFiles } from "./files.ts";
import type { PlanInput } from "./input.ts";
import { pairUp } from "./pairs.ts";
import { project } from "./project.ts";

interface FilesInput {
  readonly registry: Registry;
  readonly decisions: Decisions;
  readonly alone: Alone | null;
}

/** What is written and removed once the facts are as in `after`, each with its cause. */
export function planFiles({ registry, decisions, alone }: FilesInput, after: State, input: PlanInput): FileChange[] {
  const { state, now, version } = input;
  const last = state.carriedOut;
  const upgraded = last !== null && isOfOtherVersion(last, version);
  const called = calledFor(registry, after, now, version, after === state ? decisions : null);
  const changes = compareFiles([...called.wanted.values()], after, [...called.strays], { due: "registry", upgraded });
  // Whether a file was edited cannot be told from what another version wrote.
  if (last === null || upgraded) return changes;
  const asCarriedOut = once(() => calledFor(last.registry, state, now, version));
  const whenSigned = () => calledFor(last.registry, state, lastSigned(state), version);
  const byItself = () => {
    if (alone === null || !isByTime(alone, last.registry)) return null;
    if (alone.decisions === decisions) return called;
    if (alone.decisions.list.length === 0 && alone.state === state) return asCarriedOut();
    const { registry: base, decisions: own } = alone;
    return calledFor(base, project(alone.state, own.list, own.identities, now), now, version);
  };
  const derived = changes.filter(({ path }) => path !== CARRIED_OUT);
  const record = changes.filter(({ path }) => path === CARRIED_OUT).map((one) => explainRecord(one, last, state));
  return [
    ...explainFiles(derived, { state, called, carriedOut: [asCarriedOut, whenSigned], alone: byItself }),
    ...record,
  ];
}

/** pki/registry.yaml is what nearly every change writes, and says itself what was carried out. */
function explainRecord(change: FileChange, last: CarriedOut, { files }: State): FileChange {
  return files.get(CARRIED_OUT) === contentDigest(formatCarriedOut(last)) ? change : editedByHand(change);
}

/** Nothing but time goes on: the base is what was carried out, and all that it decides is due by time. */
function isByTime({ registry, decisions }: Alone, carriedOut: Registry): boolean {
  if (decisions.list.some(({ due }) => due !== "time")) return false;
  const clients = pairUp(carriedOut.clients, registry.clients, () => null);
  return compareRegistries(carriedOut, registry, clients).length === 0;
}

/** When the last certificate, revocation or CRL was made: files were right then, and may be old since. */
export function lastSigned({ crl, certificates, revocations }: State): Instant {
  let last = crl?.thisUpdate ?? 0;
  for (const { issued } of certificates.values()) last = Math.max(last, issued);
  for (const { at } of revocations.values()) last = Math.max(last, at);
  return last;
}

function once(make: () => Called): () => Called {
  let made: Called | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
