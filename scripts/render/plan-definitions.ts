import type { Definition, Edit, EditValue, Plan, WarningCode } from "../model/plan.ts";
import { who } from "./plan-crowd.ts";
import { isWhole, type People } from "./plan-people.ts";
import type { Room, Statement } from "./plan-statement.ts";
import { arrow, formatValue, quoted } from "./plan-value.ts";
import { oneLine } from "./printable.ts";
import { cut, list } from "./words.ts";

/** Warnings that stand here, and are not repeated below. */
export const SHIFTS_MEANING: readonly WarningCode[] = ["CodeChanged", "PolicyChanged"];

/** What shifts meaning without touching a client's entry: code, policy, and every entry of every other section. */
export function definitionStatements({ warnings, changes, edits }: Plan, people: People): Statement[] {
  const shifts = SHIFTS_MEANING.flatMap((code) => warnings.filter((warning) => warning.code === code));
  const definitions = changes.filter((change) => change.kind === "definition");
  const fields = Map.groupBy(
    edits.filter(({ section }) => section !== "clients"),
    ({ section, name }) => JSON.stringify([section, name]),
  );
  const told = new Map(definitions.map((one) => [JSON.stringify([one.section, one.name]), one]));
  // By a definition without edits, where a plan has such, its fields are known at least.
  const all = [...new Set([...told.keys(), ...fields.keys()])];
  return [
    ...shifts.map(({ code, message }) =>
      statement(code, ({ characters }) => `${code}: ${oneLine(message, characters)}`),
    ),
    ...all.map((key) => definition(told.get(key), fields.get(key) ?? [], people)),
  ];
}

function statement(what: string, say: Statement["say"]): Statement {
  return { tone: "meaning", what, size: 1, say };
}

function definition(told: Definition | undefined, edits: readonly Edit[], people: People): Statement {
  const [section, name] =
    told === undefined ? [edits[0]?.section ?? "", edits[0]?.name ?? ""] : [told.section, told.name];
  const entry = section === name ? quoted(section) : `${quoted(section)} ${quoted(name)}`;
  const comes = edits.length > 0 && isWhole(edits, "from");
  const goes = edits.length > 0 && isWhole(edits, "to");
  const whole = comes
    ? "added"
    : goes
      ? "removed"
      : told?.fields.find((field) => field === "added" || field === "removed");
  const silent = (told?.fields ?? []).filter((field) => field !== whole && !edits.some((edit) => edit.field === field));
  return statement(`in ${section}`, (room) => {
    const values = edits.map(
      (edit) =>
        `${quoted(edit.field)}: ${value(edit, whole, room)}${whole === undefined ? members(edit, people, room) : ""}`,
    );
    const parts = [...silent.map((field) => `${quoted(field)} changes`), ...values];
    return `${entry}${whole === undefined ? "" : ` is ${whole}`}${parts.length === 0 ? "" : `: ${parts.join("; ")}`}`;
  });
}

function value({ from, to }: Edit, whole: string | undefined, { characters }: Room): string {
  if (whole === undefined) return arrow(from, to, characters);
  const text = formatValue(whole === "added" ? to : from);
  return cut(text, characters);
}

/** `; builders now reach downloads: buildfarm-1 and buildfarm-2`: whom a group's change gives or takes something. */
function members({ section, name, from, to }: Edit, people: People, room: Room): string {
  if (section !== "groups" || !isList(from ?? []) || !isList(to ?? [])) return "";
  const [was, is] = [new Set(strings(from)), new Set(strings(to))];
  const moved = (all: People["gain"], of: "gains" | "loses", targets: readonly string[], verb: string) => {
    const those = all.filter(
      (one) => one.because.groups.includes(name) && targets.some((target) => one[of].includes(target)),
    );
    return targets.length === 0
      ? []
      : [
          `${quoted(name)} ${verb} ${list(targets, 10)}: ${
            those.length === 0
              ? "no client"
              : who(
                  those.map(({ client }) => client),
                  room,
                )
          }`,
        ];
  };
  const parts = [
    ...moved(
      people.gain,
      "gains",
      [...is].filter((one) => !was.has(one)),
      "now reach",
    ),
    ...moved(
      people.lose,
      "loses",
      [...was].filter((one) => !is.has(one)),
      "no longer reach",
    ),
  ];
  return parts.map((part) => `; ${part}`).join("");
}

function isList(value: EditValue): value is readonly EditValue[] {
  return Array.isArray(value);
}

function strings(value: EditValue): string[] {
  return value === null || !isList(value) ? [] : value.flatMap((one) => (typeof one === "string" ? [one] : []));
}
