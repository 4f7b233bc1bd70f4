import { headOfCarriedOut, parseCarriedOut } from "../../model/canonical.ts";
import { SIGNERS_FILE } from "../../model/layout.ts";
import { plainText } from "../../model/text.ts";
import { parseSigners, STATE_PRINCIPAL, stateKeys } from "../../plan/allowed-signers.ts";
import {
  type Before,
  isOfReconcile,
  type SignedCommit,
  type Touched,
  touchesFacts,
  type UnsignedCommit,
  type Verdict,
  whyUnsigned,
} from "../../plan/unsigned.ts";
import { changesOf, commitsTouching, type LineCommit } from "../../system/first-parents.ts";
import type { Git } from "../../system/git.ts";
import { catBlobs, catFile } from "../../system/objects.ts";
import type { Signature, Verifier } from "../../system/signatures.ts";

/** Commits at places `from` to `to` of a line, which are all judged by the same allowed_signers. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** The blob of pki/allowed_signers; null where it was taken away. */
  readonly signers: string | null;
}

interface Context {
  readonly git: Git;
  readonly line: readonly LineCommit[];
  readonly policies: Policies;
  readonly verifier: Verifier;
}

/** The commits of a stretch that should be signed, and are not as they should be. */
export async function judgeStretch(context: Context, stretch: Stretch): Promise<UnsignedCommit[]> {
  const { line, policies } = context;
  const { from, to } = stretch;
  const signers = plainText(await bytesOf(context.git, stretch.signers));
  const voucher = await newestVoucher(context, stretch, signers);
  const first = voucher === null ? from : voucher + 1;
  if (first > to) return [];
  const asked = await policies.areSigned(first - 1, to - 1);
  const places = asked.flatMap((signed, at) => (signed ? [first + at] : []));
  const faults: UnsignedCommit[] = [];
  for (const [n, commit] of (await readSigned(context, places, signers)).entries()) {
    const { id, author, subject, touched } = commit;
    const sideDisowns = commit.isMerge && (await isDisowned(context, line[places[n] ?? -1]));
    const why = whyUnsigned(commit, { ...before(context, places[n], signers), sideDisowns });
    if (why !== null) faults.push({ id, author, subject, why, touchesFacts: touchesFacts(touched) });
  }
  return faults;
}

function before({ line }: Context, place = 0, signers: string): Before {
  const parent = line[place - 1]?.committed ?? 0;
  return { parent, timesEnd: /\bvalid-before\b/i.test(signers), sideDisowns: false };
}

/** Looked at together, newest first: one is nearly always enough. */
const CANDIDATES = 4;

/**
 * The place of the newest commit that carried a change out and is signed as it should be: whoever signed it had
 * judged all that leads to it. It must change the registry as carried out. A run that is refused leaves that alone,
 * and signs what it does all the same; so does one by a new version, which may write the same registry differently.
 */
async function newestVoucher(context: Context, { from, to }: Stretch, signers: string): Promise<number | null> {
  const { line, policies } = context;
  const places = Array.from({ length: to - from + 1 }, (_, n) => to - n).filter(
    (at) => line[at]?.parents.length === 1 && policies.blobAt(at) !== policies.blobAt(at - 1),
  );
  for (let at = 0; at < places.length; at += CANDIDATES) {
    const some = places.slice(at, at + CANDIDATES);
    for (const [n, commit] of (await readSigned(context, some, signers)).entries()) {
      const place = some[n];
      if (place === undefined || whyUnsigned(commit, before(context, place, signers)) !== null) continue;
      if (commit.touched.every(isOfReconcile) && (await carriesOut(context, place))) return place;
    }
  }
  return null;
}

async function carriesOut({ git, policies }: Context, place: number): Promise<boolean> {
  const [before, after] = await Promise.all([place - 1, place].map((at) => textOf(git, policies.blobAt(at))));
  const [was, is] = [headOfCarriedOut(before ?? ""), headOfCarriedOut(after ?? "")];
  return is !== null && was !== null && is.version === was.version && before !== after;
}

async function bytesOf(git: Git, blob: string | null): Promise<Buffer | null> {
  return blob === null ? null : ((await catBlobs(git, [blob])).get(blob) ?? null);
}

async function textOf(git: Git, blob: string | null): Promise<string> {
  return (await bytesOf(git, blob))?.toString("utf8") ?? "";
}

/** In the order asked. */
async function readSigned(
  { git, line, verifier }: Context,
  places: readonly number[],
  signers: string,
): Promise<SignedCommit[]> {
  const commits = places.flatMap((at) => line[at] ?? []);
  const ids = commits.map(({ id }) => id);
  const [signatures, changes] = await Promise.all([verifier.verify(ids, signers), changesOf(git, commits)]);
  const listed = parseSigners(signers);
  const known = new Set(listed.map(({ fingerprint }) => fingerprint));
  const ci = stateKeys(listed);
  return commits.map(({ id, parents }) => {
    const signature = signatures.get(id);
    if (signature === undefined) throw new Error(`git says nothing of commit ${id}`);
    const { author, subject, committed, fingerprint, principal } = signature;
    const touched: Touched[] = (changes.get(id) ?? []).map(({ path, blob }) => ({ path, removed: blob === null }));
    return {
      ...{ id, author, subject, committed, touched },
      verdict: verdictOf(signature, known),
      fingerprint: fingerprint === "" ? null : fingerprint,
      byState: principal === STATE_PRINCIPAL || ci.has(fingerprint),
      isMerge: parents.length > 1,
    };
  });
}

/** The words are OpenSSH's; without them it is only less precise. */
export function verdictOf({ letter, fingerprint, said }: Signature, known: ReadonlySet<string>): Verdict {
  if (letter === "G" && fingerprint.startsWith("SHA256:")) return "good";
  if (letter === "N") return "none";
  if (letter === "U") return known.has(fingerprint) ? "elsewhen" : "unknown";
  if (/not permitted for use in signature namespace/.test(said)) return "elsewhere";
  return letter === "B" ? "bad" : "foreign";
}

/**
 * Whether a merge brings, or leaves behind, a version of allowed_signers in which its signer is not listed: whoever
 * was taken out could otherwise merge main into a commit from before that.
 */
async function isDisowned({ git, verifier }: Context, commit: LineCommit | undefined): Promise<boolean> {
  const [first, ...others] = commit?.parents ?? [];
  if (commit === undefined || first === undefined || others.length === 0) return false;
  const ids = await commitsTouching(git, [...others, `^${first}`], [SIGNERS_FILE]);
  const versions = await Promise.all(ids.map((id) => catFile(git, id, SIGNERS_FILE)));
  for (const signers of new Set(versions.map(plainText))) {
    if ((await verifier.verify([commit.id], signers)).get(commit.id)?.letter !== "G") return true;
  }
  return false;
}

/** So many versions of pki/registry.yaml are in memory at once: of 10,000 clients one has a megabyte. */
const AT_ONCE = 16;

/** limits.signed as carried out, commit by commit of a line. */
export class Policies {
  readonly #git: Git;
  /** The version of pki/registry.yaml at each place of the line. */
  readonly #blobs: readonly (string | null)[];
  readonly #signed = new Map<string, boolean>();

  constructor(git: Git, line: readonly LineCommit[], versions: ReadonlyMap<string, string | null>) {
    this.#git = git;
    let blob: string | null = null;
    this.#blobs = line.map(({ id }) => {
      const version = versions.get(id);
      if (version !== undefined) blob = version;
      return blob;
    });
  }

  /** The blob of pki/registry.yaml at a place of the line. */
  blobAt(place: number): string | null {
    return this.#blobs[place] ?? null;
  }

  async isSigned(place: number): Promise<boolean> {
    return (await this.areSigned(place, place))[0] ?? false;
  }

  /** Places `from` to `to`, both included. */
  async areSigned(from: number, to: number): Promise<boolean[]> {
    const places = this.#blobs.slice(from, to + 1);
    const missing = [...new Set(places)].filter((id) => id !== null && !this.#signed.has(id));
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      const some = missing.slice(at, at + AT_ONCE).filter((id) => id !== null);
      const contents = await catBlobs(this.#git, some);
      for (const id of some) this.#signed.set(id, asksForSignatures(contents.get(id)));
    }
    return places.map((id) => id !== null && this.#signed.get(id) === true);
  }
}

/** What cannot be read may have said so: it counts as if it did. */
export function asksForSignatures(bytes: Buffer | undefined): boolean {
  if (bytes === undefined) return true;
  const text = bytes.toString("utf8");
  const [, found] = /^"limits":\{[^\n]*"signed":(true|false)\},?$/m.exec(text) ?? [];
  if (found !== undefined) return found === "true";
  try {
    return parseCarriedOut(text).registry.limits.signed;
  } catch {
    return true;
  }
}
