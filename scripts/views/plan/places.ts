import { REGISTRY_FILE } from "../../model/layout.ts";
import type { Refusal, Warning } from "../../model/plan.ts";
import type { Problem } from "../../model/problem.ts";

/** A place in clients.yaml; lines and columns count from 1. */
type Place = Pick<Problem, "line" | "column">;
/** Where sections (`clients`) and entries (`clients.alice`) stand. */
export type Places = ReadonlyMap<string, Place>;

export interface Spot {
  /** Null where no file is to blame. */
  readonly file: string | null;
  readonly place: Place | null;
}

const NOWHERE: Spot = { file: null, place: null };

/** The first of these entries or sections that clients.yaml has. */
export function spotAt(keys: readonly string[], places: Places): Spot {
  const place = keys.map((key) => places.get(key)).find((one) => one !== undefined);
  return place === undefined ? NOWHERE : { file: REGISTRY_FILE, place };
}

type Code = (Refusal | Warning)["code"];

/** The file that a message is about, by the words with which the planner puts it. */
const FILES: { readonly [C in Code]?: RegExp } = {
  MergeConflict: /^(.*) was changed on both sides/s,
  ForeignCode: /^(.*) is code that npm or set-up/s,
  StateEdited:
    /^(.*) (?:is changed on this branch|is as on main now|is a symlink, an executable|looks like a request|would (?:have|take))\b/s,
  StateDoubtful: /^(pki\/[^\s:]+): /,
  KeyLost: /^(pki\/[^\s:]+): /,
  PathBlocked: /^(pki\/[^\s:]+): /,
  PolicyChanged: /^(pki\/[^\s,]+)/,
  CodeChanged: /^this branch changes what runs: ([^,]+)/,
};

const IDENTITIES = ["clients", "servers", "signers"];

/** The entry that a message is about. */
const ENTRIES: { readonly [C in Code]?: readonly [sections: readonly string[], words: RegExp] } = {
  BadRequest: [IDENTITIES, /^pki\/reqs\/([^/]+)\.req: /],
  RequestReplaced: [IDENTITIES, /^(\S+): /],
  RequestExtensionsIgnored: [IDENTITIES, /^(\S+): /],
  NameReused: [IDENTITIES, /^(\S+) had certificates/],
  NoContact: [["clients"], /^no contact is given for ([^\s,]+)/],
  AlreadyEnded: [["clients"], /^access has ended already: (\S+) /],
  ReachesNothing: [["clients"], /^([^\s,]+)/],
  LongCertificates: [IDENTITIES, /^([^\s,:]+)/],
  LastSensitiveClient: [["groups"], /^sensitive group (\S+) /],
};

/** Messages about a section as a whole. */
const SECTION: { readonly [C in Code]?: string } = {
  AuthorityChanged: "authority",
  AuthorityEnding: "authority",
  CrlEnding: "crl",
  PolicyChanged: "limits",
  TooManyLosses: "clients",
  Unsigned: "limits",
};

/** Where a refusal or warning is shown. */
export function spotOf({ code, message }: Refusal | Warning, places: Places): Spot {
  const file = FILES[code]?.exec(message)?.[1];
  if (file !== undefined) return { file, place: { line: 1, column: 1 } };
  const [sections, words] = ENTRIES[code] ?? [[], /$^/];
  const name = words.exec(message)?.[1];
  const entries = name === undefined ? [] : sections.map((section) => `${section}.${name}`);
  return spotAt([...entries, SECTION[code] ?? ""], places);
}
