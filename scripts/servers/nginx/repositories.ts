import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry, Repository } from "../../model/registry.ts";
import { groupsOf } from "../allow-list.ts";
import { REASON } from "../reasons.ts";
import { file, literal } from "../text.ts";
import { refuseIf } from "./pages.ts";
import { quote } from "./text.ts";

/**
 * The gate: one pattern over the client's groups. `$gatehouse_roles` is empty unless the certificate was
 * verified and is listed, so the gate holds by itself, whichever way a request got here.
 */
function gate(name: string, groups: readonly string[]): string[] {
  const reason = quote(`${REASON.notPermitted}: ${name}`);
  if (groups.length === 0) return [`set $gatehouse_reason ${reason};`, "return 403;"];
  return refuseIf(`$gatehouse_roles !~ " (?:${groups.map(literal).join("|")}) "`, reason, 403);
}

/**
 * The inside of a location, once, however many servers serve the repository: gates/NAME.conf says who may enter,
 * repositories/NAME.conf what is there. Two files, because a rollback takes the second back and never the first.
 * Links are followed where link and target have one owner (Poudriere's `.latest`); the root itself may be a link, or
 * begin with a dot, because only what follows `$document_root`, the alias, is looked at.
 */
export function repositoryFiles(registry: Registry): DerivedFile[] {
  return [...registry.repositories].flatMap(([name, repository]: [string, Repository]) => [
    { path: `${DIR.nginx}/gates/${name}.conf`, text: file(gate(name, groupsOf(registry, name))) },
    {
      path: `${DIR.nginx}/repositories/${name}.conf`,
      text: file([`alias ${quote(`${repository.root}/`)};`, "disable_symlinks if_not_owner from=$document_root;"]),
    },
  ]);
}
