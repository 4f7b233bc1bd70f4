import type { Definition } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import { fileName } from "../model/schema/kept.ts";

type Entries = ReadonlyMap<string, object>;

/** Fields whose change touches certificates, not meaning: decisions about certificates tell of them. */
const SETTINGS = new Set(["key", "lifetime", "renew_before", "overlap"]);

/**
 * What shifts meaning without touching a client: a repository's root or path, a server's names or deploy target, a
 * service's backend, a group's sensitivity, a signer, the authority, limits. Nothing to compare with: no change.
 */
export function compareDefinitions(before: Registry | null, after: Registry): Definition[] {
  if (before === null) return [];
  return [
    ...whole("authority", before.authority, after.authority),
    ...whole("crl", before.crl, after.crl),
    ...whole("limits", before.limits, after.limits),
    ...entries("repositories", before.repositories, after.repositories),
    ...entries("services", before.services, after.services),
    ...groups(before, after),
    ...entries("servers", before.servers, after.servers),
    ...entries("signers", before.signers, after.signers),
  ];
}

function whole(section: "authority" | "crl" | "limits", before: object, after: object): Definition[] {
  const fields = differing(before, after);
  return fields.length === 0 ? [] : [definition(section, section, fields)];
}

function entries(
  section: "repositories" | "services" | "servers" | "signers",
  before: Entries,
  after: Entries,
): Definition[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const was = before.get(name);
    const is = after.get(name);
    if (was === undefined || is === undefined)
      return [definition(section, name, [was === undefined ? "added" : "removed"])];
    const fields = differing(was, is).filter((field) => !SETTINGS.has(field));
    return fields.length === 0 ? [] : [definition(section, name, fields)];
  });
}

/** What a group may reach shows as access; only what access does not show is a definition. */
function groups(before: Registry, after: Registry): Definition[] {
  const changed = [...after.groups].filter(
    ([name, group]) => (before.groups.get(name)?.sensitive ?? group.sensitive) !== group.sensitive,
  );
  return changed.map(([name]) => definition("groups", name, ["sensitive"])).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function differing(before: object, after: object): string[] {
  const was = new Map(Object.entries(before));
  const is = new Map(Object.entries(after));
  const fields = [...new Set([...was.keys(), ...is.keys()])];
  return fields.filter((field) => comparable(field, was.get(field)) !== comparable(field, is.get(field))).map(fileName);
}

/** Lists that are sets: their order says nothing. */
const SETS = new Set(["repositories", "services"]);

function comparable(field: string, value: unknown): string {
  return JSON.stringify(SETS.has(field) && Array.isArray(value) ? [...value].sort() : value) ?? "";
}

function definition(section: Definition["section"], name: string, fields: readonly string[]): Definition {
  const what = section === name ? section : `${section} ${name}`;
  const how = fields[0] === "added" || fields[0] === "removed" ? `is ${fields[0]}` : `changes ${fields.join(", ")}`;
  return { kind: "definition", due: "registry", section, name, fields, message: `${what} ${how}` };
}
