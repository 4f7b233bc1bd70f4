import { parseCarriedOut } from "../model/canonical.ts";
import { meantPlace, STRAY_DIRECTORIES } from "../model/misplaced.ts";
import * as paths from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import type { State } from "../model/state.ts";
import { readCertificate } from "../x509/certificate.ts";
import { readCrl, verifyCrl } from "../x509/crl-reader.ts";
import { decodePem } from "../x509/pem.ts";
import { type Content, type Draft, draftOf, emptyDraft, text } from "./draft.ts";
import { absorbRenewal } from "./renewals.ts";
import { COMPARED, SHELVES, type Shelf } from "./shelves.ts";
import type { StatCache } from "./stat-cache.ts";
import type { Tree } from "./tree.ts";

/**
 * Reads everything under pki/. Never throws for what stands in the files: what cannot be read becomes a doubt. With a
 * cache of this tree, files that have not changed since are not read again, and what was read is noted there.
 */
export function readState(tree: Tree, cache: StatCache | null = null): State {
  const draft = emptyDraft();
  const read = readerOf(tree);
  for (const { path } of STRAY_DIRECTORIES.flatMap((directory) => tree.walk(directory))) noteStray(draft, path);
  for (const { path, directory, kind } of tree.walk("pki")) {
    if (!SHELVES.has(directory) || directory === paths.DIR.requests) noteStray(draft, path);
    const shelf = SINGLE.has(path) ? undefined : SHELVES.get(directory);
    const own = paths.fileOfOne(path);
    if (own !== null && own !== path) blockBy(draft, own, "is a directory; take it away");
    else if (kind !== "file") blockBy(draft, path, "is no regular file; take it away");
    else if (shelf === undefined || cache === null) take(draft, path, read, shelf);
    else readThrough(cache, shelf, read, draft, path);
  }
  return finish(tree, draft);
}

function noteStray(draft: Draft, path: string): void {
  if (meantPlace(path) !== null) draft.strays.add(path);
}

/** The state after some files were written or removed: only those are read again. */
export function rereadState(tree: Tree, state: State, touched: readonly string[]): State {
  if (touched.length === 0) return state;
  const draft = draftOf(state);
  const read = readerOf(tree);
  for (const path of touched) {
    const shelf = SHELVES.get(path.slice(0, path.lastIndexOf("/")));
    take(draft, path, read, shelf);
  }
  return finish(tree, draft);
}

/** The cache looks at a file before it is read: what changes in between is then seen as changed by the next run. */
function readThrough(cache: StatCache, shelf: Shelf, read: Read, draft: Draft, path: string): void {
  const known = cache.recall(path);
  if (known !== null && unpacked(shelf, draft, path, known)) return;
  take(draft, path, read, shelf);
  if (!draft.doubts.has(path) && !draft.blocked.has(path)) cache.note(path, shelf.pack(draft, path));
}

function unpacked(shelf: Shelf, draft: Draft, path: string, packed: unknown): boolean {
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
function readerOf(tree: Tree): Read {
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
function take(draft: Draft, path: string, read: Read, shelf: Shelf | undefined): void {
  let content: Content | null;
  draft.blocked.delete(path);
  try {
    content = read(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    blockBy(draft, path, error.message.replace(`${path} `, "").replace(` ${path}: `, ": "));
    return;
  }
  absorb(draft, path, content, shelf);
}

/** Something else than a file that can be read: it holds up the one whose file it is, or where it is nobody's, all. */
function blockBy(draft: Draft, path: string, what: string): void {
  if (paths.fileOfOne(path) !== path) draft.doubts.set(path, what);
  else draft.blocked.set(path, what);
  if (path.startsWith(REQUESTS) && path.endsWith(".req"))
    draft.requests.set(path.slice(REQUESTS.length, -".req".length), { ok: false, problem: what, hint: null });
}

function absorb(draft: Draft, path: string, content: Content | null, shelf: Shelf | undefined): void {
  draft.doubts.delete(path);
  try {
    (SINGLE.get(path) ?? shelf?.absorb ?? other(path))(draft, path, content);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    draft.doubts.set(path, `${error.message}. ${error.hints.join(" ") || restore(path)}`);
  }
}

/** What a doubt about a file ends with, where there is no better advice. */
export function restore(path: string): string {
  return `Bring back the version that reconcile wrote: git log -- ${path}, then git checkout COMMIT -- ${path}.`;
}

/** Files of which there is one. */
const SINGLE: ReadonlyMap<string, Shelf["absorb"]> = new Map(
  Object.entries<Shelf["absorb"]>({
    [paths.CA_CERTIFICATE]: (draft, path, content) => {
      draft.authority = null;
      if (content === null) return;
      const pem = text(content);
      draft.authority = { ...readCertificate(decodePem(pem, "CERTIFICATE")), pem };
      COMPARED.absorb(draft, path, content);
    },
    [paths.CRL_FILE]: (draft, path, content) => {
      draft.crl = null;
      if (content !== null) draft.crl = readCrl(text(content));
      COMPARED.absorb(draft, path, content);
    },
    [paths.CARRIED_OUT]: (draft, path, content) => {
      draft.carriedOut = null;
      COMPARED.absorb(draft, path, content);
      if (content !== null) draft.carriedOut = parseCarriedOut(text(content));
    },
    [paths.CA_KEY]: ignore,
  }),
);

/** Derived files that are few. */
function other(path: string): Shelf["absorb"] {
  if (path.startsWith(`${paths.DIR.renewals}/`)) return absorbRenewal;
  return path.startsWith(`${paths.DIR.signing}/`) ? ignore : COMPARED.absorb;
}

function ignore(): void {}

function finish(tree: Tree, draft: Draft): State {
  for (const [path, message] of witnesses(tree, draft)) {
    if (!draft.doubts.has(path)) draft.doubts.set(path, message);
  }
  const doubts = [...draft.doubts]
    .map(([path, message]) => ({ path, message }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...draft, doubts };
}

/** What other files tell of facts that are no longer there: index.txt, the last CRL, revocations. */
function* witnesses(tree: Tree, draft: Draft): Generator<[string, string]> {
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
