import { DIR } from "../../model/layout.ts";
import type { Group, Repository, Service } from "../../model/registry.ts";
import type { EntryOf } from "./authority.ts";
import { otherwise, unless } from "./fallback.ts";
import { type Field, list, located, nameOf, oneOf, type Scope, text } from "./field.ts";
import { define, type Entry } from "./record.ts";
import { absolutePath, boolean, dns, dotted, hostPort } from "./values.ts";

/** Sections repositories, services and groups. */

const RESERVED_PATHS = ["/home/", "/.gatehouse/"];

const urlPath = text({
  description: "URL path, with a slash at both ends.",
  pattern: "^(/[A-Za-z0-9._~:+@-]+)+/$",
  mustBe: "a URL path with a slash at both ends, such as /debian/, of letters, digits and . _ ~ : + @ -",
  longest: 200,
  refine: (path) => {
    if (dotted(path)) return { wrong: "may not have . or .. as a part of the path" };
    const reserved = RESERVED_PATHS.find((taken) => path.toLowerCase().startsWith(taken));
    return reserved === undefined ? { value: path } : { wrong: `may not be under ${reserved}, which Gatehouse keeps` };
  },
});

const signingFile: Field<string> = (() => {
  const file = text({
    description: "pki/signing/FILE, the public half of the repository's own signature.",
    pattern: `^${DIR.signing}/[A-Za-z0-9_][A-Za-z0-9._+@-]*$`,
    mustBe: `a file in ${DIR.signing}/, such as ${DIR.signing}/packages.pub`,
    longest: 120,
  });
  const read: Field<string>["read"] = (node, what, scope) => {
    const path = file.read(node, what, scope);
    if (path === undefined || scope.hasSigning(path)) return path;
    scope.report.add(node.offset, `${what}: there is no file ${path}`, "add it beside this change");
    return undefined;
  };
  return { ...file, read };
})();

export const REPOSITORY = define({
  description: "Something served under a URL path.",
  required: ["type", "path", "root"],
  fields: {
    type: oneOf("Kind of repository.", ["pkg", "apt", "pkgsrc", "files"]),
    path: located(urlPath),
    root: located(absolutePath("Absolute directory on the servers.")),
    suite: text({
      description: "apt: the suite, such as bookworm.",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._~+-]*(/[A-Za-z0-9][A-Za-z0-9._~+-]*)*$",
      mustBe: "the name of a suite, such as bookworm",
      longest: 100,
    }),
    components: otherwise(
      list(
        "apt: the components.",
        text({
          description: "A component, such as main.",
          pattern: "^[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*$",
          mustBe: "the name of a component, such as main",
          longest: 100,
        }),
        { least: 1 },
      ),
      "`[main]` for apt",
    ),
    signing: signingFile,
  },
});

export interface Served {
  readonly repository: Repository;
  readonly pathAt: number;
  readonly rootAt: number;
}

export function buildRepository(name: string, entry: Entry<EntryOf<typeof REPOSITORY>>, scope: Scope): Served {
  const type = entry.get("type");
  const [path, root] = [entry.get("path"), entry.get("root")];
  const suite = entry.get("suite") ?? null;
  const components = entry.get("components") ?? (type === "apt" ? ["main"] : []);
  if (type === "apt" && !entry.has("suite")) scope.report.add(entry.offset, `repositories.${name} lacks suite`);
  for (const key of ["suite", "components"] as const) {
    if (type === undefined || type === "apt" || !entry.has(key)) continue;
    scope.report.add(entry.at(key), `${key} is for repositories of type apt, and this is ${type}`);
  }
  const signing = entry.get("signing") ?? null;
  const unfit = signing === null || type === undefined ? null : (scope.signingProblem?.(signing, type) ?? null);
  if (unfit !== null) scope.report.add(entry.at("signing"), `signing: ${signing} ${unfit}`);
  return {
    repository: { type: type ?? "files", path: path?.value ?? "", root: root?.value ?? "", suite, components, signing },
    pathAt: path?.offset ?? entry.offset,
    rootAt: root?.offset ?? entry.offset,
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

export const SERVICE = define({
  description: "A TCP service behind stunnel.",
  required: ["sni", "connect"],
  fields: {
    sni: located(dns("DNS name by which clients ask for the service.")),
    connect: hostPort("Where it listens: host:port."),
  },
});

export function buildService(
  entry: Entry<EntryOf<typeof SERVICE>>,
  sniTaken: Map<string, string>,
  name: string,
  scope: Scope,
): Service {
  const sni = entry.get("sni");
  const other = sniTaken.get(sni?.value ?? "");
  if (sni && other !== undefined) scope.report.add(sni.offset, `sni ${sni.value} is already that of ${other}`);
  if (sni) sniTaken.set(sni.value, name);
  return { sni: sni?.value ?? "", connect: entry.get("connect") ?? "" };
}

export const GROUP = define({
  description: "A named set of repositories and services; clients belong to groups.",
  required: [],
  fields: {
    repositories: unless(list("Repositories that the group may reach.", nameOf("A repository.", "repositories")), "[]"),
    services: unless(list("Services that the group may reach.", nameOf("A service.", "services")), "[]"),
    sensitive: unless(boolean("A plan that widens this group says so loudly."), "false"),
  },
});

export function buildGroup(entry: Entry<EntryOf<typeof GROUP>>): Group {
  return {
    repositories: entry.or("repositories"),
    services: entry.or("services"),
    sensitive: entry.or("sensitive"),
  };
}
