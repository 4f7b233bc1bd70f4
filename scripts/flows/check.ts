import { authorityKey, wantsPassphrase } from "../check/authority-key.ts";
import { certificates } from "../check/certificates.ts";
import { crl } from "../check/crl.ts";
import { derived, pending, planned } from "../check/derived.ts";
import { entriesOf } from "../check/entries.ts";
import { authorityMissing, doubts, registryProblems } from "../check/facts.ts";
import { type History, NO_HISTORY, readHistory } from "../check/history.ts";
import { hooks } from "../check/hooks.ts";
import { type CheckInput, committedIn, warn } from "../check/input.ts";
import { keyOf } from "../check/keys.ts";
import { lineFindings } from "../check/line.ts";
import { lostFacts, rewrittenFacts, shortHistory, together } from "../check/lost.ts";
import { attributes, filter, guarded } from "../check/repository.ts";
import { restorer } from "../check/restore.ts";
import { signing } from "../check/signing.ts";
import { leftovers, modes, unexpected } from "../check/tree.ts";
import { droppedAtOrigin, seenAtOrigin } from "../check/witness.ts";
import { secretsOf } from "../custody/secrets.ts";
import * as paths from "../model/layout.ts";
import type { Finding } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { ancestors } from "../system/first-parents.ts";
import { type Git, openGit } from "../system/git.ts";
import { newestTip, type Tip } from "../system/head.ts";
import { EXPORT_HINT } from "../vault/init.ts";
import { environmentKey } from "../vault/key-source.ts";
import { openVault } from "../vault/vault.ts";
import { unlockCommand } from "../vault/way-in.ts";
import { withAnewAdvice } from "./anew-reasons.ts";
import { type CommitAsked, gatherCommit } from "./check-commit.ts";
import { exportIsConfirmed } from "./export.ts";
import { gatehouseVersion, loadWorkingTree } from "./load.ts";
import { signaturesOfTree } from "./signed/index.ts";

export interface CheckOptions {
  readonly root: string;
  readonly now: Instant;
  /** False with --now. */
  readonly checkClock: boolean;
  readonly progress: (label: string, total: number) => { tick: (count: number) => void; done: () => void };
}

export interface Checked {
  /** Sorted by path; of one path, facts come first. */
  readonly findings: readonly Finding[];
  /** What was not looked at, and why. */
  readonly leftOut: readonly string[];
  readonly certificates: number;
}

/**
 * Every invariant of registry, state, derived files and repository. Reads only; needs no secret, and does more with
 * them. Of a commit: as data, without a working tree and what belongs to it.
 */
export async function check(options: CheckOptions, commit: CommitAsked | null = null): Promise<Checked> {
  const { input, git, only } = commit === null ? await gather(options) : await gatherCommit(options, commit);
  // Whoever fails first is reported; the others' failure must not count as unhandled.
  git.catch(() => {});
  const facts = await checkFacts(input, options);
  const doubtful = facts.some(({ level }) => level === "block");
  const list = await crl(input, doubtful);
  // What is derived from doubtful facts is doubtful itself, and no news.
  const made = doubtful ? null : planned(input);
  const plan = made === null || commit !== null ? made : await withAnewAdvice(made, input.root, input.state);
  const follows = plan === null ? [] : [...(await derived(input, plan)), ...(await pending(input, plan, list))];
  const tree = [
    ...modes(input),
    ...leftovers(input),
    ...unexpected(input, doubtful),
    ...signing(input),
    ...shortHistory(input),
  ];
  const findings = [
    ...only,
    ...registryProblems(input),
    ...facts,
    ...list,
    ...withoutTwins(follows, list),
    ...tree,
    ...(await git).flat(),
  ];
  const told = commit === null ? [...(await together(findings, input))] : findings;
  return {
    findings: told.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    leftOut: leftOut(input, doubtful, commit !== null),
    certificates: input.state.certificates.size,
  };
}

interface Gathered {
  readonly input: CheckInput;
  /** What git itself says of the repository. */
  readonly git: Promise<Finding[][]>;
  /** What is asked of this kind of tree alone. */
  readonly only: readonly Finding[];
}

async function gather({ root, now, checkClock }: CheckOptions): Promise<Gathered> {
  const git = openGit(root);
  const loading = loadWorkingTree(root, now);
  // Whoever fails first is reported; see check.
  loading.catch(() => {});
  const tip = await newestTip(git);
  const head = tip?.id ?? null;
  const [loaded, history] = await Promise.all([loading, tip === null ? NO_HISTORY : historyOf(git, tip)]);
  const entries = entriesOf(root);
  const files = new Set(entries.filter(({ kind }) => kind === "file").map(({ path }) => path));
  const read = (path: string) => (files.has(path) ? loaded.tree.read(path) : null);
  const common = {
    root,
    now,
    checkClock,
    version: gatehouseVersion(),
    git,
    head,
    history,
    committed: committedIn(git, head),
  };
  const { registry, problems, state } = loaded;
  const known = { registry, problems, state, signatures: await signaturesOfTree(loaded, root, head) };
  const restore = restorer(git, head, history, read);
  const input = { ...common, ...known, entries, read, restore, vault: openVault(root, process.env) };
  const asked = Promise.all([attributes(input), filter(input), hooks(input), guarded(input)]);
  return { input, git: asked, only: saved(input) };
}

/** With what was pushed over at origin. */
async function historyOf(git: Git, tip: Tip): Promise<History> {
  const [commits, seen] = await Promise.all([ancestors(git, [tip.id]), seenAtOrigin(git, tip)]);
  const dropped = await droppedAtOrigin(git, seen, tip.id, commits);
  return readHistory(git, tip, dropped.length === 0 ? commits : await ancestors(git, [tip.id, ...dropped]));
}

/** Facts, each path once: what says most about it stands first. */
async function checkFacts(input: CheckInput, { progress }: CheckOptions): Promise<Finding[]> {
  const line = progress("checking certificates", input.state.certificates.size);
  try {
    const doubted = [...(await authorityMissing(input)), ...(await doubts(input))];
    const chained = await certificates(
      input,
      () => line.tick(1),
      (certificate) => keyOf(certificate, input),
    );
    const passphrase = secretsOf(process.env, null).given();
    const written = [...rewrittenFacts(input), ...(await lineFindings(input))];
    const all = [...lostFacts(input), ...doubted, ...chained, ...(await authorityKey(input, passphrase)), ...written];
    return oncePerPath(withoutConsequences(all));
  } finally {
    line.done();
  }
}

/** With another certificate of the authority its key and its CRL fit no more: that is one finding, not three. */
function withoutConsequences(findings: readonly Finding[]): readonly Finding[] {
  if (findings.every(({ path }) => path !== paths.CA_CERTIFICATE)) return findings;
  return findings.filter(({ path }) => path !== paths.CA_KEY && path !== paths.CRL_FILE);
}

function oncePerPath(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  for (const finding of findings) if (!first.has(finding.path)) first.set(finding.path, finding);
  return [...first.values()];
}

/** The CRL is judged by its own check; what follows from the plan does not repeat it. */
function withoutTwins(findings: readonly Finding[], known: readonly Finding[]): Finding[] {
  const told = new Set(known.filter(({ level }) => level === "block").map(({ path }) => path));
  return findings.filter(({ path }) => !told.has(path));
}

/** A key that came from the environment is evidently saved somewhere else. */
function saved({ root, state, vault }: CheckInput): Finding[] {
  if (state.authority === null || vault.key === null || environmentKey(process.env) !== null) return [];
  if (exportIsConfirmed(root)) return [];
  const message = "git-crypt's key is the only way back to the authority, and nobody has confirmed that it is saved";
  const file = EXPORT_HINT.split(" ").at(-1);
  return [warn("KeyNotExported", ".git/git-crypt", message, `${EXPORT_HINT} && npm start -- --exported ${file}`)];
}

function leftOut(input: CheckInput, doubtful: boolean, ofCommit: boolean): string[] {
  const { root, vault, state, head } = input;
  return [
    ...(ofCommit
      ? ["Left out, because it is a commit that is looked at: modes, hooks and filter, and what the keys hold."]
      : []),
    ...(vault.state === "locked" && !ofCommit
      ? [`Left out, because the vault is locked (${unlockCommand(root)}): whether each key is that of its certificate.`]
      : []),
    ...(!ofCommit && wantsPassphrase(input) && secretsOf(process.env, null).given() === null
      ? [
          `Left out, because ${paths.CA_KEY} has a passphrase (GATEHOUSE_CA_PASSPHRASE_FILE): whether it is the authority's.`,
        ]
      : []),
    ...(doubtful ? ["Left out until the facts are mended: derived files, and what clients.yaml asks for."] : []),
    ...(head === null && state.authority !== null
      ? ["Left out, because nothing is committed yet: git's history."]
      : []),
  ];
}
