import { canonicalRegistry } from "../model/canonical.ts";
import * as paths from "../model/paths.ts";
import type { FileChange, Plan, Refusal } from "../model/plan.ts";
import type { Finding } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { compareFiles, derivedFiles, strayFiles } from "../plan/files.ts";
import { makePlan, NO_POLICY } from "../plan/index.ts";
import { block, type CheckInput, RECONCILE, warn } from "./input.ts";

/** Derived files against what the registry as last carried out calls for: a pending change in clients.yaml is no drift. */
export function derived(input: CheckInput): Finding[] {
  const { state, registry, now, version } = input;
  const expected = state.carriedOut?.registry ?? registry;
  if (expected === null || state.authority === null || isFresh(input)) return [];
  const differing = changesAt(input, expected, now);
  if (differing.length === 0) return [];
  const upgraded = state.carriedOut !== null && state.carriedOut.version !== version;
  // What was right when something was last signed is not edited, only old: a certificate or a client's time ended since.
  const edited = new Set(changesAt(input, expected, lastSigned(input)).map(({ path }) => path));
  return differing.map(({ path, reason, message }) => {
    if (!edited.has(path)) return warn("Due", path, "time went by since it was written", RECONCILE);
    if (upgraded && reason === "Drifted")
      return warn("Upgraded", path, "another version of Gatehouse wrote it", RECONCILE);
    return block(reason, path, reason === "Missing" ? "is not there" : message, RECONCILE);
  });
}

/** The authority was made, and nothing else happened yet. */
function isFresh({ state }: CheckInput): boolean {
  return state.carriedOut === null && state.certificates.size === 0 && state.crl === null;
}

function changesAt({ state, version }: CheckInput, registry: Registry, at: Instant): FileChange[] {
  const wanted = derivedFiles(registry, state, at, version);
  return compareFiles(wanted, state, strayFiles(registry, state, at), { due: "registry", upgraded: false });
}

function lastSigned({ state }: CheckInput): Instant {
  let last = state.crl?.thisUpdate ?? 0;
  for (const { issued } of state.certificates.values()) last = Math.max(last, issued);
  for (const { at } of state.revocations.values()) last = Math.max(last, at);
  return last;
}

/** What clients.yaml asks for and nobody carried out yet, and what refuses it. */
export function pending(input: CheckInput, already: readonly Finding[]): Finding[] {
  const { registry, problems, state, now, version, checkClock } = input;
  if (state.authority === null) return [];
  const policy = { ...NO_POLICY, checkClock };
  const { plan } = makePlan({ registry, problems, state, now, version, policy });
  const refusals = plan.refusals.flatMap((refusal) => refused(refusal, input, already));
  return [...refusals, ...(refusals.length > 0 ? [] : due(plan, input)), ...authorityEnding(plan)];
}

/** Found before, one by one, by the checks that look at the same thing more closely. */
const ELSEWHERE: readonly string[] = ["InvalidRegistry", "StateDoubtful", "NoAuthority"];

function refused({ code, message }: Refusal, { state, now }: CheckInput, already: readonly Finding[]): Finding[] {
  if (ELSEWHERE.includes(code)) return [];
  const clock = code === "ClockBehind" || code === "ClockAhead";
  if (clock && already.some((finding) => finding.code === "CrlFuture" || finding.code === "CrlEnded")) return [];
  if (clock)
    return [block(code, (state.crl?.thisUpdate ?? 0) > now ? paths.CRL_FILE : paths.DIR.certificates, message, null)];
  const [request, problem] = code === "BadRequest" ? message.split(/: (.*)/s) : [];
  if (request?.startsWith(`${paths.DIR.requests}/`) === true) return [block(code, request, problem ?? message, null)];
  return [block(code, paths.REGISTRY_FILE, message, "npm run plan")];
}

function due({ changes, summary }: Plan, { registry, state }: CheckInput): Finding[] {
  const { issue, renew, revoke, hold, release, definition } = summary;
  const count = issue + renew + revoke + hold + release + definition;
  const last = state.carriedOut?.registry;
  const same = registry === null || (last !== undefined && canonicalRegistry(registry) === canonicalRegistry(last));
  if (count === 0 && (same || changes.length === 0)) return [];
  if (count === 0 && last === undefined) return [];
  const parts = Object.entries({ issue, renew, revoke, hold, release, definition }).filter(([, n]) => n > 0);
  const counts = parts.map(([kind, n]) => `${n} ${kind}`).join(", ");
  const what = same ? "time makes changes due" : "it asks for what is not carried out yet";
  return [warn("Pending", paths.REGISTRY_FILE, counts === "" ? what : `${what}: ${counts}`, RECONCILE)];
}

function authorityEnding({ warnings }: Plan): Finding[] {
  return warnings
    .filter(({ code }) => code === "AuthorityEnding")
    .map(({ code, message }) => warn(code, paths.CA_CERTIFICATE, message, null));
}
