import { CARRIED_OUT } from "../../model/layout.ts";
import { UserError } from "../../model/problem.ts";
import { STATE_PRINCIPAL } from "../../plan/allowed-signers.ts";
import { openGit } from "../../system/git.ts";
import { newestCommit } from "../../system/head.ts";
import { catFile } from "../../system/objects.ts";
import { whyNotSigned } from "./index.ts";
import { asksForSignatures } from "./stretch.ts";

/**
 * Whether the next commit must be signed: limits.signed is carried out at HEAD (`head`; null before the first). Throws UserError where git would not
 * sign it, before anything is done.
 */
export async function mustSign(root: string, head: string | null): Promise<boolean> {
  const git = openGit(root);
  const carriedOut = head === null ? null : await catFile(git, head, CARRIED_OUT);
  if (carriedOut === null || !asksForSignatures(carriedOut)) return false;
  const signs = await git.ask(["config", "--type=bool", "--get", "commit.gpgsign"]);
  if (signs?.trim() === "true") return true;
  throw new UserError(
    "limits.signed is on, and git does not sign commits here: nobody would carry out what comes after ours; nothing was done",
    "run: git config gpg.format ssh && git config user.signingkey KEYFILE && git config commit.gpgsign true",
    "see docs/signed.md",
  );
}

/** Takes our commit back, its changes staying in the tree, unless its signature counts. */
export async function insistOnSignature(root: string, before: string | null): Promise<void> {
  const git = openGit(root);
  const ours = await newestCommit(git);
  const why = ours === null ? null : await whyNotSigned(root, ours);
  if (why === null || before === null) return;
  await git.raw(["reset", "--soft", before]);
  throw new UserError(
    `the commit of the state ${why}; it was taken back, and its changes are in the tree`,
    `sign with a key that pki/allowed_signers lists for ${STATE_PRINCIPAL} (git config user.signingkey KEYFILE), then run the same command again`,
    "see docs/signed.md",
  );
}
