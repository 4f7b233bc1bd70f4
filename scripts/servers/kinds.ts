import { SOFTWARE, type Software } from "../model/registry.ts";
import { list } from "../model/words.ts";
import { apache } from "./apache/kind.ts";
import { haproxy } from "./haproxy/kind.ts";
import type { ServerKind } from "./kind.ts";
import { nginx } from "./nginx/kind.ts";
import { stunnel } from "./stunnel/kind.ts";

export const KINDS: Readonly<Record<Software, ServerKind>> = { nginx, apache, stunnel, haproxy };

/** Whether it serves repositories over HTTPS, and so /home/ and renewed certificates. */
export function servesRepositories({ software }: { readonly software: Software }): boolean {
  return KINDS[software].offers === "repositories";
}

/** `nginx and apache`: those of which it is true, for messages. */
export function kindsWith(property: (kind: ServerKind) => boolean): string {
  return list(
    SOFTWARE.filter((software) => property(KINDS[software])),
    SOFTWARE.length,
  );
}
