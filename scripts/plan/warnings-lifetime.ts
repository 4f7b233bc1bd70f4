import type { Warning } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { Certificate } from "../model/state.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { figures } from "../model/words.ts";
import type { Decisions } from "./decide.ts";
import { type Identity, identitiesOf } from "./identity.ts";
import { isLong } from "./issue-reasons.ts";
import { some } from "./refusals.ts";

export interface LifetimeWarningInput {
  readonly before: Registry | null;
  readonly after: Registry;
  readonly decisions: Decisions;
  readonly now: Instant;
}

/** So many names of those who have a long certificate are told. */
const NAMED = 20;

/**
 * Certificates that end later than one issued now would, told by the plan that shortens the lifetime, or that has them
 * shortened: those that live out their days in one sentence, and those that are to end earlier in another.
 */
export function lifetimeWarnings(input: LifetimeWarningInput): Warning[] {
  const long = longOnes(input);
  const [ending, staying] = [long.filter(({ identity }) => identity.shorten), long.filter(isToStay)];
  return [
    ...sentence(
      staying,
      "With shorten: true beside lifetime successors are made now, and what is long is revoked in time.",
    ),
    ...sentence(ending, whenShortened(ending, input.now)),
  ];
}

/** Who does not follow renewals is locked out then; renew.sh from before there was `shorten` asks at the end alone. */
function whenShortened(ending: readonly Long[], now: Instant): string {
  const first = ending.reduce(
    (soonest, { identity: { overlap, renewBefore } }) => Math.min(soonest, now + (overlap ?? renewBefore)),
    Number.POSITIVE_INFINITY,
  );
  return `From ${formatInstant(first)} on what is long is revoked: by then its owner needs the successor, by renew.sh as bundles have it now, which asks every day, or by a new bundle.`;
}

interface Long {
  readonly identity: Identity;
  readonly certificate: Certificate;
}

const isToStay = ({ identity }: Long) => !identity.shorten;

function longOnes({ before, after, decisions, now }: LifetimeWarningInput): Long[] {
  if (before === after) return [];
  const were = before === null ? new Map<string, Identity>() : identitiesOf(before);
  const revoked = new Set(decisions.list.map((one) => (one.kind === "revoke" ? one.serial : "")));
  return [...decisions.identities.values()].flatMap((identity) => {
    const was = were.get(identity.name);
    if (was !== undefined && was.lifetime <= identity.lifetime && was.shorten === identity.shorten) return [];
    const live = decisions.ledger.of(identity).live.filter((one) => !revoked.has(one.serial));
    return live.filter((one) => isLong(one, identity, now)).map((certificate) => ({ identity, certificate }));
  });
}

function sentence(those: readonly Long[], then: string): Warning[] {
  if (those.length === 0) return [];
  const names = [...new Set(those.map(({ identity }) => identity.name))].sort();
  const last = those.reduce((latest, { certificate }) => Math.max(latest, certificate.notAfter), 0);
  const what = those.length === 1 ? "certificate ends" : "certificates end";
  const message = `${some(names, NAMED)}: ${figures(those.length)} ${what} later than one issued now would, until ${formatInstant(last)} at the latest. ${then}`;
  return [{ code: "LongCertificates", message }];
}
