import { quoted } from "../guard/protected.ts";
import * as paths from "../model/paths.ts";
import type { Finding } from "../model/problem.ts";
import { SOFTWARE } from "../model/registry.ts";
import { looseRequests } from "../plan/loose-requests.ts";
import { isPrivate } from "./entries.ts";
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
    return block("Mode", path, message, `chmod ${wanted} ${quoted(path)}`);
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
    .filter(({ path }) => !doubtful || !isPrivate(path));
  const loose = new Map(
    input.registry === null ? [] : looseRequests(input.registry, input.state).map((one) => [one.path, one]),
  );
  const outside = [...loose.values()].filter(({ path }) => !path.startsWith("pki/"));
  const told = outside.map(({ path, what, command }) => warn("Unexpected", path, what, command));
  const found = strange.map(({ path }) => {
    const request = loose.get(path);
    if (request !== undefined) return warn("Unexpected", path, request.what, request.command ?? remove(path));
    const message = isPrivate(path) ? "is no key that Gatehouse knows of" : "is no file that Gatehouse knows of";
    return warn("Unexpected", path, message, remove(path));
  });
  return [...found, ...told];
}

const SINGLE: ReadonlySet<string> = new Set([
  paths.CA_CERTIFICATE,
  paths.CA_KEY,
  paths.CRL_FILE,
  paths.CARRIED_OUT,
  paths.INDEX,
  paths.INDEX_ATTR,
  paths.PKI_README,
  "pki/allowed_signers",
  "pki/guard-allow.yaml",
]);

/** Facts by serial are doubted when they do not belong, derived directories are compared as a whole. */
const LOOKED_AFTER = ["certificates", "revoked", "held", "keys", "issued", "renewals", ...SOFTWARE, "signing"] as const;
const PREFIXES = LOOKED_AFTER.map((name) => `${paths.DIR[name]}/`);

function isExpected(path: string, names: ReadonlySet<string>, asked: ReadonlySet<string>): boolean {
  if (SINGLE.has(path) || path.endsWith("/.gitkeep") || PREFIXES.some((prefix) => path.startsWith(prefix))) return true;
  const [, key, request] = /^pki\/(?:private\/([^/]+)\.key|reqs\/([^/]+)\.req)$/.exec(path) ?? [];
  return key === undefined ? request !== undefined && asked.has(request) : names.has(key);
}

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
