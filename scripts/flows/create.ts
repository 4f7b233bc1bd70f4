import { existsSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "../apply/create.ts";
import * as paths from "../model/layout.ts";
import { formatProblem, UserError } from "../model/problem.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { commonDirectory } from "../system/checkout.ts";
import { withLock } from "../system/lock.ts";
import { initVault } from "../vault/init.ts";
import { installFilter } from "../vault/install.ts";
import { openVault } from "../vault/vault.ts";
import { loadWorkingTree } from "./load.ts";
import { protect } from "./protect.ts";

/** Makes git-crypt's key and the authority. Refuses, and changes nothing, where any state exists. */
export async function create(root: string, now: Instant, say: (text: string) => void): Promise<void> {
  await withLock(commonDirectory(root), "create", async () => {
    const { registry, problems, state } = await loadWorkingTree(root, now);
    insistOnNone(state);
    if (registry === null)
      throw new UserError("clients.yaml has errors; nothing was made", ...problems.map(formatProblem));
    await protect(root, say);
    if (await initVault(root))
      say("Made git-crypt's key: everything under pki/private is encrypted on its way into git.");
    await installFilter(root);
    const again = existsSync(join(root, paths.CA_KEY));
    await createAuthority(root, registry.authority, openVault(root, process.env), now);
    say(
      `Made the authority ${registry.authority.commonName} (${registry.authority.key})${again ? ", with the key of an interrupted run" : ""}.`,
    );
  });
}

/** Throws UserError where there is an authority, in this tree or only in git, or a trace of one. */
export function insistOnNone(state: State): void {
  const lost = state.authority === null ? authorityDoubt(state) : null;
  if (lost !== null) {
    throw new UserError(
      "there is an authority already; a second one would lock every client out, so nothing was made",
      `${paths.CA_CERTIFICATE} ${lost}`,
    );
  }
  const traces = [
    ...(state.authority === null ? [] : [paths.CA_CERTIFICATE]),
    ...[...state.certificates.keys()].slice(0, 1).map(paths.path.certificate),
    ...[...state.keys].slice(0, 1).map(paths.path.keyBySerial),
    ...[...state.revocations.keys()].slice(0, 1).map(paths.path.revocation),
    ...(state.files.has(paths.INDEX) ? [paths.INDEX] : []),
    ...(state.carriedOut === null ? [] : [paths.CARRIED_OUT]),
    ...(state.crl === null ? [] : [paths.CRL_FILE]),
  ];
  if (traces.length > 0) {
    throw new UserError(
      `there is an authority already (${traces[0]}); a second one would lock every client out`,
      "see what there is: npm run status",
    );
  }
  const [doubt] = state.doubts;
  if (doubt) throw new UserError(`${doubt.path} ${doubt.message}`);
}

/** Whether this repository has an authority. */
export function hasAuthority(root: string): boolean {
  return existsSync(join(root, paths.CA_CERTIFICATE));
}
