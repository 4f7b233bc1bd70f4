import { printable } from "../model/printable.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { wrap } from "./wrap.ts";

/** Who signed a commit, by the allowed_signers before it. */
export interface CommitSignature {
  /** `good`: a listed key; `none`; otherwise why it does not count. */
  readonly verdict: string;
  /** The principal of allowed_signers; null unless good. */
  readonly signer: string | null;
  /** `SHA256:…` of the key, where the signature verifies. */
  readonly key: string | null;
}

export interface CommitNamed {
  readonly id: string;
  readonly author: string;
  readonly subject: string;
  /** The committer's date. */
  readonly committed: Instant;
  /** Null where it cannot be looked at: ssh-keygen is not installed. */
  readonly signature: CommitSignature | null;
}

/** The commit that wrote a fact, and the newest change of the identity's entry in clients.yaml up to it. */
export interface Origin {
  readonly state: CommitNamed;
  readonly change: CommitNamed | null;
}

/** What git's history tells of one certificate; null for what no commit holds. */
export interface Provenance {
  readonly serial: string;
  /** The clone does not hold every commit: the first that it knows of may not be the first. */
  readonly shallow: boolean;
  readonly admitted: Origin | null;
  readonly revoked: Origin | null;
}

/** `provenance` of `status --serial --json`. */
export function provenanceValue(provenance: Provenance): object {
  const { serial, shallow, admitted, revoked } = provenance;
  return { serial, shallow, admitted: admitted && originValue(admitted), revoked: revoked && originValue(revoked) };
}

function originValue({ state, change }: Origin): object {
  return { state: commitValue(state), change: change && commitValue(change) };
}

function commitValue({ id, author, subject, committed, signature }: CommitNamed): object {
  return { commit: id, author, subject, time: formatInstant(committed), signature };
}

/** For people. `revoked`: whether the certificate is, in the tree. */
export function provenanceText(provenance: Provenance | null, revoked: boolean, width: number): string {
  if (provenance === null)
    return paragraph("Admitted     ", "nothing is committed here: git knows of no commit", width);
  const lines = [originText("Admitted     ", provenance.admitted, width)];
  if (revoked || provenance.revoked !== null) lines.push(originText("Revoked      ", provenance.revoked, width));
  if (provenance.shallow)
    lines.push(
      paragraph(
        "             ",
        "this clone is shallow, and older commits may know better: git fetch --unshallow",
        width,
      ),
    );
  return lines.join("");
}

function originText(label: string, origin: Origin | null, width: number): string {
  if (origin === null) return paragraph(label, "in no commit yet", width);
  const { state, change } = origin;
  const by = paragraph(label, commitText(state), width);
  if (change?.id === state.id) return by;
  const nobody = "clients.yaml does not say: no commit before that one changed its entry";
  return by + paragraph("  asked for  ", change === null ? nobody : commitText(change), width);
}

function commitText({ id, author, subject, committed, signature }: CommitNamed): string {
  const name = `${id.slice(0, 12)} (${printable(author)}, "${printable(subject)}")`;
  return `${formatInstant(committed)} by commit ${name}, ${signatureText(signature)}`;
}

function signatureText(signature: CommitSignature | null): string {
  if (signature === null) return "whose signature cannot be looked at: ssh-keygen is not installed";
  const { verdict, signer, key } = signature;
  if (signer !== null) return `signed by ${printable(signer)} (${key})`;
  if (verdict === "none") return "not signed";
  if (key !== null) return `signed with ${key}, which pki/allowed_signers did not list before it`;
  return "with a signature that does not verify";
}

function paragraph(first: string, text: string, width: number): string {
  return wrap(text, width, { first })
    .map((line) => `${line}\n`)
    .join("");
}
