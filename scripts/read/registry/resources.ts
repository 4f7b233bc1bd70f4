import type { Repository, Service } from "../../model/registry.ts";
import type { Entry } from "../../model/schema/record.ts";
import type { REPOSITORY, SERVICE } from "../../model/schema/resources.ts";
import type { Scope } from "./scope.ts";

/** Sections repositories and services. */

export interface Served {
  readonly repository: Repository;
  readonly pathAt: number;
  readonly rootAt: number;
}

export function buildRepository(name: string, entry: Entry<typeof REPOSITORY.fields>, scope: Scope): Served {
  const { type } = entry.given;
  const { signing } = entry.base;
  if (type === "apt" && !entry.has("suite")) scope.report.add(entry.offset, `repositories.${name} lacks suite`);
  for (const key of ["suite", "components"] as const) {
    if (type === undefined || type === "apt" || !entry.has(key)) continue;
    scope.report.add(entry.at(key), `${key} is for repositories of type apt, and this is ${type}`);
  }
  const unfit = signing === null || type === undefined ? null : (scope.signingProblem?.(signing, type) ?? null);
  if (unfit !== null) scope.report.add(entry.at("signing"), `signing: ${signing} ${unfit}`);
  return {
    repository: { ...entry.base, ...entry.over({ components: type === "apt" ? ["main"] : [] }) },
    pathAt: entry.valueAt("path"),
    rootAt: entry.valueAt("root"),
  };
}

/** No path or root is another's, or inside another's. Paths: without regard to case, which nginx's maps ignore. */
export function checkOverlaps(served: ReadonlyMap<string, Served>, scope: Scope): void {
  const all = [...served];
  const paths = all.map(([name, s]) => ({ name, text: s.repository.path, at: s.pathAt }));
  const roots = all.map(([name, s]) => ({ name, text: s.repository.root, at: s.rootAt }));
  overlaps(
    "path",
    paths.map((p) => ({ ...p, key: p.text.toLowerCase() })),
    scope,
  );
  overlaps(
    "root",
    roots.map((r) => ({ ...r, key: r.text === "" ? "" : `${r.text}/` })),
    scope,
  );
}

interface Area {
  readonly name: string;
  readonly text: string;
  /** Ends with a slash; "" when it was wrong. */
  readonly key: string;
  readonly at: number;
}

/** In order of their keys, whatever lies inside an area follows it without a gap. */
function overlaps(what: "path" | "root", areas: readonly Area[], scope: Scope): void {
  const sorted = areas
    .filter((area) => area.key !== "")
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.at - b.at));
  let outer: Area | undefined;
  for (const area of sorted) {
    if (outer === undefined || !area.key.startsWith(outer.key)) {
      outer = area;
      continue;
    }
    const how = area.key === outer.key ? "the same as" : "inside";
    scope.report.add(area.at, `${what} ${area.text} is ${how} ${outer.text}, the ${what} of ${outer.name}`);
  }
}

export function buildService(
  entry: Entry<typeof SERVICE.fields>,
  sniTaken: Map<string, string>,
  name: string,
  scope: Scope,
): Service {
  const { sni } = entry.given;
  const other = sni && sniTaken.get(sni);
  if (other !== undefined) scope.report.add(entry.valueAt("sni"), `sni ${sni} is already that of ${other}`);
  if (sni !== undefined) sniTaken.set(sni, name);
  return entry.base;
}
