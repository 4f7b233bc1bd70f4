import { SOFTWARE, type Software } from "./schema/terms.ts";

/** Where things are, from the top of the repository: the one place that says these paths, and what each is. */
export const REGISTRY_FILE = "clients.yaml";

/**
 * What a file below pki/ is. `fact`: written by reconcile, one file each, nothing else knows what it says; `signed`: by
 * the authority, as a whole; `derived`: a function of all others; `proposed` and `policy`: brought by pull requests,
 * and the second counts as last carried out; `about`: for people.
 */
export type Nature = "fact" | "signed" | "derived" | "proposed" | "policy" | "about";

export interface Place {
  /** The file, or the directory of files that are alike. */
  readonly at: string;
  /** What such files are called before their suffix: `below` is any path. Null: there is one file. */
  readonly each: "serial" | "name" | "any" | "below" | null;
  readonly suffix: string;
  readonly nature: Nature;
  /** What in git's history vouches for it: its first version, or the last on main's own line. */
  readonly witness?: "first" | "line";
  /** Something else in the place of a file holds up the client, server or signer whose it is, and nobody else. */
  readonly ofOne?: true;
  /** Two versions never merge line by line, as of what is derived or signed. */
  readonly whole?: true;
}

type More = Pick<Place, "witness" | "ofOne" | "whole">;

const file = <At extends string>(at: At, nature: Nature, more: More = {}) =>
  ({ at, each: null, suffix: "", nature, ...more }) satisfies Place;

const files = <At extends string, Each extends NonNullable<Place["each"]>>(
  at: At,
  each: Each,
  suffix: string,
  nature: Nature,
  more: More = {},
) => ({ at, each, suffix, nature, ...more }) satisfies Place;

const servers = Object.fromEntries(
  SOFTWARE.map((software) => [software, files(`pki/${software}`, "below", "", "derived")]),
) as { readonly [S in Software]: Place & { readonly at: `pki/${S}`; readonly each: "below" } };

/**
 * Everything that may stand below pki/ (DESIGN 3). Who reads, guards, checks, compares, commits or removes such files
 * asks here, so that a new place is known to all of them.
 */
export const LAYOUT = {
  caCertificate: file("pki/ca.crt", "fact"),
  caKey: file("pki/private/ca.key", "fact"),
  crl: file("pki/crl.pem", "signed"),
  carriedOut: file("pki/registry.yaml", "fact", { witness: "line", whole: true }),
  index: file("pki/index.txt", "derived"),
  indexAttr: file("pki/index.txt.attr", "derived"),
  readme: file("pki/README.md", "about"),
  allowedSigners: file("pki/allowed_signers", "policy"),
  guardAllow: file("pki/guard-allow.yaml", "policy"),
  certificates: files("pki/certs_by_serial", "serial", ".pem", "fact", { witness: "first" }),
  revoked: files("pki/revoked", "serial", ".yaml", "fact", { witness: "first" }),
  held: files("pki/held", "serial", ".yaml", "fact", { witness: "line" }),
  requests: files("pki/reqs", "name", ".req", "proposed", { ofOne: true }),
  signing: files("pki/signing", "any", "", "proposed"),
  private: files("pki/private", "name", ".key", "derived", { ofOne: true }),
  keys: files("pki/private/by_serial", "serial", ".key", "fact", { ofOne: true }),
  issued: files("pki/issued", "name", ".crt", "derived", { ofOne: true }),
  renewals: files("pki/renewals", "serial", ".p7m", "derived", { ofOne: true }),
  ...servers,
} as const;

type Layout = typeof LAYOUT;
export type PlaceName = keyof Layout;
/** Places with many files. */
export type Directory = { [P in PlaceName]: Layout[P]["each"] extends null ? never : P }[PlaceName];
/** Places of keys, which are ciphertext in git. */
export type PrivatePlace = { [P in PlaceName]: Layout[P]["at"] extends `pki/private${string}` ? P : never }[PlaceName];

const ENTRIES: readonly (readonly [name: PlaceName, place: Place])[] = Object.entries(LAYOUT) as [PlaceName, Place][];

/** The places of which something is so. */
export function placesWhere(test: (place: Place, name: PlaceName) => boolean): string[] {
  return ENTRIES.flatMap(([name, place]) => (test(place, name) ? [place.at] : []));
}

const PRIVATE: ReadonlySet<PlaceName> = new Set<PrivatePlace>(["caKey", "keys", "private"]);

export function isPrivatePlace(place: PlaceName): place is PrivatePlace {
  return PRIVATE.has(place);
}

export const DIR = Object.fromEntries(
  ENTRIES.flatMap(([name, { at, each }]) => (each === null ? [] : [[name, at]])),
) as { readonly [P in Directory]: Layout[P]["at"] };

export const CA_CERTIFICATE = LAYOUT.caCertificate.at;
export const CA_KEY = LAYOUT.caKey.at;
export const CRL_FILE = LAYOUT.crl.at;
export const CARRIED_OUT = LAYOUT.carriedOut.at;
export const INDEX = LAYOUT.index.at;
export const INDEX_ATTR = LAYOUT.indexAttr.at;
export const PKI_README = LAYOUT.readme.at;
export const SIGNERS_FILE = LAYOUT.allowedSigners.at;
export const ALLOW_FILE = LAYOUT.guardAllow.at;

/** Where the servers' configuration is, of every software. */
export const SERVER_DIRS = SOFTWARE.map((software) => DIR[software]);

const fileIn = (name: Directory) => (key: string) => `${LAYOUT[name].at}/${key}${LAYOUT[name].suffix}`;

export const path = {
  certificate: fileIn("certificates"),
  revocation: fileIn("revoked"),
  hold: fileIn("held"),
  request: fileIn("requests"),
  keyBySerial: fileIn("keys"),
  key: fileIn("private"),
  renewal: fileIn("renewals"),
  issued: fileIn("issued"),
} as const;

const SINGLE = new Map(ENTRIES.flatMap(([name, { at, each }]) => (each === null ? [[at, name]] : [])));
const BY_DIRECTORY = new Map(ENTRIES.flatMap(([name, { at, each }]) => (each === null ? [] : [[at, name]])));

/** A place, and what tells its files apart: a serial number, a name, a path below it; empty where there is one file. */
export interface Placed {
  readonly place: PlaceName;
  readonly key: string;
}

/** The place in which a path lies, whatever it is called there; null where nothing of Gatehouse's is kept. */
export function homeOf(path: string): PlaceName | null {
  const own = SINGLE.get(path) ?? BY_DIRECTORY.get(path.slice(0, path.lastIndexOf("/")));
  if (own !== undefined) return own;
  const above = BY_DIRECTORY.get(path.split("/", 2).join("/"));
  return above !== undefined && LAYOUT[above].each === "below" ? above : null;
}

/** What a path is by its place and suffix; null for what is none of Gatehouse's files. `isNamed` looks at the key. */
export function placeOf(path: string): Placed | null {
  const place = homeOf(path);
  if (place === null) return null;
  const { at, suffix, each } = LAYOUT[place];
  if (each === null) return { place, key: "" };
  const key = path.slice(at.length + 1, path.length - suffix.length);
  return path.endsWith(suffix) && key !== "" ? { place, key } : null;
}

/** git keeps no empty directories. */
export function isPlaceholder(path: string): boolean {
  return path.endsWith("/.gitkeep");
}

const ONE_LINE = /^.+$/;

/** Whether the key is what such files are called. */
export function isNamed({ place, key }: Placed): boolean {
  const { each } = LAYOUT[place];
  if (each === "serial") return SERIAL.test(key);
  if (each === "name") return NAME.test(key);
  return each === "below" ? ONE_LINE.test(key) : each !== null || key === "";
}

export function isBelowPki(path: string): boolean {
  return path.startsWith("pki/");
}

/** Whether a path is pki/private, or lies below it. */
export function isPrivate(path: string): boolean {
  return path === DIR.private || path.startsWith(`${DIR.private}/`);
}

const BY_PULL_REQUEST: ReadonlySet<Nature> = new Set(["proposed", "policy", "about"]);

/** DESIGN 9: what a branch may change under pki/. Everything else there is state. */
export function isOfPullRequests(path: string): boolean {
  const place = placeOf(path)?.place;
  return place !== undefined && BY_PULL_REQUEST.has(LAYOUT[place].nature);
}

/** State, by its path below pki/: not what pull requests bring, nor what keeps directories. */
export function isState(path: string): boolean {
  return isBelowPki(path) && !isOfPullRequests(path) && !isPlaceholder(path);
}

export const POLICY_FILES = placesWhere(({ nature }) => nature === "policy");

/** Directories of files that each belong to one client, server or signer, deepest first. */
const OF_ONE = placesWhere(({ ofOne }) => ofOne === true).sort((a, b) => b.length - a.length);

/**
 * The file of one client, server or signer that this path is, or lies below where a directory took its place; null for
 * every other path.
 */
export function fileOfOne(path: string): string | null {
  const directory = OF_ONE.find((one) => path.startsWith(`${one}/`));
  if (directory === undefined || path === CA_KEY) return null;
  const end = path.indexOf("/", directory.length + 1);
  const own = end < 0 ? path : path.slice(0, end);
  return own === DIR.keys || own === CA_KEY || own.startsWith(`${directory}/.`) ? null : own;
}

/** Serials are whole bytes in upper-case hex, at most 20 of them (RFC 5280, 4.1.2.2). */
export const SERIAL_HEX = "(?:[0-9A-F]{2}){1,20}";
export const SERIAL = new RegExp(`^${SERIAL_HEX}$`);

/** Names of identities, groups, repositories and services, wherever one is read. */
export const NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,62}$/;

/**
 * The same where clients.yaml gives one. A dot at the end was let in once, and what was carried out then stays
 * readable; but `NAME..crt` looks like a way out of the directory to whoever checks paths.
 */
export const GIVEN_NAME = new RegExp(`${NAME.source.slice(0, -1)}(?<!\\.)$`);
export const RESERVED_NAMES: readonly string[] = ["ca", "root", "crl", "default", "hostnames", "include", "volatile"];

/** The rules of .gitattributes without which state or keys come to harm; at the end of the file they win. */
export const ATTRIBUTE_RULES: readonly string[] = [
  "pki/** -text -ident -working-tree-encoding",
  `${DIR.private}/** filter=git-crypt diff=git-crypt -merge`,
];

/** What is typed where they are missing. */
export const ADD_ATTRIBUTE_RULES = `printf '%s\\n' ${ATTRIBUTE_RULES.map((rule) => `'${rule}'`).join(" ")} >> .gitattributes`;

/** Patterns of what never merges line by line: reconcile makes it anew. Keys have a rule of their own. */
export const NEVER_MERGED = placesWhere(
  ({ nature, whole, at }) => (whole || nature === "derived" || nature === "signed") && !isPrivate(at),
).map((at) => (SINGLE.has(at) ? at : `${at}/**`));
