import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { type Entry, homeOf, rolesOf } from "../allow-list.ts";
import type { RenewalOffer } from "../kind.ts";
import { file } from "../text.ts";

/**
 * clients.map and homes.map, keyed by serial, and roles.map, keyed by `SERIAL/GROUP`: one line for each membership,
 * because mod_rewrite cuts lines off after 1024 bytes, and a client may be in more groups than fit. renewals.map says
 * whose successor lies in renewals/.
 */
export function mapFiles(
  registry: Registry,
  entries: readonly Entry[],
  offers: readonly RenewalOffer[],
): DerivedFile[] {
  const map = (name: string, lines: readonly string[]): DerivedFile => ({
    path: `${DIR.apache}/${name}.map`,
    text: file(lines),
  });
  const sorted = [...offers].sort((a, b) => compare(a.serial, b.serial));
  return [
    map(
      "clients",
      entries.map(({ serial, client }) => `${serial} ${client}`),
    ),
    map(
      "roles",
      entries.flatMap(({ serial, settings }) => rolesOf(settings).map((group) => `${serial}/${group} yes`)),
    ),
    map(
      "homes",
      entries.flatMap(({ serial, settings }) => {
        const path = homeOf(registry, settings);
        return path === null ? [] : [`${serial} ${path}`];
      }),
    ),
    map("renewals", [
      "# Certificate -> file under renewals/, its successor, for its holder.",
      ...sorted.map(({ serial }) => `${serial} ${serial}.pem`),
    ]),
    ...sorted.map(({ serial, pem }) => ({ path: `${DIR.apache}/renewals/${serial}.pem`, text: pem })),
  ];
}
