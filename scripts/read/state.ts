import { basename } from "node:path";
import { parseCarriedOut } from "../model/canonical.ts";
import { parseHold, parseRevocation } from "../model/facts.ts";
import * as paths from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import type { CarriedOut, Certificate, Crl, Hold, Request, Revocation, State } from "../model/state.ts";
import { readCertificate } from "../x509/certificate.ts";
import { readCertificateFile } from "../x509/certificate-file.ts";
import { readCrl, verifyCrl } from "../x509/crl-reader.ts";
import { decodePem } from "../x509/pem.ts";
import { readRequest } from "../x509/request.ts";
import type { Tree } from "./tree.ts";

/** A State in the making. Doubts are kept by path, so that a file which is read again replaces its own. */
interface Draft {
  authority: State["authority"];
  crl: Crl | null;
  carriedOut: CarriedOut | null;
  readonly certificates: Map<string, Certificate>;
  readonly revocations: Map<string, Revocation>;
  readonly holds: Map<string, Hold>;
  readonly requests: Map<string, Request>;
  readonly keys: Set<string>;
  readonly files: Map<string, string>;
  readonly doubts: Map<string, string>;
}

/** Takes in one file; `null` when it is gone. */
type Absorb = (draft: Draft, path: string, bytes: Content | null) => void;

type Content = Buffer | string;

/** Reads everything under pki/. Never throws for what stands in the files: what cannot be read becomes a doubt. */
export function readState(tree: Tree): State {
  const draft: Draft = {
    authority: null,
    crl: null,
    carriedOut: null,
    certificates: new Map(),
    revocations: new Map(),
    holds: new Map(),
    requests: new Map(),
    keys: new Set(),
    files: new Map(),
    doubts: new Map(),
  };
  for (const { path, kind } of tree.walk("pki")) {
    if (kind === "file") absorb(draft, path, contentOf(tree, path));
    else draft.doubts.set(path, "is no regular file; take it away");
  }
  return finish(draft);
}

/** The state after some files were written or removed: only those are read again. */
export function rereadState(tree: Tree, state: State, touched: readonly string[]): State {
  if (touched.length === 0) return state;
  const draft: Draft = {
    authority: state.authority,
    crl: state.crl,
    carriedOut: state.carriedOut,
    certificates: new Map(state.certificates),
    revocations: new Map(state.revocations),
    holds: new Map(state.holds),
    requests: new Map(state.requests),
    keys: new Set(state.keys),
    files: new Map(state.files),
    doubts: new Map(state.doubts.map(({ path, message }) => [path, message])),
  };
  for (const path of touched) absorb(draft, path, contentOf(tree, path));
  return finish(draft);
}

/** Keys may be ciphertext and requests anything: they are bytes. All else here is text. */
function contentOf(tree: Tree, path: string): Content | null {
  const asBytes = path.startsWith(`${paths.DIR.private}/`) || path.startsWith(`${paths.DIR.requests}/`);
  return asBytes ? tree.read(path) : tree.readText(path);
}

function absorb(draft: Draft, path: string, bytes: Content | null): void {
  const directory = path.slice(0, path.lastIndexOf("/"));
  draft.doubts.delete(path);
  try {
    (SINGLE[path] ?? BY_DIRECTORY[directory] ?? other)(draft, path, bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    draft.doubts.set(path, `${error.message}. ${error.hints.join(" ") || restore(path)}`);
  }
}

/** What a doubt about a file ends with, where there is no better advice. */
export function restore(path: string): string {
  return `Bring back the version that reconcile wrote: git log -- ${path}, then git checkout COMMIT -- ${path}.`;
}

const SINGLE: Readonly<Record<string, Absorb>> = {
  [paths.CA_CERTIFICATE]: (draft, path, bytes) => {
    draft.authority = null;
    if (bytes === null) return;
    const pem = text(bytes);
    draft.authority = { ...readCertificate(decodePem(pem, "CERTIFICATE")), pem };
    keep(draft, path, bytes);
  },
  [paths.CRL_FILE]: (draft, path, bytes) => {
    draft.crl = null;
    if (bytes !== null) draft.crl = readCrl(text(bytes));
    keep(draft, path, bytes);
  },
  [paths.CARRIED_OUT]: (draft, path, bytes) => {
    draft.carriedOut = null;
    keep(draft, path, bytes);
    if (bytes !== null) draft.carriedOut = parseCarriedOut(text(bytes));
  },
  [paths.CA_KEY]: ignore,
};

const BY_DIRECTORY: Readonly<Record<string, Absorb>> = {
  [paths.DIR.certificates]: bySerial(".pem", (draft, serial, bytes) => {
    draft.certificates.delete(serial);
    if (bytes !== null) draft.certificates.set(serial, readCertificateFile(text(bytes), serial));
  }),
  [paths.DIR.revoked]: bySerial(".yaml", (draft, serial, bytes) => {
    draft.revocations.delete(serial);
    if (bytes !== null) draft.revocations.set(serial, parseRevocation(text(bytes), serial));
  }),
  [paths.DIR.held]: bySerial(".yaml", (draft, serial, bytes) => {
    draft.holds.delete(serial);
    if (bytes !== null) draft.holds.set(serial, parseHold(text(bytes), serial));
  }),
  [paths.DIR.keys]: bySerial(".key", (draft, serial, bytes) => {
    draft.keys.delete(serial);
    if (bytes !== null) draft.keys.add(serial);
    keep(draft, paths.path.keyBySerial(serial), bytes);
  }),
  [paths.DIR.requests]: (draft, path, bytes) => {
    const name = basename(path, ".req");
    draft.requests.delete(name);
    if (bytes !== null && path.endsWith(".req")) draft.requests.set(name, readRequest(Buffer.from(bytes)));
  },
  [paths.DIR.signing]: ignore,
};

function bySerial(suffix: string, take: (draft: Draft, serial: string, bytes: Content | null) => void): Absorb {
  return (draft, path, bytes) => {
    const serial = basename(path, suffix);
    if (path.endsWith(suffix) && paths.SERIAL.test(serial)) return take(draft, serial, bytes);
    if (bytes !== null && basename(path) !== ".gitkeep")
      throw new UserError("does not belong here", `Take it away: git rm ${path}`);
  };
}

/** Derived files and keys: their bytes are compared, not understood. */
const other: Absorb = (draft, path, bytes) => keep(draft, path, bytes);

function ignore(): void {}

function keep(draft: Draft, path: string, content: Content | null): void {
  if (content === null) draft.files.delete(path);
  else draft.files.set(path, typeof content === "string" ? content : content.toString("latin1"));
}

function text(content: Content): string {
  return typeof content === "string" ? content : content.toString("utf8");
}

function finish(draft: Draft): State {
  for (const [path, message] of witnesses(draft)) if (!draft.doubts.has(path)) draft.doubts.set(path, message);
  const doubts = [...draft.doubts]
    .map(([path, message]) => ({ path, message }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...draft, doubts };
}

/** What other files tell of facts that are no longer there: index.txt, the last CRL, revocations. */
function* witnesses(draft: Draft): Generator<[string, string]> {
  const { certificates, revocations, crl, authority } = draft;
  for (const serial of indexSerials(draft.files.get(paths.INDEX) ?? "")) {
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
  const crlText = draft.files.get(paths.CRL_FILE);
  if (crl !== null && authority !== null && crlText !== undefined && !verifyCrl(crlText, authority.pem)) {
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
