import { contentDigest, isContentDigest } from "../model/content.ts";
import { parseHold, parseRevocation } from "../model/facts.ts";
import * as paths from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import { readCertificateFile } from "../x509/certificate-file.ts";
import { readRequest } from "../x509/request.ts";
import { type Content, type Draft, text } from "./draft.ts";
import { packedCertificate, packedHold, packedRequest, packedRevocation } from "./packed.ts";

/** A directory with a file for every certificate, client or request: what is read in one file stands by itself. */
export interface Shelf {
  /** Takes in one file; `null` when it is gone. Throws UserError where it cannot be believed. */
  readonly absorb: (draft: Draft, path: string, content: Content | null) => void;
  /** As JSON, what was taken in from this file and follows from its path and bytes alone; undefined where nothing was. */
  readonly pack: (draft: Draft, path: string) => unknown;
  /** Takes in again what pack gave. Throws UserError for anything else. */
  readonly unpack: (draft: Draft, path: string, packed: unknown) => void;
}

/** Derived files and keys: their bytes are compared, not understood. */
export const COMPARED: Shelf = {
  absorb: (draft, path, content) => {
    if (content === null) draft.files.delete(path);
    else draft.files.set(path, contentDigest(content));
  },
  pack: ({ files }, path) => files.get(path),
  unpack: ({ files }, path, packed) => {
    if (!isContentDigest(packed)) throw new UserError(`no digest of ${path}`);
    files.set(path, packed);
  },
};

/** Facts by serial number or name, in one of the draft's maps. */
interface Facts<T> {
  /** The serial or name in this path, or null where the file does not belong. */
  readonly keyOf: (path: string) => string | null;
  readonly map: (draft: Draft) => Map<string, T>;
  readonly read: (content: Content, key: string) => T;
  readonly pack: (fact: T) => unknown;
  readonly unpack: (packed: unknown, key: string) => T;
}

function facts<T>({ keyOf, map, read, pack, unpack }: Facts<T>): Shelf {
  return {
    absorb: (draft, path, content) => {
      const key = keyOf(path);
      if (key === null) return insistOnPlaceholder(path, content);
      map(draft).delete(key);
      if (content !== null) map(draft).set(key, read(content, key));
    },
    pack: (draft, path) => {
      const fact = map(draft).get(keyOf(path) ?? "");
      return fact && pack(fact);
    },
    unpack: (draft, path, packed) => {
      const key = keyOf(path);
      if (key === null) throw new UserError(`${path} does not belong here`);
      map(draft).set(key, unpack(packed, key));
    },
  };
}

const nameOf = (path: string, suffix: string) =>
  path.endsWith(suffix) ? path.slice(path.lastIndexOf("/") + 1, -suffix.length) : null;

const serialOf = (suffix: string) => (path: string) => {
  const serial = nameOf(path, suffix);
  return serial !== null && paths.SERIAL.test(serial) ? serial : null;
};

/** git keeps no empty directories. */
function insistOnPlaceholder(path: string, content: Content | null): void {
  if (content !== null && !path.endsWith("/.gitkeep"))
    throw new UserError("does not belong here", `Take it away: git rm ${path}`);
}

const keySerial = serialOf(".key");

const KEYS: Shelf = {
  absorb: (draft, path, content) => {
    const serial = keySerial(path);
    if (serial === null) return insistOnPlaceholder(path, content);
    if (content === null) draft.keys.delete(serial);
    else draft.keys.add(serial);
    COMPARED.absorb(draft, path, content);
  },
  pack: COMPARED.pack,
  unpack: (draft, path, packed) => {
    const serial = keySerial(path);
    if (serial === null) throw new UserError(`${path} does not belong here`);
    COMPARED.unpack(draft, path, packed);
    draft.keys.add(serial);
  },
};

const REQUESTS = facts({
  keyOf: (path) => nameOf(path, ".req"),
  map: ({ requests }) => requests,
  read: (content) => readRequest(Buffer.from(content)),
  pack: packedRequest.write,
  unpack: packedRequest.read,
});

/** The directories that grow with the number of clients and the years. */
export const SHELVES: ReadonlyMap<string, Shelf> = new Map<string, Shelf>(
  Object.entries({
    [paths.DIR.certificates]: facts({
      keyOf: serialOf(".pem"),
      map: ({ certificates }) => certificates,
      read: (content, serial) => readCertificateFile(text(content), serial),
      pack: packedCertificate.write,
      unpack: (packed, serial) => ({ serial, ...packedCertificate.read(packed, serial) }),
    }),
    [paths.DIR.revoked]: facts({
      keyOf: serialOf(".yaml"),
      map: ({ revocations }) => revocations,
      read: (content, serial) => parseRevocation(text(content), serial),
      pack: packedRevocation.write,
      unpack: (packed, serial) => ({ serial, ...packedRevocation.read(packed, serial) }),
    }),
    [paths.DIR.held]: facts({
      keyOf: serialOf(".yaml"),
      map: ({ holds }) => holds,
      read: (content, serial) => parseHold(text(content), serial),
      pack: packedHold.write,
      unpack: (packed, serial) => ({ serial, ...packedHold.read(packed, serial) }),
    }),
    // Anything may lie beside the requests, and is nobody's.
    [paths.DIR.requests]: {
      ...REQUESTS,
      absorb: (draft, path, content) => {
        if (path.endsWith(".req")) REQUESTS.absorb(draft, path, content);
      },
    },
    [paths.DIR.keys]: KEYS,
    [paths.DIR.private]: COMPARED,
    [paths.DIR.issued]: COMPARED,
  }),
);
