import { isDeepStrictEqual } from "node:util";
import type { AccessChange, Change, Plan } from "../../../scripts/model/plan.ts";
import { differing } from "./files.ts";
import type { Files } from "./objects.ts";
import { isSection, type Json, type Reading, type Sections } from "./reading.ts";

/** One way in which a plan did not say what happened. */
export type Lie = string;

/** Main, read at three points. */
export interface Happened {
  /** As it was when the plan was asked for. */
  readonly before: Reading;
  /** As it would be at that instant without the branch: what time and what waited on main do by themselves. */
  readonly unchanged: Reading;
  /** With the branch, carried out. */
  readonly after: Reading;
  /** Trees: main's tip, the merged one, and what reconcile made of it. */
  readonly base: Files;
  readonly merged: Files;
  readonly carriedOut: Files;
}

/** Everything that a plan said and that is not so, and everything that is so and was not said. */
export function lies(plan: Plan, happened: Happened): Lie[] {
  return [
    ...access(plan, happened),
    ...homes(plan, happened),
    ...certificates(plan, happened),
    ...revocationList(plan, happened),
    ...edits(plan, happened),
    ...definitions(plan, happened),
    ...derived(plan, happened),
    ...code(plan, happened),
  ];
}

function unlike(what: string, said: unknown, happened: unknown): Lie[] {
  if (isDeepStrictEqual(said, happened)) return [];
  return [`${what}: the plan says ${JSON.stringify(said)}, what happens is ${JSON.stringify(happened)}`];
}

function repositoriesOf({ carriedOut }: Reading): Set<string> {
  const { repositories } = carriedOut;
  return new Set(isSection(repositories) ? Object.keys(repositories) : []);
}

/** `client: +gained -lost`, from the allow-lists before and after. */
function access(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const served = new Set([...repositoriesOf(unchanged), ...repositoriesOf(after)]);
  const only = (names: readonly string[]) => names.filter((name) => served.has(name));
  const said = plan.access.flatMap((change: AccessChange) =>
    line(change.client, only(change.gains), only(change.loses)),
  );
  const old = new Map(
    plan.access.flatMap(({ client, previously }) => (previously === null ? [] : [[client, previously]])),
  );
  const renamed = new Set(old.values());
  const names = new Set([...unchanged.reach.keys(), ...after.reach.keys()]);
  const differs = [...names].sort().flatMap((name) => {
    if (renamed.has(name) && !after.reach.has(name)) return [];
    const [was, is] = [unchanged.reach.get(old.get(name) ?? name) ?? [], after.reach.get(name) ?? []];
    return line(
      name,
      is.filter((one) => !was.includes(one)),
      was.filter((one) => !is.includes(one)),
    );
  });
  return unlike("access", said, differs);
}

function line(client: string, gains: readonly string[], loses: readonly string[]): string[] {
  if (gains.length + loses.length === 0) return [];
  return [[`${client}:`, ...gains.map((one) => `+${one}`), ...loses.map((one) => `-${one}`)].join(" ")];
}

/** A home that moved is told by an edit or by access. */
function homes(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const told = new Set(plan.access.map(({ client }) => client));
  const renamed = new Map(plan.access.map(({ client, previously }) => [client, previously]));
  const moved = plan.edits.some(({ section, field }) => section === "repositories" && field === "path");
  return [...after.homes].flatMap(([client, path]) => {
    const was = unchanged.homes.get(renamed.get(client) ?? client);
    const own = plan.edits.some(
      ({ section, name, field }) => section === "clients" && name === client && field === "home",
    );
    return was === path || own || told.has(client) || moved
      ? []
      : [`home: ${client} ${was} becomes ${path}, and nothing says so`];
  });
}

function certificates(plan: Plan, { before, after }: Happened): Lie[] {
  const made = [...after.certificates].filter(([serial]) => !before.certificates.has(serial));
  const gone = [...before.certificates.keys()].filter((serial) => !after.certificates.has(serial));
  const named = (...kinds: readonly Change["kind"][]) =>
    plan.changes.flatMap((change) => ("identity" in change && kinds.includes(change.kind) ? [change] : []));
  const serials = (kind: Change["kind"]) =>
    named(kind)
      .flatMap((change) => ("serial" in change ? [change.serial] : []))
      .sort();
  const revoked = [...after.revoked].filter(([serial]) => !before.revoked.has(serial));
  const said = plan.changes.flatMap((change) =>
    change.kind === "revoke" ? [`${change.serial} ${change.reason}`] : [],
  );
  const held = [...after.held].filter((serial) => !before.held.has(serial));
  const released = [...before.held].filter((serial) => !after.held.has(serial) && !after.revoked.has(serial));
  return [
    ...unlike(
      "certificates",
      named("issue", "renew")
        .map(({ identity }) => identity)
        .sort(),
      made.map(([, { identity }]) => identity).sort(),
    ),
    ...unlike("lost certificates", [], gone),
    ...unlike("revocations", said.sort(), revoked.map(([serial, reason]) => `${serial} ${reason}`).sort()),
    ...unlike("holds", serials("hold"), held.sort()),
    ...unlike("releases", serials("release"), released.sort()),
  ];
}

/** openssl's words for the reasons of ours. */
const REASONS: Readonly<Record<string, string>> = {
  "Key Compromise": "keyCompromise",
  "Affiliation Changed": "affiliationChanged",
  Superseded: "superseded",
  "Cessation Of Operation": "cessationOfOperation",
  "Privilege Withdrawn": "privilegeWithdrawn",
  "Certificate Hold": "certificateHold",
  "": "unspecified",
};

function revocationList(plan: Plan, { before, after }: Happened): Lie[] {
  const added: string[] = [];
  for (const [serial, reason] of after.crl.entries) {
    if (before.crl.entries.get(serial) !== reason) added.push(`${serial} ${REASONS[reason] ?? reason}`);
  }
  const removed = [...before.crl.entries.keys()].filter((serial) => !after.crl.entries.has(serial));
  const entries = plan.changes.flatMap((change) => {
    if (change.kind === "revoke") return [`${change.serial} ${change.reason}`];
    return change.kind === "hold" ? [`${change.serial} certificateHold`] : [];
  });
  const released = plan.changes.flatMap((change) => (change.kind === "release" ? [change.serial] : []));
  const over = (serial: string) => !released.includes(serial);
  const ended = removed.filter(over);
  const signed = plan.changes.some(({ kind }) => kind === "crl");
  return [
    ...unlike("entries of the CRL", entries.sort(), added.sort()),
    ...unlike(
      "entries that leave the CRL",
      released.filter((serial) => before.crl.entries.has(serial)).sort(),
      removed.filter((serial) => !over(serial)).sort(),
    ),
    ...unlike(
      "entries of the CRL that go without having ended",
      [],
      ended.filter((serial) => !hasEnded(serial, before)),
    ),
    ...unlike("a new CRL", signed, before.crl.number !== after.crl.number),
  ];
}

function hasEnded(serial: string, { certificates: all }: Reading): boolean {
  return all.has(serial);
}

/**
 * Every field of clients.yaml that differs and has an effect is said; nothing is said that differs neither there nor
 * once every default is filled in. A default may be told by itself or by everybody whom it reaches, and a client that
 * is renamed is told beside what it was.
 */
function edits(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const said = new Set(plan.edits.map(({ section, name, field }) => `${section} ${name} ${field}`));
  const renames = plan.access.flatMap(({ client, previously }) =>
    previously === null ? [] : [[previously, client] as const],
  );
  const written = differences(renamed(unchanged.registry, renames), after.registry);
  const meant = differences(renamed(inYaml(unchanged.carriedOut), renames), inYaml(after.carriedOut));
  const known = new Set([...written, ...meant]);
  const unsaid = written.filter((one) => {
    const [section, , field = ""] = one.split(" ");
    if (section !== "certificates") return !said.has(one) && meant.includes(one);
    const reached = meant.filter((other) => other.endsWith(` ${field}`));
    return !said.has(one) && !reached.every((other) => said.has(other));
  });
  return [
    ...unlike("edits that are not told", [], unsaid),
    ...unlike("edits of nothing", [], [...said].filter((one) => !known.has(one)).sort()),
  ];
}

function renamed(registry: Sections, renames: readonly (readonly [string, string])[]): Sections {
  const names = new Map(renames);
  const clients = Object.entries(fields(registry["clients"])).map(([name, entry]) => [names.get(name) ?? name, entry]);
  return { ...registry, clients: Object.fromEntries(clients) };
}

/** `renewBefore` as people write it: `renew_before`. */
function inYaml(value: Sections): Sections {
  const name = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inside = (entry: Json): Json => {
    if (!isSection(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).map(([key, field]) => [name(key), inside(field)]));
  };
  return Object.fromEntries(Object.entries(value).map(([section, entry]) => [section, inside(entry)]));
}

const isWhole = (section: string) => ["authority", "certificates", "crl", "limits"].includes(section);

/** Every field of clients.yaml that differs, as YAML has it. */
function differences(before: Sections, after: Sections): string[] {
  const found: string[] = [];
  for (const section of union(before, after)) {
    const [was, is] = [fields(before[section]), fields(after[section])];
    if (isWhole(section)) found.push(...fieldsThatDiffer(was, is).map((field) => `${section} ${section} ${field}`));
    else {
      for (const name of union(was, is)) {
        const fieldNames = fieldsThatDiffer(fields(was[name]), fields(is[name]));
        found.push(...fieldNames.map((field) => `${section} ${name} ${field}`));
      }
    }
  }
  return found;
}

function fields(value: Json | undefined): Sections {
  return isSection(value) ? value : {};
}

function fieldsThatDiffer(was: Sections, is: Sections): string[] {
  return union(was, is).filter((field) => !isDeepStrictEqual(plain(was[field]), plain(is[field])));
}

/** Lists as sets; what says nothing as null. */
function plain(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.length === 0 ? null : value.toSorted();
  return value === undefined || value === false ? null : value;
}

function union(a: Sections, b: Sections): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

const DEFINED = ["repositories", "services", "servers", "signers", "authority", "crl", "limits"];

/** How certificates are made: edits tell of it. */
const SETTINGS = ["key", "lifetime", "renewBefore", "overlap"];

function meaning(value: Json | undefined): Sections {
  return Object.fromEntries(Object.entries(fields(value)).filter(([field]) => !SETTINGS.includes(field)));
}

/** What shifts meaning is a definition, and nothing is one that did not change. */
function definitions(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const said = plan.changes.flatMap((change) =>
    change.kind === "definition" ? [`${change.section} ${change.name}`] : [],
  );
  const real = new Set<string>();
  for (const section of DEFINED) {
    const [was, is] = [fields(unchanged.carriedOut[section]), fields(after.carriedOut[section])];
    if (isWhole(section)) {
      if (!isDeepStrictEqual(was, is)) real.add(`${section} ${section}`);
    } else
      for (const name of union(was, is))
        if (!isDeepStrictEqual(meaning(was[name]), meaning(is[name])) || name in was !== name in is)
          real.add(`${section} ${name}`);
  }
  const unsaid = [...real].filter((one) => !said.includes(one));
  const unreal = said.filter((one) => !one.startsWith("groups ") && !real.has(one));
  return [
    ...unlike("definitions that are not told", [], unsaid),
    ...unlike("definitions that did not change", [], unreal),
  ];
}

/** Facts, what is signed, and keys: told by decisions, not as files. */
const FACTS = /^pki\/(?:certs_by_serial|revoked|held|private\/by_serial)\/|^pki\/crl\.pem$/;

function derived(plan: Plan, { base, merged, carriedOut }: Happened): Lie[] {
  const said = plan.changes.flatMap((change) =>
    change.kind === "file" && !FACTS.test(change.path) ? [change.path] : [],
  );
  const real = differing(merged, carriedOut).filter((path) => path.startsWith("pki/") && !FACTS.test(path));
  const outside = differing(merged, carriedOut).filter((path) => !path.startsWith("pki/"));
  const state = differing(base, merged).filter((path) => path.startsWith("pki/") && !OF_PULL_REQUESTS.test(path));
  return [
    ...unlike("files", said.sort(), real),
    ...unlike("files outside of pki/ that reconcile wrote", [], outside),
    ...unlike("state that the branch changed", [], state),
  ];
}

const OF_PULL_REQUESTS = /^pki\/(?:reqs\/[^/]+\.req|signing\/[^/]+|allowed_signers|guard-allow\.yaml|README\.md)$/;

/** DESIGN 4: everything is code but clients.yaml, pki/ and Markdown that is an ordinary file. */
function code(plan: Plan, { base, merged }: Happened): Lie[] {
  const isData = (path: string) =>
    path === "clients.yaml" ||
    path.startsWith("pki/") ||
    (/\.md$/i.test(path) && (merged.get(path)?.mode ?? "100644") === "100644");
  const real = differing(base, merged).filter((path) => !isData(path));
  const said = plan.warnings.some((warning) => warning.code === "CodeChanged");
  return unlike("code that changes", said, real.length > 0);
}
