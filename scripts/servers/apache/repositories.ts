import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry, Repository } from "../../model/registry.ts";
import { groupsOf } from "../allow-list.ts";
import { file } from "../text.ts";
import { gateFile, onlyThrough } from "./gates.ts";
import { literalPath, quote, section } from "./text.ts";

const TYPES = { html: "text/html", txt: "text/plain", json: "application/json", xml: "application/xml" } as const;

/**
 * Once, however many servers serve the repository: gates/NAME.conf says who may enter, repositories/NAME.conf what is
 * there. Two files, because a rollback takes the second back and never the first.
 */
export function repositoryFiles(registry: Registry): DerivedFile[] {
  return [...registry.repositories].flatMap(([name, repository]) => [
    { path: `${DIR.apache}/gates/${name}.conf`, text: gateFile(name, groupsOf(registry, name)) },
    { path: `${DIR.apache}/repositories/${name}.conf`, text: repositoryFile(name, repository) },
  ]);
}

/**
 * Links are followed where link and target have one owner (Poudriere's `.latest`). The root itself may be a link: it
 * is looked at with the options of the directory above it, and those are of `<Directory "/">`.
 */
function repositoryFile(name: string, { path, root }: Repository): string {
  return file([
    `RewriteRule "^${literalPath(path)}" "-" "[E=gatehouse_repository:${name}]"`,
    `Include "\${gatehouse_apache}/gates/${name}.conf"`,
    `Alias ${quote(path)} ${quote(`${root}/`)}`,
    ...section("Location", quote(path), onlyThrough(name)),
    ...section("Directory", quote(root), [
      "Options SymLinksIfOwnerMatch",
      "AllowOverride None",
      "AcceptPathInfo Off",
      "# Nothing here is a program, whatever its name and the host's other modules say.",
      "SetHandler default-handler",
      "ForceType application/octet-stream",
      ...Object.entries(TYPES).flatMap(([end, type]) => section("Files", `"*.${end}"`, [`ForceType ${type}`])),
    ]),
  ]);
}
