import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Secrets } from "../../custody/secrets.ts";
import * as paths from "../../model/layout.ts";
import { formatProblem, type Problem, UserError } from "../../model/problem.ts";
import { isSample, type Registry } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import type { Adoption } from "../../read/adopt/adoption.ts";
import { registryText } from "../../read/adopt/registry-text.ts";
import { settle } from "../../read/adopt/settle.ts";
import { readRegistry } from "../../read/registry.ts";
import { commonDirectory } from "../../system/checkout.ts";
import { removeFiles, tidyTemporaries, writeFiles } from "../../system/files.ts";
import { withLock } from "../../system/lock.ts";
import { initVault } from "../../vault/init.ts";
import { installFilter } from "../../vault/install.ts";
import { openVault } from "../../vault/vault.ts";
import type { AdoptionReport } from "../../views/adopt-text.ts";
import { insistOnNone } from "../create.ts";
import { type Loaded, loadWorkingTree } from "../load.ts";
import { protect } from "../protect.ts";
import { MARKER } from "./marker.ts";
import { reportOf } from "./report.ts";
import { authorityKey, readDirectory } from "./sources.ts";
import { firstCrl, type Prepared, writeAdoption } from "./write.ts";

export interface AdoptOptions {
  readonly root: string;
  readonly directory: string;
  readonly now: Instant;
  /** Look, and write nothing. */
  readonly dryRun: boolean;
  readonly secrets: Secrets;
  readonly say: (text: string) => void;
}

/** Another CA's directory becomes registry and state. Refuses, and changes nothing, where any state exists. */
export async function adopt(options: AdoptOptions): Promise<AdoptionReport> {
  const { root, directory, now, dryRun } = options;
  return withLock(commonDirectory(root), "adopt", async () => {
    const loaded = await loadWorkingTree(root, now);
    insistOnRoom(root, loaded);
    const found = await readDirectory(root, directory, now);
    const key = await authorityKey(found, options.secrets);
    const adoption = settle(found, now);
    const authority = found.authority.facts;
    const text = registryText(authority, adoption.entries, now);
    const registry = await registryOf(text, adoption, now);
    const unsigned = { adoption, registryText: text, key };
    const prepared: Prepared = {
      ...unsigned,
      crl: await firstCrl(unsigned, found.revoked, registry, loaded.state, now),
    };
    if (!dryRun) await write(options, prepared, loaded);
    return reportOf(prepared, authority, [...found.source.problems, ...found.revoked.problems], options);
  });
}

/** No state but what an interrupted adoption left, and no clients.yaml but the sample that Gatehouse comes with. */
function insistOnRoom(root: string, { state, registry, problems }: Loaded): void {
  const again = existsSync(join(commonDirectory(root), MARKER));
  if (!again || state.carriedOut !== null) insistOnNone(state);
  if (again || !existsSync(join(root, paths.REGISTRY_FILE))) return;
  if (registry !== null && isSample(registry.authority)) return;
  const why = registry === null ? [formatProblem(problems[0] ?? UNREADABLE)] : [];
  throw new UserError(
    `${paths.REGISTRY_FILE} is somebody's work already, and an adoption writes one of its own`,
    ...why,
    `put it aside: mv ${paths.REGISTRY_FILE} ${paths.REGISTRY_FILE}.mine; then adopt, and bring its repositories and groups over`,
  );
}

const UNREADABLE: Problem = { file: paths.REGISTRY_FILE, line: 1, column: 1, message: "cannot be read", hint: null };

/** What we write ourselves must be what we read. */
async function registryOf(text: string, { entries }: Adoption, now: Instant): Promise<Registry> {
  const requests = new Set(entries.flatMap(({ name, request }) => (request === null ? [] : [name])));
  const read = await readRegistry(Buffer.from(text), { now, requests, signing: new Set<string>(), unfit: new Map() });
  if (read.ok) return read.registry;
  throw new Error(
    `the clients.yaml to be written has errors: ${read.problems.slice(0, 3).map(formatProblem).join("; ")}`,
  );
}

async function write({ root, directory, say }: AdoptOptions, prepared: Prepared, { state }: Loaded): Promise<void> {
  await protect(root, say);
  if (await initVault(root))
    say("Made git-crypt's key: everything under pki/private is encrypted on its way into git.");
  await installFilter(root);
  const common = commonDirectory(root);
  await writeFiles(common, [{ path: MARKER, data: `${resolve(directory)}\n` }]);
  await tidyTemporaries(root, ["pki", ...Object.values(paths.DIR)]);
  await writeAdoption(root, prepared, openVault(root, process.env), state);
  await removeFiles(common, [MARKER]);
}
