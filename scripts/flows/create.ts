import { existsSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "../apply/create.ts";
import { type Secrets, secretsOf } from "../custody/secrets.ts";
import * as paths from "../model/layout.ts";
import { REGISTRY_FILE } from "../model/layout.ts";
import { formatProblem, UserError } from "../model/problem.ts";
import { isSample } from "../model/registry.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import { readText } from "../model/text.ts";
import { formatDuration, type Instant } from "../model/time.ts";
import { nameProblem, withAuthorityName } from "../read/registry/authority-name.ts";
import { commonDirectory } from "../system/checkout.ts";
import { writeFiles } from "../system/files.ts";
import { withLock } from "../system/lock.ts";
import { readRegularFile } from "../system/read-file.ts";
import { initVault } from "../vault/init.ts";
import { installFilter } from "../vault/install.ts";
import { openVault } from "../vault/vault.ts";
import { insistOnNoAdoption } from "./adopt/marker.ts";
import { loadWorkingTree } from "./load.ts";
import { protect } from "./protect.ts";

/** Makes git-crypt's key and the authority. Refuses, and changes nothing, where any state exists. */
export async function create(
  root: string,
  now: Instant,
  say: (text: string) => void,
  secrets: Secrets = secretsOf(process.env, null),
): Promise<void> {
  await withLock(commonDirectory(root), "create", async () => {
    insistOnNoAdoption(root);
    const { registry, problems, state } = await loadWorkingTree(root, now);
    insistOnNone(state);
    if (registry === null)
      throw new UserError("clients.yaml has errors; nothing was made", ...problems.map(formatProblem));
    await protect(root, say);
    if (await initVault(root))
      say("Made git-crypt's key: everything under pki/private is encrypted on its way into git.");
    await installFilter(root);
    const { commonName, key, custody } = registry.authority;
    const again = custody === "vault" && existsSync(join(root, paths.CA_KEY));
    const vault = openVault(root, process.env);
    await createAuthority(registry.authority, { root, vault, secrets, now });
    say(
      `Made the authority ${commonName} (${key})${again ? ", with the key of an interrupted run" : custody === "outside" ? ", whose key is not in the repository" : ""}.`,
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

/** Asks a person; see cli/ask.ts. */
export type Ask = (questions: readonly Question[]) => Promise<string[]>;

interface Question {
  readonly label: string;
  readonly preset: string;
  readonly problem: (answer: string) => string | null;
}

/**
 * Before an authority is made: asks for its name and organization where clients.yaml still has the sample's, and
 * writes the answers there, comments and all else kept. Does nothing where the names are somebody's own.
 */
export async function nameAuthority(root: string, now: Instant, ask: Ask, say: (text: string) => void): Promise<void> {
  const { registry, state } = await loadWorkingTree(root, now);
  insistOnNone(state);
  // create says what is wrong with it.
  if (registry === null || !isSample(registry.authority)) return;
  const { commonName, organization, lifetime } = registry.authority;
  say(`This makes your certificate authority. It lasts ${formatDuration(lifetime)}, under one name. Enter takes`);
  say(`what ${REGISTRY_FILE} has.`);
  const [name = commonName, owner = organization] = await ask([
    { label: "Name of the authority", preset: commonName, problem: (text) => nameProblem("commonName", text) },
    { label: "Organization", preset: organization, problem: (text) => nameProblem("organization", text) },
  ]);
  if (name === commonName && owner === organization) return;
  // As the file is now: somebody may have edited it while the question stood there.
  const text = readText(readRegularFile(root, REGISTRY_FILE) ?? new Uint8Array())?.text ?? "";
  const data = withAuthorityName(text, { commonName: name, organization: owner });
  await writeFiles(root, [{ path: REGISTRY_FILE, data }]);
  say(`Wrote that into ${REGISTRY_FILE}.`);
}
