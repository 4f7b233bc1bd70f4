import * as paths from "../model/layout.ts";
import { meantPlace, STRAY_DIRECTORIES } from "../model/misplaced.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import type { State } from "../model/state.ts";
import { verifyCrl } from "../x509/crl-reader.ts";
import { FEW, READERS, type Shelf } from "./readers.ts";
import type { StatCache } from "./stat-cache.ts";
import { builderOf, type Content, newBuilder, type StateBuilder } from "./state-builder.ts";
import type { Tree } from "./tree.ts";

/**
 * Reads everything under pki/. Never throws for what stands in the files: what cannot be read becomes a doubt. With a
 * cache of this tree, files that have not changed since are not read again, and what was read is noted there.
 */
export function readState(tree: Tree, cache: StatCache | null = null): State {
  const draft = newBuilder();
  const read = bytesOf(tree);
  for (const { path } of STRAY_DIRECTORIES.flatMap((directory) => tree.walk(directory))) noteStray(draft, path);
  for (const { path, kind } of tree.walk("pki")) {
    const home = paths.homeOf(path);
    if (home === null || home === "requests") noteStray(draft, path);
    const reader = readerOf(home);
    const own = paths.fileOfOne(path);
    if (own !== null && own !== path) blockBy(draft, own, "is a directory; take it away");
    else if (kind !== "file") blockBy(draft, path, "is no regular file; take it away");
    else if (cache === null || !("pack" in reader)) take(draft, path, read, reader);
    else readThrough(cache, reader, read, draft, path);
  }
  return finish(tree, draft);
}

function noteStray(draft: StateBuilder, path: string): void {
  if (meantPlace(path) !== null) draft.strays.add(path);
}

/** The state after some files were written or removed: only those are read again. */
export function rereadState(tree: Tree, state: State, touched: readonly string[]): State {
  if (touched.length === 0) return state;
  const draft = builderOf(state);
  const read = bytesOf(tree);
  for (const path of touched) take(draft, path, read, readerOf(paths.homeOf(path)));
  return finish(tree, draft);
}

type Reader = Pick<Shelf, "absorb">;

/** What is nobody's is compared: nothing calls for it. */
function readerOf(home: paths.PlaceName | null): Shelf | Reader {
  return home === null ? FEW : READERS[home];
}

/** The cache looks at a file before it is read: what changes in between is then seen as changed by the next run. */
function readThrough(cache: StatCache, shelf: Shelf, read: Read, draft: StateBuilder, path: string): void {
  const known = cache.recall(path);
  if (known !== null && unpacked(shelf, draft, path, known)) return;
  take(draft, path, read, shelf);
  if (!draft.doubts.has(path) && !draft.blocked.has(path)) cache.note(path, shelf.pack(draft, path));
}

function unpacked(shelf: Shelf, draft: StateBuilder, path: string, packed: unknown): boolean {
  try {
    shelf.unpack(draft, path, packed);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

type Read = (path: string) => Content | null;

/**
 * Requests may be anything and keys ciphertext: these are bytes, all else is text. Text is read in one call, so keys
 * are tried as text as long as they are: what has no U+FFFD was UTF-8, and stands for the same bytes.
 */
function bytesOf(tree: Tree): Read {
  let sealed = false;
  return (path) => {
    if (path.startsWith(REQUESTS)) return tree.read(path);
    if (!path.startsWith(KEYS)) return tree.readText(path);
    const key = sealed ? null : tree.readText(path);
    if (key !== null && !key.includes("\ufffd")) return key;
    sealed = true;
    return tree.read(path);
  };
}

const REQUESTS = `${paths.DIR.requests}/`;
const KEYS = `${paths.DIR.private}/`;

/** What cannot be read at all is known by its path alone. */
function take(draft: StateBuilder, path: string, read: Read, reader: Reader): void {
  let content: Content | null;
  draft.blocked.delete(path);
  try {
    content = read(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    blockBy(draft, path, error.message.replace(`${path} `, "").replace(` ${path}: `, ": "));
    return;
  }
  absorb(draft, path, content, reader);
}

/** Something else than a file that can be read: it holds up the one whose file it is, or where it is nobody's, all. */
function blockBy(draft: StateBuilder, path: string, what: string): void {
  if (paths.fileOfOne(path) !== path) draft.doubts.set(path, what);
  else draft.blocked.set(path, what);
  if (path.startsWith(REQUESTS) && path.endsWith(".req"))
    draft.requests.set(path.slice(REQUESTS.length, -".req".length), { ok: false, problem: what, hint: null });
}

function absorb(draft: StateBuilder, path: string, content: Content | null, reader: Reader): void {
  draft.doubts.delete(path);
  try {
    reader.absorb(draft, path, content);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    draft.doubts.set(path, `${error.message}. ${error.hints.join(" ") || restore(path)}`);
  }
}

/** What a doubt about a file ends with, where there is no better advice. */
export function restore(path: string): string {
  return `Bring back the version that reconcile wrote: git log -- ${shellWord(path)}, then git checkout COMMIT -- ${shellWord(path)}.`;
}

function finish(tree: Tree, draft: StateBuilder): State {
  for (const [path, message] of witnesses(tree, draft)) {
    if (!draft.doubts.has(path)) draft.doubts.set(path, message);
  }
  const doubts = [...draft.doubts]
    .map(([path, message]) => ({ path, message }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...draft, doubts };
}

/** What other files tell of facts that are no longer there: index.txt, the last CRL, revocations. */
function* witnesses(tree: Tree, draft: StateBuilder): Generator<[string, string]> {
  const { certificates, revocations, crl, authority, files } = draft;
  for (const serial of indexSerials(files.has(paths.INDEX) ? (tree.readText(paths.INDEX) ?? "") : "")) {
    if (!certificates.has(serial)) yield gone(paths.path.certificate(serial), `${paths.INDEX} lists it`);
  }
  for (const serial of [...revocations.keys(), ...draft.holds.keys()]) {
    if (!certificates.has(serial)) yield gone(paths.path.certificate(serial), "it was revoked or held");
  }
  for (const { serial, reason } of crl?.entries.values() ?? []) {
    if (reason !== "certificateHold" && !revocations.has(serial) && certificates.has(serial)) {
      yield gone(paths.path.revocation(serial), "the last CRL lists it");
    }
  }
  if (crl === null || authority === null) return;
  const crlText = tree.readText(paths.CRL_FILE);
  if (crlText !== null && !verifyCrl(crlText, authority.pem)) {
    yield [paths.CRL_FILE, `is not signed by this authority. ${restore(paths.CRL_FILE)}`];
  }
}

function gone(path: string, witness: string): [string, string] {
  return [path, `is gone or unreadable, but ${witness}. ${restore(path)}`];
}

function* indexSerials(index: string): Generator<string> {
  for (const line of index.split("\n")) {
    const serial = line.split("\t")[3];
    if (serial !== undefined && paths.SERIAL.test(serial)) yield serial;
  }
}
