import { isDeepStrictEqual } from "node:util";
import type { Plan } from "../../../scripts/model/plan.ts";
import { type Happened, type Lie, unlike } from "./lie.ts";
import { inYaml, isSection, type Json, type Sections } from "./reading.ts";

/**
 * Every field of clients.yaml that differs and has an effect is said; nothing is said that differs neither there nor
 * once every default is filled in. A default may be told by itself or by everybody whom it reaches, and a client that
 * is renamed is told beside what it was.
 */
export function edits(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const said = new Set(plan.edits.map(({ section, name, field }) => `${section} ${name} ${field}`));
  const renames = plan.access.flatMap(({ client, previously }) =>
    previously === null ? [] : [[previously, client] as const],
  );
  const written = differences(renamed(unchanged.registry, renames), after.registry);
  const meant = differences(renamed(inYaml(unchanged.carriedOut), renames), inYaml(after.carriedOut));
  const known = new Set([...written, ...meant]);
  const unsaid = written.filter((one) => {
    const [section, , field = ""] = one.split(" ");
    if (section !== "certificates") return !said.has(one) && meant.includes(one);
    const reached = meant.filter((other) => other.endsWith(` ${field}`));
    return !said.has(one) && !reached.every((other) => said.has(other));
  });
  const of = (one: string) => one.split(" ").slice(0, 2).join(" ");
  const lonely = new Set(lonelyEntries(unchanged.registry, after.registry));
  return [
    ...unlike("edits that are not told", [], unsaid),
    ...values(plan, renamed(unchanged.registry, renames), after.registry),
    ...unlike("edits of nothing", [], [...said].filter((one) => !known.has(one) && !lonely.has(of(one))).sort()),
  ];
}

/** Fields that clients.yaml has word for word; durations and instants can be written in several ways. */
const VERBATIM = [
  "groups",
  "contact",
  "home",
  "suspended",
  "csr",
  "previously",
  "path",
  "root",
  "repositories",
  "sensitive",
];

/** Both values of each edit. */
function values({ edits: all }: Plan, before: Sections, after: Sections): Lie[] {
  const at = (registry: Sections, section: string, name: string, field: string) =>
    plain(fields(fields(registry[section])[name])[field]);
  const verbatim = all.filter(({ section, field }) => VERBATIM.includes(field) && section !== "servers");
  return verbatim.flatMap(({ section, name, field, from, to }) =>
    unlike(
      `${section} ${name} ${field}`,
      [plain(from), plain(to)],
      [at(before, section, name, field), at(after, section, name, field)],
    ),
  );
}

/** `section name` of what is on one side only: it may be told although it says nothing, as an empty group. */
function lonelyEntries(before: Sections, after: Sections): string[] {
  return union(before, after).flatMap((section) => {
    const [was, is] = [fields(before[section]), fields(after[section])];
    return union(was, is).flatMap((name) => (name in was !== name in is ? [`${section} ${name}`] : []));
  });
}

function renamed(registry: Sections, renames: readonly (readonly [string, string])[]): Sections {
  const names = new Map(renames);
  const clients = Object.entries(fields(registry["clients"])).map(([name, entry]) => [names.get(name) ?? name, entry]);
  return { ...registry, clients: Object.fromEntries(clients) };
}

const isWhole = (section: string) => ["authority", "certificates", "crl", "limits"].includes(section);

/** Every field of clients.yaml that differs, as YAML has it. */
function differences(before: Sections, after: Sections): string[] {
  const found: string[] = [];
  for (const section of union(before, after)) {
    const [was, is] = [fields(before[section]), fields(after[section])];
    if (isWhole(section)) found.push(...fieldsThatDiffer(was, is).map((field) => `${section} ${section} ${field}`));
    else {
      for (const name of union(was, is)) {
        const fieldNames = fieldsThatDiffer(fields(was[name]), fields(is[name]));
        found.push(...fieldNames.map((field) => `${section} ${name} ${field}`));
      }
    }
  }
  return found;
}

function fields(value: Json | undefined): Sections {
  return isSection(value) ? value : {};
}

function fieldsThatDiffer(was: Sections, is: Sections): string[] {
  return union(was, is).filter((field) => !isDeepStrictEqual(plain(was[field]), plain(is[field])));
}

/** Lists as sets; what says nothing as null. */
function plain(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.length === 0 ? null : value.toSorted();
  return value === undefined || value === false ? null : value;
}

function union(a: Sections, b: Sections): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

const DEFINED = ["repositories", "services", "servers", "signers", "authority", "crl", "limits"];

/** How certificates are made: edits tell of it. */
const SETTINGS = ["key", "lifetime", "renewBefore", "overlap"];

function meaning(value: Json | undefined): Sections {
  return Object.fromEntries(Object.entries(fields(value)).filter(([field]) => !SETTINGS.includes(field)));
}

/** What shifts meaning is a definition, and nothing is one that did not change. */
export function definitions(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const said = plan.changes.flatMap((change) =>
    change.kind === "definition" ? [`${change.section} ${change.name}`] : [],
  );
  const real = new Set<string>();
  for (const section of DEFINED) {
    const [was, is] = [fields(unchanged.carriedOut[section]), fields(after.carriedOut[section])];
    if (isWhole(section)) {
      if (!isDeepStrictEqual(was, is)) real.add(`${section} ${section}`);
    } else
      for (const name of union(was, is))
        if (!isDeepStrictEqual(meaning(was[name]), meaning(is[name])) || name in was !== name in is)
          real.add(`${section} ${name}`);
  }
  const unsaid = [...real].filter((one) => !said.includes(one));
  const unreal = said.filter((one) => !one.startsWith("groups ") && !real.has(one));
  return [
    ...unlike("definitions that are not told", [], unsaid),
    ...unlike("definitions that did not change", [], unreal),
  ];
}
