import * as facts from "../model/facts.ts";
import * as paths from "../model/layout.ts";
import type { Decision } from "../model/plan.ts";
import type { Instant } from "../model/time.ts";
import type { CrlOrder } from "../plan/crl.ts";
import type { Decisions } from "../plan/decide.ts";
import { type FileToWrite, removeFiles, writeFiles } from "../system/files.ts";
import { signCrl } from "../x509/crl-writer.ts";
import type { Issuer } from "../x509/issuer.ts";
import { type AdditionKind, isAddition } from "./orders.ts";

/** What becomes of files for one decision. */
interface Deed {
  readonly write: readonly FileToWrite[];
  readonly remove: readonly string[];
}

/** Decisions that are no certificate to make: orders.ts carries those out. */
type FactDecision = Exclude<Decision, { readonly kind: AdditionKind }>;

/** A kind of decision that is not carried out does not compile. */
function deedOf(decision: FactDecision, at: Instant, held: ReadonlySet<string>): Deed {
  const { serial } = decision;
  const hold = paths.path.hold(serial);
  switch (decision.kind) {
    case "revoke": {
      const data = facts.formatRevocation({ serial, at, reason: decision.reason, cause: decision.cause });
      return { write: [{ path: paths.path.revocation(serial), data }], remove: held.has(serial) ? [hold] : [] };
    }
    case "hold":
      return { write: [{ path: hold, data: facts.formatHold({ serial, at }) }], remove: [] };
    case "release":
      return { write: [], remove: [hold] };
  }
}

/** Writes revocations and holds; a permanent revocation takes the hold's place. Returns the paths touched. */
export async function writeFacts(
  root: string,
  { list }: Decisions,
  now: Instant,
  held: ReadonlySet<string>,
): Promise<string[]> {
  const deeds = list.flatMap((decision) => (isAddition(decision) ? [] : [deedOf(decision, now, held)]));
  const write = deeds.flatMap((deed) => deed.write);
  const remove = deeds.flatMap((deed) => deed.remove);
  await writeFiles(root, write);
  await removeFiles(root, remove);
  return [...write.map(({ path }) => path), ...remove];
}

/** Signs the CRL and puts it in place of the last one. */
export async function writeCrl(root: string, order: CrlOrder, issuer: Issuer): Promise<string[]> {
  const { number, thisUpdate, nextUpdate, entries } = order;
  const data = await signCrl({ issuer, number, thisUpdate, nextUpdate, entries });
  await writeFiles(root, [{ path: paths.CRL_FILE, data }]);
  return [paths.CRL_FILE];
}
