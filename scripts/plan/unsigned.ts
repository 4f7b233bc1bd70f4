import { isBelowPki, isOfPullRequests, PKI_README, placeOf, SIGNERS_FILE } from "../model/layout.ts";
import type { Refusal } from "../model/plan.ts";
import { printable, shellWord } from "../model/printable.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import { type Duration, formatInstant, type Instant } from "../model/time.ts";
import { namesSomebody } from "./allowed-signers.ts";

/**
 * What git and ssh-keygen say of a commit's signature, with the signers as they were before it:
 * - `good`: by a key that is listed, at its time, for git
 * - `none`, `bad` (the commit is not what was signed), `unknown` (key not listed)
 * - `elsewhen`: listed for another time; `elsewhere`: for another namespace than git
 * - `foreign`: OpenPGP or X.509, which nothing here can judge
 */
export type Verdict = "good" | "none" | "bad" | "unknown" | "elsewhen" | "elsewhere" | "foreign";

/** A commit as its judge sees it. */
export interface SignedCommit {
  readonly id: string;
  readonly author: string;
  readonly subject: string;
  readonly committed: Instant;
  readonly verdict: Verdict;
  /** `SHA256:…` of the key; null where no signature says. */
  readonly fingerprint: string | null;
  /** Signed with a key that is marked as CI's. */
  readonly byState: boolean;
  readonly isMerge: boolean;
  /** Against its first parent. */
  readonly touched: readonly Touched[];
}

/** What counts before a commit. */
export interface Before {
  /** The committer's date of its first parent. */
  readonly parent: Instant;
  /** Some key's time ends: then the date that a committer claims decides, and must not lie far back. */
  readonly timesEnd: boolean;
  /** A merge brings another allowed_signers, in which its signer is not listed. */
  readonly sideDisowns: boolean;
}

export interface UnsignedCommit {
  readonly id: string;
  readonly author: string;
  readonly subject: string;
  readonly why: string;
  /** It changes facts or requests under pki/: nothing that stands there can be believed. */
  readonly touchesFacts: boolean;
}

/** What keeps a signed history from being carried out. */
export interface Unsigned {
  /** Oldest first. */
  readonly commits: readonly UnsignedCommit[];
  /** Paths with changes that no commit holds. */
  readonly uncommitted: readonly string[];
  /** The clone does not hold every commit. */
  readonly shallow: boolean;
  /** The last commit before the first that does not count; null where there is none. */
  readonly good: string | null;
  readonly tip: string;
}

/** One path that a commit changes. */
export interface Touched {
  readonly path: string;
  readonly removed: boolean;
}

/** Whether reconcile may have changed this: state, and a request that goes with its client. */
export function isOfReconcile({ path, removed }: Touched): boolean {
  if (removed && placeOf(path)?.place === "requests") return true;
  return isBelowPki(path) && !isOfPullRequests(path);
}

/** Clocks of two people may differ so much, and a rebase may take so long. */
const SLACK: Duration = 86_400;

/** Why a commit does not count, in words that follow its name; null when it does. */
export function whyUnsigned(commit: SignedCommit, before: Before): string | null {
  const { verdict, fingerprint, byState, isMerge, touched, committed } = commit;
  if (verdict !== "good") return WORDS[verdict](fingerprint ?? "unknown");
  if (before.timesEnd && committed < before.parent - SLACK)
    return `claims to be of ${formatInstant(committed)}, though what it stands on is of ${formatInstant(before.parent)}: the time of its key cannot be judged`;
  if (byState && isMerge) return "is a merge signed with CI's key, which may sign nothing but state";
  const alien = byState ? touched.find((one) => !isOfReconcile(one)) : undefined;
  if (alien !== undefined)
    return `is signed with CI's key, which may sign nothing but state, and changes ${printable(alien.path)}`;
  return before.sideDisowns ? `merges a change of ${SIGNERS_FILE} that does not list its own signer` : null;
}

const WORDS: { readonly [V in Exclude<Verdict, "good">]: (key: string) => string } = {
  none: () => "is not signed",
  bad: () => "has a signature that does not verify: it is not what was signed",
  unknown: (key) => `is signed with a key (${key}) that ${SIGNERS_FILE} did not list before it`,
  elsewhen: (key) => `is signed with a key (${key}) that ${SIGNERS_FILE} lists for another time`,
  elsewhere: () => `is signed with a key that ${SIGNERS_FILE} lists for other namespaces than git`,
  foreign: () => "is signed with OpenPGP or X.509; only ssh signatures count",
};

/** Of a commit beside the first-parent line that carried something out while signatures were asked for. */
export const TURNED_AROUND =
  "carried a change out, and is not among the first parents here: a merge has turned history around";

export function touchesFacts(touched: readonly Touched[]): boolean {
  return touched.some(({ path }) => isBelowPki(path) && path !== PKI_README);
}

/** Whether nothing at all may be done: state, or a request, may be a stranger's. */
export function doubtsFacts(unsigned: Unsigned | null): boolean {
  if (unsigned === null) return false;
  const { commits, uncommitted, shallow } = unsigned;
  return shallow || commits.some((one) => one.touchesFacts) || uncommitted.some(isBelowPki);
}

/** So many are named one by one. */
const NAMED = 20;

/** Unsigned, once for each commit. */
export function unsignedRefusals(unsigned: Unsigned | null): Refusal[] {
  if (unsigned === null) return [];
  const { commits, uncommitted, shallow } = unsigned;
  if (shallow) return [refusal(SHALLOW)];
  const messages = commits.slice(0, NAMED).map((one) => `${nameOf(one)} ${one.why}.`);
  const rest = commits.length - messages.length;
  if (rest > 0) messages.push(`${rest} more commits after these are not signed as they should be.`);
  const [first, ...others] = messages;
  const mended = first === undefined ? [] : [`${first} ${wayOut(unsigned)}`, ...others];
  return [...mended, ...uncommitted.map(notCommitted)].map(refusal);
}

/**
 * Whoever switches limits.signed on must be able to go on from there: with nobody listed, no later commit counts, not
 * even the one that takes it back.
 */
export function signedByNobody(registry: Registry, state: State, signers: string): Refusal[] {
  if (!registry.limits.signed || state.carriedOut?.registry.limits.signed === true) return [];
  if (namesSomebody(signers)) return [];
  return [
    refusal(
      `limits.signed asks for signatures, and ${SIGNERS_FILE} lists nobody whose signature would count. List who may sign in it first: docs/signed.md.`,
    ),
  ];
}

const SHALLOW =
  "this clone is shallow, and signatures cannot be followed back to where they began. Fetch the rest: git fetch --unshallow (in CI: the whole history).";

function refusal(message: string): Refusal {
  return { code: "Unsigned", message };
}

/** `abc123def456 (Ann, "Add carol")`; whoever wrote the commit chose these words. */
function nameOf({ id, author, subject }: UnsignedCommit): string {
  return `${id.slice(0, 12)} (${printable(short(author))}, "${printable(short(subject))}")`;
}

function short(text: string): string {
  const all = [...text];
  return all.length <= 60 ? text : `${all.slice(0, 60).join("")}…`;
}

function wayOut({ good, tip }: Unsigned): string {
  if (good === null) return "See docs/signed.md.";
  const [from, to] = [good.slice(0, 12), tip.slice(0, 12)];
  return `Look at what is not vouched for (git diff ${from} ${to}); if it is right, put a merge that you sign in its place: git switch --detach ${from} && git merge --no-ff -S ${to}, and push that; see docs/signed.md.`;
}

function notCommitted(path: string): string {
  return `${printable(path)} has changes that are in no commit, and limits.signed carries out signed commits only. Commit it: git add -- ${printable(shellWord(path))} && git commit -S.`;
}
