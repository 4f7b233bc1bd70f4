import type { Instant } from "../../model/time.ts";
import { findAuthority } from "./authority.ts";
import type { Found } from "./found.ts";
import { leavesOf } from "./leaves.ts";
import { revokedBy } from "./revoked.ts";
import { readSource } from "./source.ts";

/** Reads another CA's directory. Throws UserError where there is no CA of one tier in it. */
export async function readForeign(top: string, now: Instant): Promise<Found> {
  const source = readSource(top);
  const authority = findAuthority(source);
  const leaves = await leavesOf(source, authority);
  return { source, authority, leaves, revoked: revokedBy(source, authority, now) };
}
