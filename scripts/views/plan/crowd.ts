import type { AccessChange } from "../../model/plan.ts";
import { count, cut, figures, list } from "../../model/words.ts";
import { day, quoted } from "../../plan/format-value.ts";
import { type Listing, NAMED, type Name, namesIn, type Room } from "./statement.ts";

/** A client with what a reviewer asks about it. */
type Member = Pick<AccessChange, "client" | "until" | "contact">;

/** What a reviewer asks about each of several clients: said once where all answer alike. */
interface Trait {
  say(one: Member): string;
  /** Where they are too many for an answer each. */
  sum(members: readonly Member[]): string;
}

const UNTIL: Trait = {
  say: ({ until }) => (until === null ? "no end" : `until ${day(until)}`),
  sum: (members) => `${figures(members.filter(({ until }) => until !== null).length)} with an end`,
};
const ASK: Trait = {
  say: ({ contact }) => (contact === null ? "no contact" : `ask ${cut(quoted(contact), 100)}`),
  sum: (members) => `${figures(new Set(members.map(({ contact }) => contact)).size)} contacts`,
};
/** Whom to ask. */
export const CONTACT: readonly Trait[] = [ASK];
/** Until when, and whom to ask. */
export const END_AND_CONTACT: readonly Trait[] = [UNTIL, ASK];

export interface Crowd<M extends Member = Member> {
  readonly members: readonly M[];
  /** What all have in common, in words. */
  readonly notes: readonly string[];
  readonly traits: readonly Trait[];
}

/**
 * `alice and bob gain tools (new; no end; ask ops@example.com)`; of more than can be named `75 clients gain tools
 * (a … z, listed below; new; 3 contacts)`.
 */
export function crowdSentence(crowd: Crowd, verb: (many: boolean) => string, room: Room): string {
  const { members } = crowd;
  const { shared, own } = traitsOf(crowd);
  const common = [...crowd.notes, ...shared.flatMap((trait) => members.slice(0, 1).map(trait.say))];
  if (members.length <= namesIn(room)) {
    const names = members.map((one) => named(one, own));
    return `${list(names, NAMED)} ${verb(members.length > 1)}${inParentheses(common)}`;
  }
  const differing = own.map((trait) => trait.sum(members));
  const notes = [
    range(
      members.map(({ client }) => client),
      room,
    ),
    ...common,
    ...differing,
  ];
  return `${count(members.length, "client")} ${verb(true)}${inParentheses(notes)}`;
}

/** Everybody by name, with what is not the same for all. */
export function crowdListing(crowd: Crowd, title: string): { readonly listing?: Listing } {
  return listingOf(title, crowd.members.length, () => {
    const { own } = traitsOf(crowd);
    return crowd.members.map((one) => ({ name: one.client, note: own.map((trait) => trait.say(one)).join("; ") }));
  });
}

function traitsOf({ members, traits }: Crowd): { readonly shared: readonly Trait[]; readonly own: readonly Trait[] } {
  const isShared = ({ say }: Trait) => {
    const first = members.slice(0, 1).map(say)[0];
    return members.every((one) => say(one) === first);
  };
  return { shared: traits.filter(isShared), own: traits.filter((trait) => !isShared(trait)) };
}

function named(one: Member, own: readonly Trait[]): string {
  return `${one.client}${inParentheses(own.map((trait) => trait.say(one)))}`;
}

/** Names alone: `a and b`, `75 clients (a … z, listed below)`. */
export function who(names: readonly string[], room: Room, noun = "client"): string {
  return names.length <= namesIn(room) ? list(names, NAMED) : `${count(names.length, noun)} (${range(names, room)})`;
}

/** The first and the last, and where all are named. */
function range(names: readonly string[], { listed }: Room): string {
  const where = names.length <= NAMED ? "" : names.length <= listed ? ", listed below" : ", all in plan --json";
  return `${names[0]} … ${names.at(-1)}${where}`;
}

export function listingOf(title: string, size: number, names: Listing["names"]): { readonly listing?: Listing } {
  return size <= NAMED ? {} : { listing: { title, size, names } };
}

export const plainNames = (names: readonly string[]): Name[] => names.map((name) => ({ name, note: "" }));

function inParentheses(notes: readonly string[]): string {
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}
