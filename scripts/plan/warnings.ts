import { DIR } from "../model/layout.ts";
import type { Issue, Warning } from "../model/plan.ts";
import type { Certificate, State } from "../model/state.ts";
import { formatInstant } from "../model/time.ts";
import type { CodeChange } from "./branch.ts";
import type { Decisions } from "./decide.ts";
import { quoted } from "./format-value.ts";
import type { Identity } from "./identity.ts";
import { looseRequests, looseText } from "./loose-requests.ts";
import { some } from "./refusals.ts";
import { type AccessWarningInput, accessWarnings } from "./warnings-access.ts";
import { lifetimeWarnings } from "./warnings-lifetime.ts";

export interface WarningInput extends AccessWarningInput {
  readonly state: State;
  readonly version: string;
  readonly decisions: Decisions;
  /** Files outside of the registry's reach that the branch changes: code, hooks, workflows. */
  readonly codeChanged: CodeChange;
  readonly policyChanged: readonly string[];
  readonly material: readonly string[];
}

/** What a reviewer should know, and what will need somebody's attention soon. Nothing here stops a run. */
export function warningsOf(input: WarningInput): Warning[] {
  return [
    ...accessWarnings(input),
    ...aboutKeys(input),
    ...aboutPeople(input),
    ...aboutChange(input),
    ...aboutMaterial(input),
    ...lifetimeWarnings(input),
    ...aboutTime(input),
  ];
}

/** Names that come back, requests that were replaced, and what requests ask for in vain. */
function aboutKeys({ state, decisions }: WarningInput): Warning[] {
  const warnings: Warning[] = [];
  for (const decision of decisions.list) {
    if (decision.kind !== "issue" && decision.kind !== "renew") continue;
    const identity = decisions.identities.get(decision.identity);
    if (identity === undefined) continue;
    const reused =
      decision.kind === "issue" && decision.reason === "Missing" ? lastRevoked(identity, state, decisions) : undefined;
    if (reused && decision.kind === "issue") warnings.push(nameReused(decision, reused));
    const replaced =
      decision.kind === "issue" && decision.reason === "KeyChanged"
        ? decisions.ledger.of(identity).live.at(-1)
        : undefined;
    if (replaced && decision.key === "request") {
      const message = `${decision.identity}: the request has another key: ${replaced.fingerprint} before, ${decision.fingerprint} now`;
      warnings.push({ code: "RequestReplaced", message });
    }
    const ignored = decision.key === "request" ? (decisions.review.sound.get(decision.identity)?.ignored ?? []) : [];
    if (ignored.length > 0) {
      const message = `${decision.identity}: only the public key is taken from the request, not ${some(ignored)}`;
      warnings.push({ code: "RequestExtensionsIgnored", message });
    }
  }
  return warnings;
}

/**
 * The newest certificate of this name that was revoked for good, or is in this very plan since the name passes to
 * somebody else; when none goes on.
 */
function lastRevoked(identity: Identity, state: State, decisions: Decisions): Certificate | undefined {
  const { name, kind } = identity;
  const orphans = decisions.ledger.orphans.filter((one) => one.identity === name && one.kind === kind);
  const gone = decisions.ledger.of(identity).all.filter((one) => {
    const revocation = state.revocations.get(one.serial);
    return revocation !== undefined && (revocation.cause === "Removed" || revocation.cause === "Declared");
  });
  return orphans.at(-1) ?? gone.at(-1);
}

function nameReused(decision: Issue, before: Certificate): Warning {
  const now = decision.fingerprint ?? "a new key, made here";
  const message = `${decision.identity} had certificates before, the last for ${before.fingerprint}, revoked; now for ${now}`;
  return { code: "NameReused", message };
}

function aboutPeople({ before, after }: WarningInput): Warning[] {
  const without: string[] = [];
  for (const [name, client] of after.clients) {
    if (client.contact === null && client.revoked === null && before?.clients.has(name) !== true) without.push(name);
  }
  return without.length === 0
    ? []
    : [{ code: "NoContact", message: `no contact is given for ${some(without.sort())}` }];
}

/** As many changed files are named one by one; a release of Gatehouse itself has some hundreds. */
const MANY = 500;

function aboutChange({ before, after, state, version, codeChanged, policyChanged }: WarningInput): Warning[] {
  const warnings: Warning[] = [];
  const policies = [...policyChanged];
  if (before !== null && (before.limits.lose !== after.limits.lose || before.limits.signed !== after.limits.signed))
    policies.push("limits");
  if (policies.length > 0) {
    warnings.push({
      code: "PolicyChanged",
      message: `${some(policies)} changes; this plan is judged by what was carried out last`,
    });
  }
  const { known, added } = codeChanged;
  if (known.length > 0)
    warnings.push({ code: "CodeChanged", message: `this branch changes what runs: ${some(known.map(quoted), MANY)}` });
  if (added.length > 0)
    warnings.push({ code: "CodeChanged", message: `this branch adds what may run: ${some(added.map(quoted))}` });
  const last = state.carriedOut?.version;
  if (last !== undefined && last !== version) {
    warnings.push({ code: "Upgraded", message: `Gatehouse ${last} carried this out last, this is ${version}` });
  }
  return warnings;
}

/**
 * What a branch brings beside the registry, and decisions do not tell of: keys that clients will trust for packages.
 * And requests that wait for an entry, which alone would then certify a key that came with another change.
 */
function aboutMaterial({ after, state, material }: WarningInput): Warning[] {
  const keys = material.filter((file) => file.startsWith(`${DIR.signing}/`));
  const users = (file: string) =>
    [...after.repositories].flatMap(([name, { signing }]) => (signing === file ? [name] : []));
  const loose = looseRequests(after, state);
  const rest = loose.length - MANY_LOOSE;
  return [
    ...keys.map((file) => {
      const names = users(file);
      const who = names.length === 0 ? "no repository names it" : `new bundles for ${some(names)} will trust it`;
      return changed(`${file} changes: ${who}`);
    }),
    ...loose.slice(0, MANY_LOOSE).map((one) => changed(looseText(one))),
    ...(rest > 0 ? [changed(`${rest} more requests that nobody reads; npm run check names them`)] : []),
  ];
}

/** So many requests that nobody reads are named one by one. */
const MANY_LOOSE = 20;

function changed(message: string): Warning {
  return { code: "MaterialChanged", message };
}

function aboutTime({ after, state, now, decisions }: WarningInput): Warning[] {
  const warnings: Warning[] = [];
  const { authority, crl } = state;
  let longest = 0;
  for (const { lifetime } of decisions.identities.values()) longest = Math.max(longest, lifetime);
  if (authority !== null && authority.notAfter < now + longest) {
    const end = formatInstant(authority.notAfter);
    const over = authority.notAfter < now;
    const message = over
      ? `the authority ended ${end}: every client is locked out, and nothing can be issued`
      : `the authority ends ${end}; certificates end with it at the latest`;
    warnings.push({ code: "AuthorityEnding", message });
  }
  if (crl !== null && now > crl.nextUpdate - after.crl.renewBefore / 2) {
    const end = formatInstant(crl.nextUpdate);
    const what =
      crl.nextUpdate < now
        ? `ended ${end}: every client is locked out`
        : `ends ${end}, and then every client is locked out`;
    const message = `the CRL ${what}; run npm run reconcile and deploy`;
    warnings.push({ code: "CrlEnding", message });
  }
  return warnings;
}
