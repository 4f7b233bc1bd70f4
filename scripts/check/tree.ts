import * as paths from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import type { Finding } from "../model/problem.ts";
import { looseRequests } from "../plan/loose-requests.ts";
import { block, type CheckInput, RECONCILE, warn } from "./input.ts";
import { remove } from "./restore.ts";

/** More wrong modes than this are one finding: a fresh checkout has them all wrong. */
const ONE_BY_ONE = 3;

/** pki/private is 0700, files in it 0600: whoever else has an account here must not read keys. Ciphertext may lie open. */
export function modes({ entries, vault }: CheckInput): Finding[] {
  if (!vault.treeUnlocked && vault.state !== "absent") return [];
  const open = entries.filter(({ mode, kind }) => kind !== "other" && mode !== null && (mode & 0o077) !== 0);
  if (open.length > ONE_BY_ONE) {
    const message = `${open.length} files and directories in it can be read by others`;
    return [block("Mode", paths.DIR.private, message, `chmod -R u=rwX,go= ${paths.DIR.private}`)];
  }
  return open.map(({ path, mode, kind }) => {
    const wanted = kind === "directory" ? "700" : "600";
    const message = `its mode is 0${(mode ?? 0).toString(8)}, others than the owner can get at it`;
    return block("Mode", path, message, `chmod ${wanted} ${shellWord(path)}`);
  });
}

/** What killed runs left. */
export function leftovers({ entries }: CheckInput): Finding[] {
  const left = entries.filter(({ temporary, kind }) => temporary && kind === "file");
  return left.map(({ path }) => warn("Leftover", path, "a killed run left it", RECONCILE));
}

/**
 * Files under pki/ that are none of DESIGN 3, where no other check would miss or doubt them. From `doubtful` facts
 * nobody can tell whose keys belong here.
 */
export function unexpected(input: CheckInput, doubtful: boolean): Finding[] {
  const names = new Set([...input.state.certificates.values()].map(({ identity }) => identity));
  const asked = requesters(input);
  const strange = input.entries
    .filter(({ path, kind, temporary }) => kind === "file" && !temporary && !isExpected(path, names, asked))
    .filter(({ path }) => !doubtful || !paths.isPrivate(path));
  const loose = new Map(
    input.registry === null ? [] : looseRequests(input.registry, input.state).map((one) => [one.path, one]),
  );
  const outside = [...loose.values()].filter(({ path }) => !paths.isBelowPki(path));
  const told = outside.map(({ path, what, command }) => warn("Unexpected", path, what, command));
  const found = strange.map(({ path }) => {
    const request = loose.get(path);
    if (request !== undefined) return warn("Unexpected", path, request.what, request.command ?? remove(path));
    const message = paths.isPrivate(path) ? "is no key that Gatehouse knows of" : "is no file that Gatehouse knows of";
    return warn("Unexpected", path, message, remove(path));
  });
  return [...found, ...told];
}

/** Facts by serial are doubted when they do not belong, derived directories are compared as a whole. */
function isExpected(path: string, names: ReadonlySet<string>, asked: ReadonlySet<string>): boolean {
  const placed = paths.placeOf(path);
  if (placed?.place === "private") return names.has(placed.key);
  if (placed?.place === "requests") return asked.has(placed.key);
  return placed !== null || paths.isPlaceholder(path) || LOOKED_AFTER.some((one) => path.startsWith(`${one}/`));
}

const LOOKED_AFTER = paths.placesWhere(
  ({ each, at }) => each !== null && at !== paths.DIR.private && at !== paths.DIR.requests,
);

/** Whoever brings, or brought, a key of its own. */
function requesters({ registry, state }: CheckInput): Set<string> {
  const asked = new Set<string>();
  for (const one of [registry, state.carriedOut?.registry]) {
    for (const section of [one?.clients, one?.servers, one?.signers]) {
      for (const [name, { csr }] of section ?? []) if (csr) asked.add(name);
    }
  }
  // Where clients.yaml cannot be read, nobody knows what is asked for.
  if (registry === null) for (const name of state.requests.keys()) asked.add(name);
  return asked;
}
