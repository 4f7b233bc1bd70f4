import type { Plan } from "../../model/plan.ts";
import { formatInstant } from "../../model/time.ts";
import { count, figures } from "../../model/words.ts";
import { changedEdits, type People } from "./people.ts";

/** What can happen to clients, as the headline counts it, and as it is called where it happens to none. */
interface Fate {
  of(people: People): number;
  readonly one: string;
  readonly many: string;
  readonly none: string;
}

const FATES: readonly Fate[] = [
  { of: ({ gain }) => gain.length, one: "gains access", many: "gain access", none: "gains" },
  { of: ({ removed }) => removed.length, one: "is removed", many: "are removed", none: "removed" },
  { of: ({ suspended }) => suspended.length, one: "is suspended", many: "are suspended", none: "suspended" },
  { of: ({ lose }) => lose.length, one: "loses access otherwise", many: "lose access otherwise", none: "other losses" },
  { of: ({ renamed }) => renamed.length, one: "is renamed", many: "are renamed", none: "renamed" },
  { of: ({ reissued }) => reissued.length, one: "is reissued", many: "are reissued", none: "reissued" },
  {
    of: ({ compromised }) => compromised.length,
    one: "KEY COMPROMISED",
    many: "KEYS COMPROMISED",
    none: "compromised",
  },
  { of: ({ fresh }) => fresh.size, one: "is new", many: "are new", none: "new" },
];

/** `81 clients gain access, 6 are removed, 1 KEY COMPROMISED, 5 are new. 1 sensitive group is widened.` */
function fates(people: People): string {
  const said = FATES.filter(({ of }) => of(people) > 0).map((fate, index) => {
    const n = fate.of(people);
    const noun = fate.none === "compromised" ? "" : n === 1 ? "client " : "clients ";
    return `${figures(n)} ${index === 0 ? noun : ""}${n === 1 ? fate.one : fate.many}`;
  });
  return said.length === 0 ? "No client gains or loses access." : `${said.join(", ")}.`;
}

export function isEmpty({ changes, access, edits, compromised, refusals }: Plan): boolean {
  return changes.length + access.length + edits.length + compromised.length + refusals.length === 0;
}

/** What a reviewer reads first: what is refused, who and how many, and which commit of main is assumed. */
export function headline(plan: Plan, people: People): string {
  const { refusals, base } = plan;
  const refused = refusals.length === 0 ? [] : [`REFUSED for ${count(refusals.length, "reason")}, named at the end.`];
  const groups = widened(plan).size;
  const loud = groups === 0 ? [] : [`${count(groups, "sensitive group changes", "sensitive groups change")}.`];
  const shifts = [
    ...(plan.warnings.some(({ code }) => code === "CodeChanged") ? ["CODE changes."] : []),
    ...(plan.warnings.some(({ code }) => code === "PolicyChanged") ? ["POLICY changes."] : []),
  ];
  const quiet = [
    ...told(
      changedEdits(people).filter(({ field }) => field === "expires").length,
      "end of access moves",
      "ends of access move",
    ),
    ...told(
      changedEdits(people).filter(({ field }) => field === "lifetime").length,
      "lifetime changes",
      "lifetimes change",
    ),
    ...told(
      plan.changes.filter((change) => change.kind === "file" && change.byHand).length,
      "file was edited by hand",
      "files were edited by hand",
    ),
  ];
  // Nothing but digits, whoever made the plan: the headline stands outside of code blocks too.
  const commit = base?.replace(/[^0-9a-f]/g, "").slice(0, 7);
  const compared = commit === undefined ? "Compared with what was carried out last." : `Main is ${commit}.`;
  return [...refused, fates(people), ...loud, ...quiet, ...shifts, compared].join(" ");
}

/** What takes nobody's access today, and yet is what somebody would hide. */
function told(n: number, one: string, many: string): string[] {
  return n === 0 ? [] : [`${count(n, one, many)}.`];
}

function widened({ warnings }: Plan): ReadonlySet<string> {
  const messages = warnings.filter(({ code }) => code === "SensitiveGroup").map(({ message }) => message);
  return new Set(messages.map((message) => /^(?:sensitive )?group (\S+) /.exec(message)?.[1] ?? message));
}

/** When it was made, and what is decided about certificates and definitions. */
export function figuresOf({ asOf, changes }: Plan, definitions: number): string {
  const asked = changes.filter(({ due }) => due === "registry");
  const parts = (["issue", "renew", "release", "hold", "revoke"] as const).flatMap((verb) => {
    const n = asked.filter(({ kind }) => kind === verb).length;
    return n === 0 ? [] : [`${figures(n)} to ${verb}`];
  });
  const certificates = parts.length === 0 ? "No certificate changes." : `Certificates: ${parts.join(", ")}.`;
  const meaning = definitions === 0 ? [] : [`${count(definitions, "definition changes", "definitions change")}.`];
  return [`Plan as of ${formatInstant(asOf)}.`, certificates, ...meaning].join(" ");
}

const FIELDS = new Map([
  ["expires", "changed ends"],
  ["contact", "changed contacts"],
  ["home", "changed homes"],
]);

/** What there is none of: silence alone would prove nothing. */
export function absent(plan: Plan, people: People, definitions: number): string {
  const edited = new Set(changedEdits(people).map(({ field }) => FIELDS.get(field) ?? "other changed fields"));
  const warned = new Set<string>(plan.warnings.map(({ code }) => code));
  const none = [
    ...FATES.filter(({ of }) => of(people) === 0).map((fate) => fate.none),
    ...(warned.has("SensitiveGroup") ? [] : ["sensitive"]),
    ...[...FIELDS.values(), "other changed fields"].filter((field) => !edited.has(field)),
    ...(definitions === 0 ? ["definitions"] : []),
    ...(warned.has("PolicyChanged") ? [] : ["policy"]),
    ...(warned.has("CodeChanged") ? [] : ["code"]),
    ...(plan.warnings.length === 0 ? ["warnings"] : []),
  ];
  return none.length === 0 ? "" : `None: ${none.join(", ")}.`;
}
