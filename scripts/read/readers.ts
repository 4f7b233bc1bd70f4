import { parseCarriedOut } from "../model/canonical.ts";
import { contentDigest, isContentDigest } from "../model/content.ts";
import { parseHold, parseRevocation } from "../model/facts.ts";
import * as paths from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { readAuthorityFacts } from "../x509/certificate.ts";
import { readCertificateFile } from "../x509/certificate-file.ts";
import { readCrl } from "../x509/crl-reader.ts";
import { X509Error } from "../x509/error.ts";
import { decodePem } from "../x509/pem.ts";
import { readRenewalFile } from "../x509/renewal-file.ts";
import { readRequest } from "../x509/request.ts";
import { packedCertificate, packedHold, packedRequest, packedRevocation } from "./packed.ts";
import { type Content, type StateBuilder, text } from "./state-builder.ts";

/** A directory with a file for every certificate, client or request: what is read in one file stands by itself. */
export interface Shelf {
  /** Takes in one file; `null` when it is gone. Throws UserError where it cannot be believed. */
  readonly absorb: (draft: StateBuilder, path: string, content: Content | null) => void;
  /** As JSON, what was taken in from this file and follows from its path and bytes alone; undefined where nothing was. */
  readonly pack: (draft: StateBuilder, path: string) => unknown;
  /** Takes in again what pack gave. Throws UserError for anything else. */
  readonly unpack: (draft: StateBuilder, path: string, packed: unknown) => void;
}

/** Derived files and keys: their bytes are compared, not understood. */
const COMPARED: Shelf = {
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

/** The same of which there are too few to be worth keeping. */
export const FEW: Pick<Shelf, "absorb"> = { absorb: COMPARED.absorb };

const IGNORED: Pick<Shelf, "absorb"> = { absorb: () => {} };

/** Facts by serial number or name, in one of the draft's maps. */
interface Facts<T> {
  readonly map: (draft: StateBuilder) => Map<string, T>;
  readonly read: (content: Content, key: string) => T;
  readonly pack: (fact: T) => unknown;
  readonly unpack: (packed: unknown, key: string) => T;
}

function facts<T>({ map, read, pack, unpack }: Facts<T>): Shelf {
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

/** The serial number or name in a path of this kind; null where the file does not belong. */
function keyOf(path: string): string | null {
  const placed = paths.placeOf(path);
  if (placed === null) return null;
  return paths.LAYOUT[placed.place].each !== "serial" || paths.isNamed(placed) ? placed.key : null;
}

function insistOnPlaceholder(path: string, content: Content | null): void {
  if (content !== null && !paths.isPlaceholder(path))
    throw new UserError("does not belong here", `Take it away: git rm -- ${shellWord(path)}`);
}

const KEYS: Shelf = {
  absorb: (draft, path, content) => {
    const serial = keyOf(path);
    if (serial === null) return insistOnPlaceholder(path, content);
    if (content === null) draft.keys.delete(serial);
    else draft.keys.add(serial);
    COMPARED.absorb(draft, path, content);
  },
  pack: COMPARED.pack,
  unpack: (draft, path, packed) => {
    const serial = keyOf(path);
    if (serial === null) throw new UserError(`${path} does not belong here`);
    COMPARED.unpack(draft, path, packed);
    draft.keys.add(serial);
  },
};

const REQUESTS = facts({
  map: ({ requests }) => requests,
  read: (content) => readRequest(Buffer.from(content)),
  pack: packedRequest.write,
  unpack: packedRequest.read,
});

/**
 * A file of pki/renewals. What cannot be read is no doubt: reconcile makes another, or takes it away. Its digest is
 * then that of no file, so that nothing compares equal to it.
 */
const absorbRenewal: Shelf["absorb"] = (draft, path, content) => {
  const serial = paths.placeOf(path)?.key ?? "";
  draft.renewals.delete(serial);
  COMPARED.absorb(draft, path, content);
  if (content === null || paths.isPlaceholder(path)) return;
  try {
    draft.renewals.set(serial, readRenewalFile(text(content), serial));
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    draft.files.set(path, contentDigest(`unreadable\n${text(content)}`));
  }
};

/** How the files of each place are read. Those of which there are many can be kept, and need not be read again. */
export const READERS: Readonly<Record<paths.PlaceName, Shelf | Pick<Shelf, "absorb">>> = {
  caCertificate: {
    absorb: (draft, path, content) => {
      draft.authority = null;
      if (content === null) return;
      const pem = text(content);
      draft.authority = { ...readAuthorityFacts(decodePem(pem, "CERTIFICATE")), pem };
      COMPARED.absorb(draft, path, content);
    },
  },
  caKey: IGNORED,
  crl: {
    absorb: (draft, path, content) => {
      draft.crl = null;
      if (content !== null) draft.crl = readCrl(text(content));
      COMPARED.absorb(draft, path, content);
    },
  },
  carriedOut: {
    absorb: (draft, path, content) => {
      draft.carriedOut = null;
      COMPARED.absorb(draft, path, content);
      if (content !== null) draft.carriedOut = parseCarriedOut(text(content));
    },
  },
  certificates: facts({
    map: ({ certificates }) => certificates,
    read: (content, serial) => readCertificateFile(text(content), serial),
    pack: packedCertificate.write,
    unpack: (packed, serial) => ({ serial, ...packedCertificate.read(packed, serial) }),
  }),
  revoked: facts({
    map: ({ revocations }) => revocations,
    read: (content, serial) => parseRevocation(text(content), serial),
    pack: packedRevocation.write,
    unpack: (packed, serial) => ({ serial, ...packedRevocation.read(packed, serial) }),
  }),
  held: facts({
    map: ({ holds }) => holds,
    read: (content, serial) => parseHold(text(content), serial),
    pack: packedHold.write,
    unpack: (packed, serial) => ({ serial, ...packedHold.read(packed, serial) }),
  }),
  // Anything may lie beside the requests, and is nobody's.
  requests: {
    ...REQUESTS,
    absorb: (draft, path, content) => {
      if (keyOf(path) !== null) REQUESTS.absorb(draft, path, content);
    },
  },
  keys: KEYS,
  private: COMPARED,
  issued: COMPARED,
  renewals: { absorb: absorbRenewal },
  signing: IGNORED,
  index: FEW,
  indexAttr: FEW,
  readme: FEW,
  allowedSigners: FEW,
  guardAllow: FEW,
  nginx: FEW,
  apache: FEW,
  stunnel: FEW,
  haproxy: FEW,
};
