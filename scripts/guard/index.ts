import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ALLOW_FILE } from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { now as clock } from "../system/clock.ts";
import { type Git, openGit } from "../system/git.ts";
import { changedPaths, headOf } from "../system/head.ts";
import { indexEntries, MissingObject, type StagedEntry } from "../system/objects.ts";
import { type Allow, NOTHING_ALLOWED, parseAllow } from "./allow.ts";
import { keyRules, RULES, type Unprotected, unprotected } from "./attributes.ts";
import { readObjects } from "./blobs.ts";
import { leftVault } from "./commit-attributes.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";
import { foreignFindings } from "./foreign.ts";
import { Judge } from "./judge.ts";
import { isProtected, needsFilter, openSecrets } from "./protected.ts";

export type { GuardFinding } from "./finding.ts";

/** Whether git's attributes protect keys that are still to come: some callers ask that themselves, and of more. */
export type Rules = "judge rules" | "leave rules";

/**
 * Looks at what the next commit would hold: every protected entry of the index, every changed blob elsewhere, foreign
 * code, and whether git's attributes protect keys that are still to come. Only objects are read, never diffs (textconv shows
 * decrypted keys) nor the working tree (it is not what is committed). Works before the first commit. Throws when it
 * cannot decide.
 */
export async function guardStaged(
  root: string,
  now: Instant = clock(),
  rules: Rules = "judge rules",
): Promise<GuardFinding[]> {
  const git = openGit(root);
  const [entries, changed, loose] = await Promise.all([
    indexEntries(git),
    changedPaths(git),
    rules === "judge rules" ? unprotected(git, "working tree", []) : null,
  ]);
  const kept = entries.filter(needsFilter).map(({ path }) => path);
  const { wrong, filters } = await keyRules(git, "index", kept);
  const policy = await readAllow(git, entries, now);
  const judge = new Judge({ secrets: openSecrets(root, filters), allow: policy.allow, published: false, now });
  const items = entries
    .filter(({ path }) => isProtected(path) || changed.has(path))
    .map((entry) => stagedItem(entry, changed.get(entry.path)));
  await judgeAll(git, judge, items);
  const judged = rules === "judge rules" && (entries.length > 0 || (await headOf(git)).kind === "commit");
  const rulesFindings = judged ? attributeFindings(root, wrong, loose) : [];
  const left = await leftVault(git, judge.ciphertext);
  return sorted([...policy.findings, ...rulesFindings, ...foreign(entries, changed), ...left, ...judge.findings]);
}

function stagedItem({ mode, id, path }: StagedEntry, isNew: boolean | undefined): Item {
  const remove =
    isNew === false ? `git restore --staged -- ${shellWord(path)}` : `git rm --cached -- ${shellWord(path)}`;
  return { mode, id, path, commit: null, remove };
}

/** What HEAD has is known. */
function foreign(entries: readonly StagedEntry[], changed: ReadonlyMap<string, boolean>): GuardFinding[] {
  const paths = entries.map(({ path }) => path);
  return foreignFindings(paths, new Set(paths.filter((path) => changed.get(path) !== true)), null);
}

function attributeFindings(root: string, inIndex: Unprotected | null, loose: Unprotected | null): GuardFinding[] {
  const wrong = inIndex ?? loose;
  if (wrong === null) return [];
  const where = inIndex === null ? " in the working tree" : "";
  const message = `the rules${where} do not protect ${wrong.path}: ${wrong.why}`;
  const local = join(root, ".git/info/attributes");
  const overridden = existsSync(local) && statSync(local).size > 0;
  const item: Item = {
    mode: "",
    id: "",
    path: overridden ? ".git/info/attributes" : ".gitattributes",
    commit: null,
    remove: RULES,
  };
  return [block(item, "Attributes", message, overridden ? "rm .git/info/attributes" : RULES)];
}

/** Judges entries with their contents: protected ones, and whatever else is given. */
export async function judgeAll(git: Git, judge: Judge, given: readonly Item[]): Promise<void> {
  const items: Item[] = [];
  for (const item of given) {
    items.push((await judge.name(item)) ? { ...item, path: "(a file whose name holds a key)" } : item);
  }
  const byId = Map.groupBy(items, ({ id }) => id);
  for (const item of items) if (item.mode === "160000") await judge.judge([item], null);
  const blobs = items.filter(({ mode }) => mode !== "160000");
  try {
    for await (const { id, bytes } of readObjects(
      git,
      blobs.map(({ id }) => id),
    )) {
      const here = (byId.get(id) ?? []).filter(({ mode }) => mode !== "160000");
      await judge.judge(here, bytes, bytes === null);
    }
  } catch (error) {
    if (!(error instanceof MissingObject)) throw error;
    const item = byId.get(error.id)?.[0];
    if (item === undefined || item.commit !== null) throw error;
    throw new UserError(
      `${shellWord(item.path)} cannot be checked: git does not have its contents`,
      `run: ${item.remove}`,
    );
  }
}

/** Exceptions as they are in the index: what is committed with them is reviewed with them. */
async function readAllow(git: Git, entries: readonly StagedEntry[], now: Instant) {
  const entry = entries.find(({ path }) => path === ALLOW_FILE);
  if (entry === undefined) return { allow: NOTHING_ALLOWED, findings: [] };
  for await (const { bytes } of readObjects(git, [entry.id])) {
    return allowed(bytes, now, { ...entry, commit: null, remove: `\${EDITOR:-vi} ${ALLOW_FILE}` });
  }
  return { allow: NOTHING_ALLOWED, findings: [] };
}

/** The exceptions in the index. */
export async function policyOf(git: Git, now: Instant): Promise<Allow> {
  return (await readAllow(git, await indexEntries(git), now)).allow;
}

export async function allowed(
  bytes: Buffer | null,
  now: Instant,
  item: Item,
): Promise<{ allow: Allow; findings: GuardFinding[] }> {
  try {
    return { allow: await parseAllow(bytes ?? new Uint8Array(), now), findings: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { allow: NOTHING_ALLOWED, findings: [block(item, "AllowFile", error.message)] };
  }
}

export function sorted(findings: readonly GuardFinding[]): GuardFinding[] {
  const unique = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
