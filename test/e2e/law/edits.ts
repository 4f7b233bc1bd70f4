import { isDeepStrictEqual } from "node:util";
import { type Fields, fieldsOf, names, setField, setFields, type Value } from "./registry-text.ts";

/** Which entry, which of its fields, which value: numbers, taken modulo what there is, so that shrinking keeps sense. */
export interface Edit {
  readonly kind: EditKind;
  readonly entry: number;
  readonly field: number;
  readonly value: number;
}

export const EDIT_KINDS = [
  "client",
  "group",
  "removeClient",
  "addClient",
  "rename",
  "tombstone",
  "repository",
  "server",
  "defaults",
  "crl",
  "limits",
  "authority",
  "signer",
  "addGroup",
  "removeGroup",
  "addRepository",
  "addServer",
] as const;
type EditKind = (typeof EDIT_KINDS)[number];

/** A tree's clients.yaml, and requests that a change may bring with it: name → PEM. */
export interface Draft {
  readonly text: string;
  readonly requests: ReadonlyMap<string, string>;
}

const ABSENT = undefined;
type Choices = Readonly<Record<string, readonly (Value | undefined)[]>>;

/** Fields of clients that are changed more often than others: what a day's work is. */
const OFTEN = ["groups", "suspended", "home"];

const SETTINGS: Choices = {
  lifetime: [ABSENT, "90d", "40d", "10y"],
  renew_before: [ABSENT, "10d", "60d"],
  overlap: [ABSENT, "5d", "5y"],
  key: [ABSENT, "ed25519", "ec-p384"],
};
const EXPIRES = [ABSENT, "2026-12-15", "2027-03-01", "2126-12-15", "2026-11-20"];

const CLIENT: Choices = {
  groups: [],
  suspended: [true, ABSENT],
  expires: EXPIRES,
  home: [],
  contact: [ABSENT, "ops@example.com", "someone@example.com"],
  reissue: [
    ABSENT,
    { before: "2026-11-22T00:00:00Z", reason: "keyCompromise" },
    { before: "2026-11-26T00:00:00Z", reason: "superseded" },
  ],
  csr: [true, ABSENT],
  organization: [ABSENT, "Other Ltd"],
  country: [ABSENT, "PL"],
  ...SETTINGS,
};
const REPOSITORY: Choices = {
  path: ["/alpha/", "/beta/", "/gamma/"],
  root: ["/srv/alpha", "/srv/beta", "/srv/gamma"],
  type: ["pkg", "files", "pkgsrc"],
};
const SERVER: Choices = {
  names: [ABSENT, ["pkg.example.com", "alt.example.com"], ["new.example.com"]],
  listen: [ABSENT, [8443]],
  url: [ABSENT, "https://front.example.com"],
  repositories: [ABSENT, ["files"], ["files", "pkg"]],
  deploy: [ABSENT, { to: "ssh", host: "root@pkg.example.com:22" }],
  ...SETTINGS,
};
const LIMITS: Choices = {
  lose: [ABSENT, "50%", "5%"],
  allow: [
    ABSENT,
    { lose: 3, until: "2027-06-01" },
    { lose: 4, until: "2027-06-01" },
    { lose: 1, until: "2026-11-22" },
    { lose: 7, until: "2027-06-01" },
  ],
  signed: [ABSENT, true],
};
const AUTHORITY: Choices = {
  lifetime: [ABSENT, "5y"],
  common_name: ["Test CA", "Another CA"],
};
const CRL: Choices = { lifetime: [ABSENT, "60d", "10d"], renew_before: [ABSENT, "5d"] };

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % Math.max(1, list.length)];
}

/** Those of a list whose bit is set. */
function some(list: readonly string[], bits: number): string[] {
  return list.filter((_, at) => (bits >> at) & 1);
}

function choose({ text, requests }: Draft, section: string, edit: Edit, choices: Choices): Draft {
  const fields = [...Object.keys(choices), ...OFTEN.filter((field) => field in choices)];
  const field = pick(fields, edit.field) ?? "";
  const values = choices[field] ?? [];
  const name = pick(liftable(text, section, field, values, edit.value) ?? names(text, section), edit.entry);
  if (name === undefined) return { text, requests };
  if (section === "clients" && field === "csr" && edit.value % 2 === 0) requests = new Map([...requests, [name, ""]]);
  const at = { section, name, field };
  return { text: setField(text, section, name, field, newValue(text, at, values, edit.value)), requests };
}

/** A suspension is lifted of one who is suspended, where there is one. */
function liftable(text: string, section: string, field: string, values: Choices[string], value: number) {
  if (field !== "suspended" || pick(values ?? [], value) !== ABSENT) return null;
  const suspended = names(text, section).filter((name) => fieldsOf(text, section, name)?.["suspended"] === true);
  return suspended.length === 0 ? null : suspended;
}

interface At {
  readonly section: string;
  readonly name: string;
  readonly field: string;
}

function newValue(text: string, at: At, values: Choices[string], value: number): Value | undefined {
  if (at.field === "groups") return some(names(text, "groups"), value);
  return another(text, at, at.field === "home" ? [ABSENT, ...names(text, "repositories")] : values, value);
}

/** One of these values that is not there already: an edit shall change something. */
function another(text: string, { section, name, field }: At, values: Choices[string], value: number) {
  const now = fieldsOf(text, section, name)?.[field];
  return pick(
    (values ?? []).filter((one) => !isDeepStrictEqual(one, now)),
    value,
  );
}

/** A section without entries, written as one line. */
function ofSection({ text, requests }: Draft, section: string, edit: Edit, choices: Choices): Draft {
  const [field, values] = pick(Object.entries(choices), edit.field) ?? ["", []];
  return {
    requests,
    text: setField(text, section, section, field, another(text, { section, name: section, field }, values, edit.value)),
  };
}

const NEW_NAMES = ["mallory", "nina", "oscar", "zoe"];

const changed = (draft: Draft, text: string): Draft => ({ ...draft, text });

function written(draft: Draft, section: string, name: string | undefined, fields: Fields | null): Draft {
  return name === undefined ? draft : changed(draft, setFields(draft.text, section, name, fields));
}

function renamed(draft: Draft, { entry, value }: Edit): Draft {
  const old = pick(names(draft.text, "clients"), entry);
  const name = pick(NEW_NAMES, value);
  if (old === undefined || name === undefined || old === name) return draft;
  const fields = { ...fieldsOf(draft.text, "clients", old), previously: old };
  return written(written(draft, "clients", old, null), "clients", name, fields);
}

function newClient(draft: Draft, { entry, field, value }: Edit): Draft {
  const name = pick(NEW_NAMES, entry);
  const expires = pick(EXPIRES, field);
  const groups = some(names(draft.text, "groups"), value);
  return written(draft, "clients", name, expires === undefined ? { groups } : { groups, expires });
}

function group(draft: Draft, { entry, field, value }: Edit): Draft {
  const name = pick(names(draft.text, "groups"), entry);
  if (name === undefined) return draft;
  if (field % 3 === 0)
    return changed(draft, setField(draft.text, "groups", name, "sensitive", pick([true, ABSENT], value)));
  const repositories = some(names(draft.text, "repositories"), value);
  return changed(draft, setField(draft.text, "groups", name, "repositories", repositories));
}

const DO: { readonly [K in EditKind]: (draft: Draft, edit: Edit) => Draft } = {
  client: (draft, edit) => choose(draft, "clients", edit, CLIENT),
  group,
  removeClient: (draft, { entry }) => written(draft, "clients", pick(names(draft.text, "clients"), entry), null),
  addClient: newClient,
  rename: renamed,
  tombstone: (draft, { entry, value }) =>
    written(draft, "clients", pick(names(draft.text, "clients"), entry), {
      revoked: pick(["keyCompromise", "privilegeWithdrawn"], value) ?? "",
    }),
  repository: (draft, edit) => choose(draft, "repositories", edit, REPOSITORY),
  server: (draft, edit) => choose(draft, "servers", edit, SERVER),
  defaults: (draft, edit) => ofSection(draft, "certificates", edit, SETTINGS),
  crl: (draft, edit) => ofSection(draft, "crl", edit, CRL),
  limits: (draft, edit) => ofSection(draft, "limits", edit, LIMITS),
  authority: (draft, edit) => ofSection(draft, "authority", edit, AUTHORITY),
  signer: (draft, { entry, value }) =>
    written(
      draft,
      "signers",
      pick(["build01", "build02"], entry),
      pick([{ repository: "pkg" }, null, {}], value) ?? null,
    ),
  addGroup: (draft, { value, field }) => {
    const repositories = some(names(draft.text, "repositories"), value);
    return written(draft, "groups", "extra", field % 2 === 0 ? { repositories } : { repositories, sensitive: true });
  },
  removeGroup: (draft, { entry }) => written(draft, "groups", pick(names(draft.text, "groups"), entry), null),
  addRepository: (draft, { value }) =>
    written(
      draft,
      "repositories",
      "more",
      pick([{ type: "files", path: "/more/", root: "/srv/more" }, null], value) ?? null,
    ),
  addServer: (draft, { value }) =>
    written(
      draft,
      "servers",
      "two.example.com",
      pick([{ software: "nginx" }, { software: "apache" }, null], value) ?? null,
    ),
};

export function edited(draft: Draft, edit: Edit): Draft {
  return DO[edit.kind](draft, edit);
}
