import type { AccessChange, Revoke } from "../../model/plan.ts";
import { list } from "../../model/words.ts";
import { day, quoted } from "../../plan/format-value.ts";
import { CONTACT, type Crowd, crowdListing, crowdSentence, END_AND_CONTACT } from "./crowd.ts";
import type { People } from "./people.ts";
import type { Room, Statement, Tone } from "./statement.ts";

/** Clients for whom the same can be said; `one` stands for all. */
interface Alike extends Crowd<AccessChange> {
  readonly one: AccessChange;
}

/** Losses, renames, and gains, which are often many: each with its cause, those alike in one statement. */
export function accessStatements(people: People): Statement[] {
  const why = ({ client }: AccessChange) => removal(people.revoked.get(client));
  return [
    ...alike(people.removed, (one) => [why(one), one.loses]).map((crowd) => removed(crowd, why(crowd.one))),
    ...alike(people.suspended, ({ loses }) => loses).map(suspended),
    ...alike(people.reissued, ({ reissued }) => reissued).map(reissued),
    ...byCause(people.lose, ({ loses }) => loses).map(lose),
    ...people.renamed.map(renamed),
    ...byCause(people.gain, (one) => [one.gains, origin(one, people)]).map((crowd) => gain(crowd, people)),
  ];
}

/** Those of one key together, in the plan's order. */
export function alike(changes: readonly AccessChange[], key: (one: AccessChange) => unknown): Alike[] {
  const groups = Map.groupBy(changes, (one) => JSON.stringify(key(one)));
  return [...groups.values()].flatMap((members) =>
    members.slice(0, 1).map((one) => ({ one, members, notes: [], traits: [] })),
  );
}

/** First what groups give or take, the largest first; then what stands in clients' own entries. */
function byCause(changes: readonly AccessChange[], key: (one: AccessChange) => unknown): Alike[] {
  const weight = ({ one, members }: Alike) => (isByGroup(one) ? members.length : 0);
  return alike(changes, (one) => [one.because, key(one)]).sort((a, b) => weight(b) - weight(a));
}

const isByGroup = ({ because: { entry, groups } }: AccessChange) => !entry && groups.length > 0;

/** `title`: above the names, where they are listed. */
function statement(tone: Tone, what: string, crowd: Crowd, title: string, say: Statement["say"]): Statement {
  const about = [...crowd.members.slice(0, 1).map(({ client }) => `clients.${client}`), "clients"];
  return { tone, what: `clients that ${what}`, size: crowd.members.length, about, say, ...crowdListing(crowd, title) };
}

/** The reason on the CRL, and what it is for unless the client was just taken out of clients.yaml. */
function removal(revoke: Revoke | undefined): string {
  if (revoke === undefined) return "no certificate was out";
  if (revoke.cause === "Expired") return `${revoke.reason}; its access has ended`;
  return revoke.cause === "Declared" ? `${revoke.reason}; revoked in clients.yaml` : revoke.reason;
}

function removed(crowd: Alike, why: string): Statement {
  const say = (room: Room) => `REMOVED for ever (${why}): ${crowdSentence(crowd, losing(crowd, room), room)}`;
  return statement("loss", "are removed", crowd, `removed (${why})`, say);
}

function suspended(crowd: Alike): Statement {
  const say = (room: Room) =>
    `SUSPENDED until lifted (certificateHold): ${crowdSentence(crowd, losing(crowd, room), room)}`;
  return statement("pause", "are suspended", crowd, "suspended", say);
}

function reissued(crowd: Alike): Statement {
  const why = `REISSUED (${crowd.one.reissued}), older certificates are revoked`;
  const verb = (many: boolean) => (many ? "need their new bundles" : "needs its new bundle");
  const asked = { ...crowd, traits: CONTACT };
  return statement("loss", "are reissued", asked, why, (room) => `${why}: ${crowdSentence(asked, verb, room)}`);
}

function losing({ one: { loses } }: Alike, { names }: Room): (many: boolean) => string {
  return (many) => (loses.length === 0 ? "reached nothing" : `${many ? "lose" : "loses"} ${list(loses, names)}`);
}

function lose(crowd: Alike): Statement {
  const { one } = crowd;
  if (isByGroup(one)) {
    const what = (most: number) => `${byGroups(one, "no longer")} ${list(one.loses, most)}`;
    const verb = (many: boolean) => `${many ? "lose" : "loses"} ${it(one.loses)}`;
    const say = (room: Room) => `${what(room.names)}: ${crowdSentence(crowd, verb, room)}`;
    return {
      ...statement("loss", "lose access", crowd, what(3), say),
      about: [`groups.${one.because.groups[0]}`, "groups"],
    };
  }
  const noted = { ...crowd, notes: [causes(one)] };
  const say = (room: Room) => crowdSentence(noted, losing(crowd, room), room);
  return statement("loss", "lose access", noted, `lose ${list(one.loses, 3)}`, say);
}

/** What the crowd gains and why, until when, and whom to ask. */
export function gain(alike: Alike, people: People): Statement {
  const { one } = alike;
  const crowd = { ...alike, traits: END_AND_CONTACT };
  if (isByGroup(one)) {
    const what = (most: number) => `${byGroups(one, "now")} ${list(one.gains, most)}`;
    const verb = (many: boolean) => `${many ? "gain" : "gains"} ${it(one.gains)}`;
    return statement("gain", "gain access", crowd, what(3), (room) => {
      return `${what(room.names)}: ${crowdSentence(crowd, verb, room)}`;
    });
  }
  const noted = { ...crowd, notes: [origin(one, people)] };
  const say = (room: Room) => {
    return crowdSentence(noted, (many) => `${many ? "gain" : "gains"} ${list(one.gains, room.names)}`, room);
  };
  return statement("gain", "gain access", noted, `gain ${list(one.gains, 3)} (${origin(one, people)})`, say);
}

/** Where a gain comes from, in few words. */
export function origin(one: AccessChange, { fresh, released }: People): string {
  if (fresh.has(one.client)) return "new";
  return released.has(one.client) ? "its hold is lifted" : causes(one);
}

function causes({ because: { entry, groups } }: AccessChange): string {
  return [...(entry ? ["its own line"] : []), ...(groups.length > 0 ? [theGroups(groups)] : [])].join(" and ");
}

/** `GROUP field now gives` */
function byGroups({ because: { groups } }: AccessChange, adverb: string): string {
  const many = groups.length > 1;
  return `${theGroups(groups)} ${adverb} ${many ? "give" : "gives"}`;
}

function theGroups(names: readonly string[]): string {
  return `${names.length > 1 ? "GROUPS" : "GROUP"} ${list(names, 3)}`;
}

const it = (targets: readonly string[]) => (targets.length > 1 ? "them" : "it");

/** `RENAMED unit-0050 → falcon-1: new certificate and key, same access; the old name's certificate works until 2027-11-30` */
function renamed({ client, previously, oldName, gains, loses }: AccessChange): Statement {
  const key = oldName?.sameKey === true ? "new certificate for the same key" : "new certificate and key";
  const access = gains.length + loses.length === 0 ? "same access" : "other access, as said here";
  const until = oldName?.until ?? null;
  const works = until === null ? "does not work any more" : `works until ${day(until).slice(0, 10)}`;
  const say = () =>
    `RENAMED ${quoted(previously ?? "")} → ${quoted(client)}: ${key}, ${access}; the old name's certificate ${works}`;
  return { tone: "rename", what: "clients that are renamed", size: 1, say };
}
