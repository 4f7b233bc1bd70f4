import type { Definition, Edit, EditValue, Plan, WarningCode } from "../../model/plan.ts";
import { oneLine } from "../../model/printable.ts";
import { cut, list } from "../../model/words.ts";
import { formatChange, formatValue, quoted } from "../../plan/format-value.ts";
import { who } from "./crowd.ts";
import { isWhole, type People } from "./people.ts";
import type { Room, Statement } from "./statement.ts";

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
  const whole = wholeOf(edits) ?? told?.fields.find((field) => field === "added" || field === "removed");
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

function wholeOf(edits: readonly Edit[]): string | undefined {
  if (edits.length === 0) return undefined;
  return isWhole(edits, "from") ? "added" : isWhole(edits, "to") ? "removed" : undefined;
}

function value({ from, to }: Edit, whole: string | undefined, { characters }: Room): string {
  if (whole === undefined) return formatChange(from, to, characters);
  return cut(formatValue(whole === "added" ? to : from), characters);
}

/** `; builders now reaches downloads: buildfarm-1 and buildfarm-2`: whom a group's change gives or takes something. */
function members({ section, name, from, to }: Edit, { gain, lose }: People, room: Room): string {
  if (section !== "groups") return "";
  const [was, is] = [new Set(strings(from)), new Set(strings(to))];
  const sentence = (all: People["gain"], of: "gains" | "loses", verb: string, targets: readonly string[]) => {
    if (targets.length === 0) return "";
    const those = all.filter(({ because }) => because.groups.includes(name));
    const names = those.filter((one) => targets.some((target) => one[of].includes(target))).map(({ client }) => client);
    return `; ${quoted(name)} ${verb} ${list(targets, 10)}: ${names.length === 0 ? "no client" : who(names, room)}`;
  };
  const [comes, goes] = [[...is].filter((one) => !was.has(one)), [...was].filter((one) => !is.has(one))];
  return sentence(gain, "gains", "now reaches", comes) + sentence(lose, "loses", "no longer reaches", goes);
}

function isList(value: EditValue): value is readonly EditValue[] {
  return Array.isArray(value);
}

function strings(value: EditValue): string[] {
  return value === null || !isList(value) ? [] : value.flatMap((one) => (typeof one === "string" ? [one] : []));
}
