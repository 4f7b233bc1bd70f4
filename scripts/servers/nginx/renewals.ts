import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import { compare } from "../../model/words.ts";
import { RENEWAL } from "../gates.ts";
import type { RenewalOffer } from "../kind.ts";
import { file } from "../text.ts";
import { block, quote, quoteLines } from "./text.ts";

/**
 * nginx reads no word longer than 4095 bytes (NGX_CONF_BUFFER in ngx_conf_file.c), and finds files to serve by paths
 * that do not begin where its configuration lies. So a successor stands in the maps themselves, in as many parts as
 * the longest needs: a line of PEM has 64 characters and an escaped line end.
 */
const LINES = 60;
const PARTS = ["", "-2", "-3"] as const;
/** What fits into all of them. */
export const MOST_LINES = LINES * PARTS.length;
const variables = PARTS.map((part) => `$gatehouse_renewal${part.replace("-", "_")}`);

/**
 * renewals.map and, for what is longer, renewals-2.map, renewals-3.map, keyed as clients.map.
 * @throws Error for text that does not fit
 */
export function renewalMapFiles(offers: readonly RenewalOffer[]): DerivedFile[] {
  const sorted = offers
    .map(({ serial, pem }) => ({ serial, lines: pem.split("\n").slice(0, -1) }))
    .sort((a, b) => compare(a.serial, b.serial));
  const long = sorted.find(({ lines }) => lines.length > MOST_LINES);
  if (long !== undefined) throw new Error(`the renewal of ${long.serial} has ${long.lines.length} lines`);
  return PARTS.map((part, index) => ({
    path: `${DIR.nginx}/renewals${part}.map`,
    text: file([
      "# Certificate -> what its holder may fetch, PEM. nginx takes no longer words: the next file goes on.",
      ...sorted.flatMap(({ serial, lines }) => {
        const own = lines.slice(index * LINES, (index + 1) * LINES);
        return own.length === 0 ? [] : [`s:${serial} ${quoteLines(own)};`];
      }),
    ]),
  }));
}

/**
 * At http level. By the verified serial and nothing else; of a certificate that has no successor, the empty string.
 * @param directory of the map files, as nginx finds it, with a slash at the end or empty
 */
export function renewalMaps(directory: string): string[] {
  return PARTS.flatMap((part, index) =>
    block(`map $gatehouse_serial ${variables[index]}`, ['default "";', `include ${directory}renewals${part}.map;`]),
  );
}

/** In every server: the successor of the certificate that was presented; 204 where it is the newest. */
export function renewalLocation(): string[] {
  return block(`location = ${RENEWAL}`, [
    "types { }",
    `default_type ${quote("application/x-pem-file")};`,
    'add_header Cache-Control "no-store" always;',
    ...block('if ($gatehouse_renewal = "")', ["return 204;"]),
    `return 200 "${variables.map((name) => `\${${name.slice(1)}}`).join("")}";`,
  ]);
}
