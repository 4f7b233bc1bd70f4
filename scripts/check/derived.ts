import { canonicalRegistry, isOfOtherVersion } from "../model/canonical.ts";
import * as paths from "../model/layout.ts";
import type { FileChange, Plan, Refusal } from "../model/plan.ts";
import { shellWord } from "../model/printable.ts";
import type { Finding } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { compareFiles, derivedFiles, strayFiles } from "../plan/files.ts";
import { makePlan, NO_POLICY } from "../plan/index.ts";
import { lastSigned } from "../plan/plan-files.ts";
import { block, type CheckInput, RECONCILE, warn } from "./input.ts";

/** The plan for the repository as it is; null where there is no authority to plan for. */
export function planned(input: CheckInput): Plan | null {
  const { registry, problems, state, now, version, checkClock, signatures } = input;
  if (state.authority === null) return null;
  const policy = { ...NO_POLICY, checkClock, ...signatures };
  return makePlan({ registry, problems, state, now, version, policy }).plan;
}

/** Derived files against what the registry as last carried out calls for: a pending change in clients.yaml is no drift. */
export async function derived(input: CheckInput, plan: Plan): Promise<Finding[]> {
  const { state, registry, now, version, restore } = input;
  const expected = state.carriedOut?.registry ?? registry;
  if (expected === null || isFresh(input)) return [];
  // The plan has compared the same files already, unless something is pending.
  const quiet = plan.changes.every(({ kind }) => kind === "crl") && isCarriedOut(input);
  const differing = quiet ? [] : changesAt(input, expected, now);
  if (differing.length === 0) return [];
  const upgraded = state.carriedOut !== null && isOfOtherVersion(state.carriedOut, version);
  // What was right when something was last signed is not edited, only old: a certificate or a client's time ended since.
  const edited = new Set(changesAt(input, expected, lastSigned(state)).map(({ path }) => path));
  // The one among them that is a fact: what limits count from.
  const record = await restore(paths.CARRIED_OUT);
  return differing.map(({ path, reason, message }) => {
    if (!edited.has(path)) return warn("Due", path, "time went by since it was written", RECONCILE);
    if (upgraded && reason !== "Stray")
      return warn("Upgraded", path, "another version of Gatehouse wrote it", RECONCILE);
    const fix = path === paths.CARRIED_OUT && reason === "Missing" ? record : null;
    return block(reason, path, reason === "Missing" ? "is not there" : message, fix ?? RECONCILE);
  });
}

/** clients.yaml asks for what was carried out last, or cannot be read. */
function isCarriedOut({ registry, state }: CheckInput): boolean {
  const last = state.carriedOut?.registry;
  return registry === null || (last !== undefined && canonicalRegistry(registry) === canonicalRegistry(last));
}

/** The authority was made, and nothing else happened yet. */
function isFresh({ state }: CheckInput): boolean {
  return state.carriedOut === null && state.certificates.size === 0 && state.crl === null;
}

function changesAt({ state, version }: CheckInput, registry: Registry, at: Instant): FileChange[] {
  const wanted = derivedFiles(registry, state, at, version);
  return compareFiles(wanted, state, strayFiles(registry, state, at), { due: "registry", upgraded: false });
}

/** What clients.yaml asks for and nobody carried out yet, and what refuses it. */
export async function pending(input: CheckInput, plan: Plan, already: readonly Finding[]): Promise<Finding[]> {
  const refusals = (await Promise.all(plan.refusals.map((one) => refused(one, input, already)))).flat();
  return [...refusals, ...(refusals.length > 0 ? [] : due(plan, input)), ...authorityEnding(plan)];
}

/** Found before, one by one, by the checks that look at the same thing more closely. */
const ELSEWHERE: readonly string[] = ["InvalidRegistry", "StateDoubtful", "NoAuthority", "KeyLost"];

async function refused(
  { code, message }: Refusal,
  { state, now, restore }: CheckInput,
  already: readonly Finding[],
): Promise<Finding[]> {
  if (ELSEWHERE.includes(code)) return [];
  const clock = code === "ClockBehind" || code === "ClockAhead";
  if (clock && already.some((finding) => finding.code === "CrlFuture" || finding.code === "CrlEnded")) return [];
  const from = (state.crl?.thisUpdate ?? 0) > now ? paths.CRL_FILE : paths.DIR.certificates;
  if (clock) return [block(code, from, message, null)];
  // The planner's words about a request begin with its file.
  const [request, problem] = code === "BadRequest" ? message.split(/: (.*)/s) : [];
  const [place = "", taken = message] = code === "PathBlocked" ? message.split(/: (.*)/s) : [];
  if (place !== "") return [block(code, place, taken, await freed(place, restore))];
  if (request?.startsWith(`${paths.DIR.requests}/`) === true)
    return [block(code, request, problem ?? message, await restore(request))];
  if (code === "Unsigned") return [block(code, ".git", message, null)];
  return [block(code, paths.REGISTRY_FILE, message, "npm run plan")];
}

/** Whatever stands in the place of somebody's file is taken away, and where git has the file it comes back. */
async function freed(path: string, restore: CheckInput["restore"]): Promise<string> {
  const back = await restore(path);
  return `rm -r -- ${shellWord(path)}${back === null ? "" : ` && ${back}`}`;
}

function due({ changes, summary }: Plan, input: CheckInput): Finding[] {
  const { issue, renew, revoke, hold, release, definition } = summary;
  const counts = Object.entries({ issue, renew, revoke, hold, release, definition }).filter(([, n]) => n > 0);
  const same = isCarriedOut(input);
  // With clients.yaml as it was, files that differ are the business of derived(); so they are where no record is left.
  const onlyFiles = counts.length === 0 && (same || changes.length === 0 || input.state.carriedOut === null);
  if (onlyFiles) return [];
  const what = same ? "time makes changes due" : "it asks for what is not carried out yet";
  const how = counts.map(([kind, n]) => `${n} ${kind}`).join(", ");
  return [warn("Pending", paths.REGISTRY_FILE, how === "" ? what : `${what}: ${how}`, RECONCILE)];
}

function authorityEnding({ warnings }: Plan): Finding[] {
  return warnings
    .filter(({ code }) => code === "AuthorityEnding")
    .map(({ code, message }) => warn(code, paths.CA_CERTIFICATE, message, null));
}
