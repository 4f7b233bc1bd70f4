import type { Software } from "../model/registry.ts";
import { SOFTWARE_RULES } from "../model/schema/software.ts";
import { apache } from "./apache/kind.ts";
import { haproxy } from "./haproxy/kind.ts";
import type { ServerKind } from "./kind.ts";
import { nginx } from "./nginx/kind.ts";
import { stunnel } from "./stunnel/kind.ts";

export const SERVER_KINDS: Readonly<Record<Software, ServerKind>> = { nginx, apache, stunnel, haproxy };

/** Whether it serves repositories over HTTPS, and so /home/ and renewed certificates. */
export function servesRepositories({ software }: { readonly software: Software }): boolean {
  return SOFTWARE_RULES[software].serves === "repositories";
}
