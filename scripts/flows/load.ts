import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatCarriedOut } from "../model/canonical.ts";
import { contentDigest } from "../model/content.ts";
import { Fields } from "../model/json-fields.ts";
import { CA_CERTIFICATE, CARRIED_OUT, DIR, fileOfOne, path, REGISTRY_FILE } from "../model/layout.ts";
import { meantPlace } from "../model/misplaced.ts";
import type { Problem } from "../model/problem.ts";
import { UserError } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { lostAuthority } from "../read/lost-authority.ts";
import { readRegistry } from "../read/registry.ts";
import { readSigning } from "../read/signing.ts";
import { StatCache } from "../read/stat-cache.ts";
import { readState } from "../read/state.ts";
import { type Tree, workingTree } from "../read/tree.ts";
import { openGit } from "../system/git.ts";

export interface Loaded {
  readonly tree: Tree;
  /** Null when clients.yaml cannot be read; `problems` says why. */
  readonly registry: Registry | null;
  readonly problems: readonly Problem[];
  /** Where the sections (`clients`) and entries (`clients.alice`) of clients.yaml stand; empty when it cannot be read. */
  readonly places: ReadonlyMap<string, Pick<Problem, "line" | "column">>;
  readonly state: State;
}

/**
 * Reads clients.yaml and pki/ side by side: YAML is parsed in a worker thread while the state is read here. A cache
 * of the tree is for those that only show: what acts, and what judges, reads every file.
 */
export async function load(tree: Tree, now: Instant, cache: StatCache | null = null): Promise<Loaded> {
  const reading = loadRegistry(tree, now);
  const state = readState(tree, cache);
  await cache?.save();
  const asked = await reading;
  if (asked.registry !== null) return { tree, state, ...asked };
  const lost = lostRequests(state);
  const wanted = asked.problems.some(({ message }) => message.includes(`there is no ${DIR.requests}/`));
  const strays = wanted ? straysOf(state) : new Map<string, string>();
  if (lost.length === 0 && strays.size === 0) return { tree, state, ...asked };
  // A request that was there and is gone holds up its own client: the plan says so, and goes on with the others.
  const again = await loadRegistry(tree, now, lost, strays);
  if (again.registry !== null || lost.length === 0) return { tree, state, ...again };
  return { tree, state, ...(strays.size === 0 ? asked : await loadRegistry(tree, now, [], strays)) };
}

/** What may be meant for a request that is not there: files in other places, and requests in theirs, by what they look like. */
function straysOf({ strays, requests }: State): Map<string, string> {
  const inPlace = [...requests.keys()].map((name): [string, string] => [path.request(name), path.request(name)]);
  const misplaced = [...strays].map((file): [string, string] => [file, meantPlace(file) ?? file]);
  return new Map([...inPlace, ...misplaced]);
}

/** Requests that the registry as carried out last had, and that are not there. */
function lostRequests({ carriedOut, requests }: State): string[] {
  const last = carriedOut?.registry;
  return [last?.clients, last?.servers, last?.signers].flatMap((section) =>
    [...(section ?? [])].flatMap(([name, { csr }]) => (csr && !requests.has(name) ? [path.request(name)] : [])),
  );
}

type LoadedRegistry = Pick<Loaded, "registry" | "problems" | "places">;

/**
 * clients.yaml alone, with the names of requests and signing keys that it is judged by. `lost`: files of pki/ that are
 * gone and yet no mistake in it. `strays`: see straysOf.
 */
export async function loadRegistry(
  tree: Tree,
  now: Instant,
  lost: readonly string[] = [],
  strays?: ReadonlyMap<string, string>,
): Promise<LoadedRegistry> {
  const bytes = tree.read(REGISTRY_FILE);
  if (bytes === null) return { registry: null, problems: [ABSENT], places: new Map() };
  const below = (directory: string) => lost.filter((path) => path.startsWith(`${directory}/`));
  // Also where a directory has the request's place: that is for the plan to say.
  const there = tree.walk(DIR.requests).map((entry) => fileOfOne(entry.path) ?? entry.path);
  const asked = [...there, ...below(DIR.requests)];
  const requests = new Set(asked.map((path) => path.replace(/^.*\/|\.req$/g, "")));
  const { files, unfit } = readSigning(tree);
  const signing = new Set([...files, ...below(DIR.signing)]);
  const result = await readRegistry(bytes, { now, requests, strays, signing, unfit });
  return result.ok
    ? { registry: result.registry, problems: [], places: result.places }
    : { registry: null, problems: result.problems, places: new Map() };
}

/** Also of a commit where something else than a file has its name: nothing is read through a symlink. */
const ABSENT: Problem = {
  file: REGISTRY_FILE,
  line: 1,
  column: 1,
  message: `${REGISTRY_FILE} is not there, or is no file`,
  hint: `restore it: git checkout HEAD -- ${REGISTRY_FILE}`,
};

/** The working tree, uncommitted changes included. */
export async function loadWorkingTree(root: string, now: Instant): Promise<Loaded> {
  insistOn(root);
  return missing(await load(workingTree(root), now), root, now);
}

/**
 * Where git has an authority and the tree has none, that is the one thing that is wrong: one doubt, with the command
 * that brings everything back, and what clients.yaml then lacks under pki/ is no news.
 */
async function missing(loaded: Loaded, root: string, now: Instant): Promise<Loaded> {
  const { tree, state } = loaded;
  if (state.authority !== null || authorityDoubt(state) !== null || !existsSync(join(root, ".git"))) return loaded;
  const git = openGit(root);
  const command = await lostAuthority(git);
  if (command === null) return loaded;
  const doubt = { path: CA_CERTIFICATE, message: `is gone, but git has it. Bring everything back: ${command}` };
  const lost = loaded.registry === null ? (await git.raw(["ls-files", "-z", "--", "pki"])).split("\0") : [];
  const asked = lost.length === 0 ? {} : await loadRegistry(tree, now, lost);
  return { ...loaded, ...asked, state: { ...state, doubts: [doubt] } };
}

function insistOn(root: string): void {
  if (!existsSync(root)) throw new UserError(`${root} is not there`, "name the repository with --root DIR");
}

/** The same for a view, which need not read again what has not changed since the last one. */
export async function loadToShow(root: string, now: Instant): Promise<Loaded> {
  insistOn(root);
  const loaded = await missing(await load(workingTree(root), now, new StatCache(root)), root, now);
  return { ...loaded, registry: shared(loaded) };
}

/** Where it says the same, the registry as last carried out, as one object: then nobody need compare the two. */
function shared({ registry, state: { carriedOut, files } }: Loaded): Registry | null {
  if (registry === null || carriedOut === null) return registry;
  const text = formatCarriedOut({ ...carriedOut, registry });
  return contentDigest(text) === files.get(CARRIED_OUT) ? carriedOut.registry : registry;
}

let version: string | undefined;

/** Gatehouse's version: that of the running scripts, not of the repository acted on. */
export function gatehouseVersion(): string {
  if (version === undefined) {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    version = Fields.parse(text, "package.json").text("version");
  }
  return version;
}
