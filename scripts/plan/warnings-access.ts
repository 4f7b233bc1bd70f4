import type { AccessChange, Warning } from "../model/plan.ts";
import type { CertificateSettings, Client, Group, Registry } from "../model/registry.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { quoted } from "./format-value.ts";
import { isSame, type Pair } from "./pairs.ts";
import { membersOf, some } from "./refusals.ts";

export interface AccessWarningInput {
  readonly before: Registry | null;
  readonly after: Registry;
  readonly clients: readonly Pair<Client>[];
  readonly access: readonly AccessChange[];
  readonly now: Instant;
}

/** Each line sufficient by itself: who, why, until when, and whom to ask. */
export function accessWarnings(input: AccessWarningInput): Warning[] {
  if (input.before === input.after) return [];
  return [...sensitive(input), ...alreadyEnded(input), ...reachesNothing(input)];
}

function sensitive(input: AccessWarningInput): Warning[] {
  const { before, after, now } = input;
  if (before === null) return [];
  const names = [...new Set([...before.groups.keys(), ...after.groups.keys()])].sort();
  const watched = names.filter((name) => [before, after].some(({ groups }) => groups.get(name)?.sensitive === true));
  if (watched.length === 0) return [];
  const [were, are] = [membersOf(before, now), membersOf(after, now)];
  const pairs = new Map(input.clients.map((pair) => [pair.name, pair]));
  return watched
    .flatMap((name) => {
      const members = (are.get(name) ?? []).sort();
      const known = new Set(were.get(name));
      const joining = members.filter((member) => !known.has(member) && !known.has(pairs.get(member)?.previously ?? ""));
      const change = { name, was: before.groups.get(name), is: after.groups.get(name), members, joining };
      return sentencesOf(change, (client) => describe(client, pairs.get(client), after));
    })
    .map((message) => ({ code: "SensitiveGroup", message }));
}

interface GroupChange {
  readonly name: string;
  readonly was: Group | undefined;
  readonly is: Group | undefined;
  readonly members: readonly string[];
  readonly joining: readonly string[];
}

function sentencesOf({ name, was, is, members, joining }: GroupChange, describe: (client: string) => string): string[] {
  const whole = `group ${name} (${some(targetsOf(is ?? was)) || "nothing"})`;
  if (is === undefined) return [`sensitive ${whole} is taken out`];
  const staying = members.filter((member) => !joining.includes(member)).map(describe);
  const them = staying.length === 0 ? "it has no other clients" : `for ${some(staying)}`;
  const sentences: string[] = [];
  if (was !== undefined && was.sensitive !== is.sensitive)
    sentences.push(`${whole} ${is.sensitive ? "becomes sensitive" : "is to be sensitive no longer"}: ${them}`);
  if (joining.length > 0) sentences.push(`sensitive ${whole} gains ${some(joining.map(describe))}`);
  const reached = new Set(targetsOf(was));
  const wider = targetsOf(is).filter((target) => !reached.has(target));
  if (wider.length > 0) sentences.push(`sensitive ${whole} reaches ${some(wider)} as well: ${them}`);
  return sentences;
}

/** `alice (new; until 2027-06-30T00:00:00Z; ask ops@example.com)` */
function describe(name: string, pair: Pair<Client> | undefined, after: Registry): string {
  const client = after.clients.get(name);
  const why = pair === undefined || pair.same ? [] : [pair.was === undefined ? "new" : "its own line"];
  const until = client?.expires ?? null;
  const end = until === null ? "no end" : `until ${formatInstant(until)}`;
  const contact = client?.contact ?? null;
  return `${name} (${[...why, end, contact === null ? "no contact" : `ask ${quoted(contact)}`].join("; ")})`;
}

function targetsOf(group: Group | undefined): string[] {
  return [...(group?.repositories ?? []), ...(group?.services ?? [])].sort();
}

/** What reaches every entry from the defaults: no sign that somebody looked at this one. */
const INHERITED: { readonly [K in keyof CertificateSettings | "organization" | "country"]: null } = {
  key: null,
  lifetime: null,
  renewBefore: null,
  overlap: null,
  shorten: null,
  organization: null,
  country: null,
};

function alreadyEnded({ clients, now }: AccessWarningInput): Warning[] {
  const ended = clients.filter(({ same, was, is }) => {
    if (same || is === undefined || is.revoked !== null || is.expires === null || is.expires > now) return false;
    return was === undefined || !isSame({ ...was, ...INHERITED }, { ...is, ...INHERITED });
  });
  if (ended.length === 0) return [];
  const names = ended.map(({ name, is }) => `${name} (${formatInstant(is?.expires ?? now)})`).sort();
  const message = `access has ended already: ${some(names)}; nothing is issued. Write a later expires, or take the entry out.`;
  return [{ code: "AlreadyEnded", message }];
}

/** New clients that are given nothing, and those whom this change leaves with nothing though they stay admitted. */
function reachesNothing({ clients, access, after }: AccessWarningInput): Warning[] {
  const left = new Set(access.filter(({ loses }) => loses.length > 0).map(({ client }) => client));
  const names = clients
    .filter(({ name, was, is }) => (was === undefined || left.has(name)) && is !== undefined && isEmpty(is, after))
    .map(({ name }) => name)
    .sort();
  if (names.length === 0) return [];
  const message = `${some(names)} ${names.length === 1 ? "is" : "are"} in no group that reaches anything. Name a group in clients.yaml, or take the entry out.`;
  return [{ code: "ReachesNothing", message }];
}

/** Nothing comes from its groups, whether it is admitted or not. A tombstone asks for nothing. */
function isEmpty(client: Client, { groups }: Registry): boolean {
  return client.revoked === null && client.groups.every((name) => targetsOf(groups.get(name)).length === 0);
}
