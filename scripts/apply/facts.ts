import * as facts from "../model/facts.ts";
import * as paths from "../model/paths.ts";
import type { Instant } from "../model/time.ts";
import type { CrlOrder } from "../plan/crl.ts";
import type { Decisions } from "../plan/decide.ts";
import { type FileToWrite, removeFiles, writeFiles } from "../system/files.ts";
import { signCrl } from "../x509/crl-writer.ts";
import type { Issuer } from "../x509/issuer.ts";

/** Writes revocations and holds; a permanent revocation takes the hold's place. Returns the paths touched. */
export async function writeRevocations(
  root: string,
  { list }: Decisions,
  now: Instant,
  held: ReadonlySet<string>,
): Promise<string[]> {
  const write: FileToWrite[] = [];
  const remove: string[] = [];
  for (const decision of list) {
    if (decision.kind === "revoke") {
      const { serial, reason, cause } = decision;
      write.push({
        path: paths.path.revocation(serial),
        data: facts.formatRevocation({ serial, at: now, reason, cause }),
      });
      if (held.has(serial)) remove.push(paths.path.hold(serial));
    } else if (decision.kind === "hold") {
      write.push({
        path: paths.path.hold(decision.serial),
        data: facts.formatHold({ serial: decision.serial, at: now }),
      });
    } else if (decision.kind === "release") remove.push(paths.path.hold(decision.serial));
  }
  await writeFiles(root, write);
  await removeFiles(root, remove);
  return [...write.map(({ path }) => path), ...remove];
}

/** Signs the CRL and puts it in place of the last one. */
export async function writeCrl(root: string, order: CrlOrder, issuer: Issuer): Promise<string[]> {
  const { number, thisUpdate, nextUpdate, entries } = order;
  const data = signCrl({ issuer, number, thisUpdate, nextUpdate, entries });
  await writeFiles(root, [{ path: paths.CRL_FILE, data }]);
  return [paths.CRL_FILE];
}
