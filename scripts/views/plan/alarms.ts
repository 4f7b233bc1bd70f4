import type { AccessChange, Compromised, Edit, EditValue, Plan } from "../../model/plan.ts";
import { oneLine } from "../../model/printable.ts";
import { day } from "../../plan/format-value.ts";
import { alike, gain, origin } from "./access.ts";
import { CONTACT, crowdListing, crowdSentence } from "./crowd.ts";
import type { People } from "./people.ts";
import type { Room, Statement } from "./statement.ts";

/** Stolen keys, each alarm with who is locked out until when, and whom to ask. */
export function compromisedStatements({ compromised, removed }: People): Statement[] {
  const gone = new Set(removed.map(({ client }) => client));
  const state = ({ client, lockedOut }: Compromised) =>
    gone.has(client) ? "gone" : lockedOut ? "locked out" : "goes on";
  const groups = Map.groupBy(compromised, (one) => JSON.stringify([one.before, state(one)]));
  return [...groups.values()].map((those) => {
    const [first] = those;
    const members = those.map(({ client, contact }) => ({ client, contact, until: null }));
    const before = first?.before ?? null;
    const which = before === null ? "all certificates" : `certificates from before ${day(before)}`;
    const crowd = { members, notes: [`keyCompromise: ${which} are revoked`], traits: CONTACT };
    const verb = VERBS[first === undefined ? "gone" : state(first)];
    const about = [`clients.${first?.client}`, "clients"];
    const say = (room: Room) => `KEY COMPROMISED: ${crowdSentence(crowd, verb, room)}`;
    return {
      tone: "alarm",
      what: "compromised",
      size: those.length,
      about,
      say,
      ...crowdListing(crowd, "key compromised"),
    };
  });
}

const VERBS = {
  gone: (many: boolean) => `${many ? "have" : "has"} no access any more`,
  "locked out": (many: boolean) =>
    many ? "are locked out until their new bundles are installed" : "is locked out until its new bundle is installed",
  "goes on": (many: boolean) => `${many ? "go" : "goes"} on with a newer certificate`,
};

/** Changes of groups that are marked sensitive: each line can be judged by itself. */
export function sensitiveStatements({ warnings, access }: Plan, people: People): Statement[] {
  const known = new Map(access.map((one) => [one.client, one]));
  return warnings.flatMap(({ code, message }) => {
    if (code !== "SensitiveGroup") return [];
    const group = /^sensitive group (\S+) .*gains .* and \d+ more$/s.exec(message)?.[1];
    return [sensitive(message), ...(group === undefined ? [] : joining(group, known, people))];
  });
}

function sensitive(message: string): Statement {
  const group = /^(?:sensitive )?group (\S+) /.exec(message)?.[1];
  const words = message.replace(/^sensitive /, "");
  const say = ({ characters }: Room) => `SENSITIVE ${oneLine(words, characters)}`;
  return { tone: "sensitive", what: "sensitive", size: 1, about: [`groups.${group}`, "groups"], say };
}

/** The message names the first ten; whose entry now has the group stands in clients.yaml. */
function joining(group: string, known: ReadonlyMap<string, AccessChange>, people: People): Statement[] {
  const joiners = [...people.edits].flatMap(([client, edits]) => (edits.some(joins(group)) ? [client] : []));
  const widened = joiners.sort().flatMap((client) => known.get(client) ?? []);
  return alike(widened, (one) => [one.gains, one.because, origin(one, people)]).map((crowd) => {
    const { say, ...statement } = gain(crowd, people);
    return {
      ...statement,
      tone: "sensitive",
      what: "sensitive",
      say: (room) => `SENSITIVE group ${group}: ${say(room)}`,
    };
  });
}

const joins = (group: string) => (edit: Edit) =>
  edit.field === "groups" && names(edit.to).includes(group) && !names(edit.from).includes(group);

function names(value: EditValue): readonly EditValue[] {
  return Array.isArray(value) ? value : [];
}
