import type { FoundAuthority } from "./authority.ts";
import type { Leaves } from "./leaves.ts";
import type { Revoked } from "./revoked.ts";
import type { Source } from "./source.ts";

/** What a directory holds, each thing read by itself. */
export interface Found {
  readonly source: Source;
  readonly authority: FoundAuthority;
  readonly leaves: Leaves;
  readonly revoked: Revoked;
}
