import type { Definition } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import { CERTIFICATES } from "../model/schema/certificates.ts";
import { fileName, type Written } from "../model/schema/kept.ts";
import { SECTION_NAMES, sectionOf } from "../model/schema/sections.ts";

/** What shows elsewhere: in decisions about certificates, or, of what a group may reach, as access. */
const ELSEWHERE: { readonly [S in Definition["section"]]?: ReadonlySet<string> } = {
  groups: new Set(["added", "removed", "repositories", "services"]),
  servers: CERTIFICATES.known,
  signers: CERTIFICATES.known,
};

/**
 * What shifts meaning without touching a client: a repository's root or path, a server's names or deploy target, a
 * service's backend, a group's sensitivity, a signer, the authority, limits. Nothing to compare with: no change.
 */
export function compareDefinitions(before: Registry | null, after: Registry): Definition[] {
  if (before === null) return [];
  return SECTION_NAMES.flatMap((section) => {
    if (section === "clients") return [];
    const [was, is] = [sectionOf(before, section), sectionOf(after, section)];
    const names = [...new Set([...was.byName.keys(), ...is.byName.keys()])].sort();
    return names.flatMap((name) => {
      const fields = differing(was.write(name), is.write(name)).filter((one) => !ELSEWHERE[section]?.has(one));
      return fields.length === 0 ? [] : [definition(section, name, fields)];
    });
  });
}

/** By their names in clients.yaml, in the order of pki/registry.yaml. */
function differing(was: Written | null, is: Written | null): string[] {
  if (was === null || is === null) return [was === null ? "added" : "removed"];
  const fields = Object.keys({ ...was, ...is });
  return fields.filter((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field])).map(fileName);
}

function definition(section: Definition["section"], name: string, fields: readonly string[]): Definition {
  const what = section === name ? section : `${section} ${name}`;
  const how = fields[0] === "added" || fields[0] === "removed" ? `is ${fields[0]}` : `changes ${fields.join(", ")}`;
  return { kind: "definition", due: "registry", section, name, fields, message: `${what} ${how}` };
}
