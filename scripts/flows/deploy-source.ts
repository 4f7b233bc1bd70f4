import { driftedFiles } from "../deploy/drift.ts";
import { ancestorsOf, type Source, timeOf } from "../deploy/source.ts";
import { canonicalRegistry } from "../model/canonical.ts";
import { REGISTRY_FILE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { commitTree } from "../read/tree.ts";
import type { Git } from "../system/git.ts";
import { newestTip } from "../system/head.ts";
import { openVault } from "../vault/vault.ts";
import { gatehouseVersion, type Loaded, load } from "./load.ts";

export interface SourceOptions {
  readonly root: string;
  readonly now: Instant;
  /** Told what a person should know of the commit that is deployed. */
  readonly say: (text: string) => void;
}

/** HEAD, as far as servers need it. Throws UserError where there is nothing to deploy, or ancestors are missing. */
export async function sourceOf(git: Git, { root, now, say }: SourceOptions): Promise<Source> {
  const tip = await newestTip(git);
  if (tip === null) throw new UserError("nothing is committed yet", "npm start, then: git add -A && git commit");
  const { id: commit, shallow } = tip;
  if (shallow) {
    throw new UserError(
      "this clone is shallow: a release records the commits before it, so that a server never goes back",
      "git fetch --unshallow (in CI: fetch-depth: 0)",
    );
  }
  const tree = await commitTree(root, commit, [REGISTRY_FILE]);
  const loaded = await load(tree, now);
  const { state } = loaded;
  const registry = state.carriedOut?.registry;
  if (registry === undefined) {
    throw new UserError("there is nothing to deploy: this commit has no state", "npm run reconcile -- --commit");
  }
  for (const remark of await remarks(git, loaded, commit, now)) say(remark);
  const paths = tree.walk("pki").flatMap(({ path, kind }) => (kind === "file" ? [path] : []));
  const { read } = tree;
  return {
    commit,
    time: await timeOf(git, commit),
    ancestors: await ancestorsOf(git, commit),
    registry,
    state,
    paths,
    read,
    vault: openVault(root, process.env),
    drifted: driftedFiles(registry, state, now, gatehouseVersion(), { paths, read }),
  };
}

/** Yesterday's state is safe to deploy; whoever does should know. */
async function remarks(
  git: Git,
  { registry, state, problems }: Loaded,
  commit: string,
  now: Instant,
): Promise<string[]> {
  const id = commit.slice(0, 12);
  const dirty = await git.raw(["status", "--porcelain", "--untracked-files=normal", "--", "pki", REGISTRY_FILE]);
  const last = state.carriedOut?.registry;
  const pending = registry === null || (last !== undefined && canonicalRegistry(registry) !== canonicalRegistry(last));
  const [doubt] = state.doubts;
  const ended = state.crl !== null && state.crl.nextUpdate <= now;
  return [
    ...(dirty === ""
      ? []
      : [`pki/ or clients.yaml has changes that are not committed; HEAD (${id}) is what is deployed.`]),
    ...(problems.length === 0 ? [] : [`clients.yaml in ${id} has errors; what was carried out last is deployed.`]),
    ...(pending && problems.length === 0
      ? [
          `clients.yaml in ${id} asks for more than was carried out; to deploy that, first: npm run reconcile -- --commit`,
        ]
      : []),
    ...(doubt === undefined ? [] : [`${doubt.path} ${doubt.message}: npm run check`]),
    ...(ended
      ? [
          `The CRL ended at ${formatInstant(state.crl?.nextUpdate ?? 0)}: servers let nobody in. npm run reconcile -- --commit`,
        ]
      : []),
  ];
}
