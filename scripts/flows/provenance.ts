import { isBelowPki, isOfPullRequests, path, REGISTRY_FILE, SIGNERS_FILE } from "../model/layout.ts";
import type { Certificate } from "../model/state.ts";
import { plainText } from "../model/text.ts";
import { parseSigners } from "../plan/allowed-signers.ts";
import { entryIn } from "../read/registry-entry.ts";
import {
  changesOf,
  commitsTouching,
  firstParents,
  type LineCommit,
  type PathChange,
  versionsOnLine,
} from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import { newestTip } from "../system/head.ts";
import { catBlobs, catFile } from "../system/objects.ts";
import { findProgram } from "../system/programs.ts";
import { openVerifier, type Verifier } from "../system/signatures.ts";
import type { CommitNamed, Origin, Provenance } from "../views/provenance.ts";
import { openHistory } from "./signed/index.ts";
import { verdictOf } from "./signed/stretch.ts";

/**
 * Which commits admitted and revoked a certificate: those that wrote its files, which are reconcile's, and before each
 * the change of clients.yaml that a reviewer saw. Null where nothing is committed yet.
 */
export async function provenanceOf(root: string, { serial, identity }: Certificate): Promise<Provenance | null> {
  const git = openHistory(root);
  const head = await newestTip(git);
  if (head === null) return null;
  const { id: tip, shallow } = head;
  // Without ssh-keygen nobody can say who signed; the rest is known all the same.
  const verifier = findProgram("ssh-keygen") === null ? null : await openVerifier(git);
  const origin = (file: string) => originOf({ git, verifier }, tip, file, identity);
  try {
    return {
      serial,
      shallow,
      admitted: await origin(path.certificate(serial)),
      revoked: await origin(path.revocation(serial)),
    };
  } finally {
    await verifier?.[Symbol.asyncDispose]();
  }
}

interface Context {
  readonly git: Git;
  readonly verifier: Verifier | null;
}

async function originOf(context: Context, tip: string, file: string, identity: string): Promise<Origin | null> {
  const first = (await commitsTouching(context.git, [tip], [file])).at(-1);
  if (first === undefined) return null;
  const line = await firstParents(context.git, first);
  const change = await changeOfEntry(context.git, line, identity);
  const state = await named(context, line.at(-1));
  if (state === null) return null;
  return { state, change: change?.id === first ? state : await named(context, change) };
}

/** So many versions of clients.yaml are read at once. */
const AT_ONCE = 32;

/** The newest commit of a line in which the entry of an identity is another than before. */
async function changeOfEntry(git: Git, line: readonly LineCommit[], identity: string): Promise<LineCommit | undefined> {
  const versions = await versionsOnLine(git, line, REGISTRY_FILE);
  const commits = line.filter(({ id }) => versions.has(id)).reverse();
  for (let at = 0; at < commits.length; at += AT_ONCE) {
    // One more: each is compared with the one before it.
    const some = commits.slice(at, at + AT_ONCE + 1);
    const contents = await catBlobs(
      git,
      some.flatMap(({ id }) => versions.get(id) ?? []),
    );
    const entries = some.map(({ id }) => {
      const bytes = contents.get(versions.get(id) ?? "");
      return entryIn(plainText(bytes ?? null), identity);
    });
    const found = some.slice(0, AT_ONCE).find((_, n) => entries[n] !== (entries[n + 1] ?? null));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A commit with who signed it, by the allowed_signers that were in force before it. */
async function named({ git, verifier }: Context, commit: LineCommit | undefined): Promise<CommitNamed | null> {
  if (commit === undefined) return null;
  const { id, committed, parents } = commit;
  const signers = plainText(parents[0] === undefined ? null : await catFile(git, parents[0], SIGNERS_FILE));
  const words = (await git.raw(["show", "--no-patch", "--no-show-signature", "--format=%an%n%s", id])).split("\n");
  const [author = "", subject = ""] = words;
  const signature = (await verifier?.verify([id], signers))?.get(id);
  if (signature === undefined) return { id, author, subject, committed, signature: null };
  const { principal, fingerprint } = signature;
  const known = new Set(parseSigners(signers).map((one) => one.fingerprint));
  const verdict = verdictOf(signature, known);
  const signer = verdict === "good" ? principal : null;
  return {
    id,
    author,
    subject,
    committed,
    signature: { verdict, signer, key: fingerprint === "" ? null : fingerprint },
  };
}

/** What reconcile's newest commit carried out. */
export interface CarriedOut {
  readonly commit: string;
  /** Of the plan that was carried out; null where the commit's message does not say. */
  readonly digest: string | null;
  /** Commits of main that came since the commit of reconcile before it, oldest first. */
  readonly since: readonly Since[];
  /** Whether there are more of them than were looked at. */
  readonly more: boolean;
}

interface Since {
  readonly commit: string;
  /** Whether it changes what is carried out: clients.yaml, or what a pull request may bring under pki/. */
  readonly asks: boolean;
}

/** So far back: each commit is a question to the forge. */
const MOST = 200;

/** What HEAD carried out and for which commits; null where HEAD is no commit of reconcile's. */
export async function carriedOutByHead(root: string): Promise<CarriedOut | null> {
  const git = openHistory(root);
  const line = (await firstParents(git, "HEAD")).slice(-MOST).reverse();
  const changes = await changesOf(git, line);
  const isState = ({ id, parents }: LineCommit) => parents.length === 1 && (changes.get(id) ?? []).some(ofState);
  const [head, ...before] = line;
  if (head === undefined || !isState(head)) return null;
  const end = before.findIndex(isState);
  // The last of them too: whether reconcile made it, or somebody who merged what was refused, the forge will know.
  const since = before.slice(0, end < 0 ? before.length : end + 1);
  const message = await git.raw(["show", "--no-patch", "--no-show-signature", "--format=%B", head.id]);
  return {
    commit: head.id,
    digest: /^Digest: (sha256:[0-9a-f]{64})$/m.exec(message.trim().split("\n").at(-1) ?? "")?.[1] ?? null,
    since: since.map(({ id }) => ({ commit: id, asks: (changes.get(id) ?? []).some(ofBranches) })).reverse(),
    more: end < 0 && line.length === MOST,
  };
}

const ofState = ({ path }: PathChange) => isBelowPki(path) && !isOfPullRequests(path);
const ofBranches = ({ path }: PathChange) => path === REGISTRY_FILE || isOfPullRequests(path);
