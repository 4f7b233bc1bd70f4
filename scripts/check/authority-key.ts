import type { KeyObject } from "node:crypto";
import { isEncrypted } from "../custody/key-pem.ts";
import * as paths from "../model/layout.ts";
import { type Finding, UserError } from "../model/problem.ts";
import { makeIssuer } from "../x509/issuer.ts";
import { keySigner } from "../x509/signer.ts";
import { block, type CheckInput } from "./input.ts";
import { FOREIGN, whatIsWrong } from "./keys.ts";
import { remove } from "./restore.ts";

const path = paths.CA_KEY;
const SHOULD_NOT_BE = "is here, though authority.custody is outside; git's history keeps it, whatever is done now";

/**
 * The authority's key: nowhere in the repository, where custody says so; else there, and, where the vault is open and its passphrase, if it has one, is given, a key that
 * signs what ca.crt verifies.
 */
export async function authorityKey(input: CheckInput, passphrase: string | null): Promise<Finding[]> {
  const { state, vault, restore } = input;
  const { authority } = state;
  if (authority === null) return [];
  const there = isThere(input);
  if (custodyOf(input) === "outside") return there ? [block("KeyUnexpected", path, SHOULD_NOT_BE, remove(path))] : [];
  if (!there) return [block("KeyMissing", path, "is gone: nothing can be signed", await restore(path))];
  if (vault.state === "locked" || (passphrase === null && wantsPassphrase(input))) return [];
  const given = wantsPassphrase(input) ? passphrase : null;
  const wrong = whatIsWrong(path, input, (key) => foreign(authority.pem, key), given);
  return wrong === null ? [] : [block(wrong[0], path, wrong[1], await restore(path))];
}

function foreign(authority: string, key: KeyObject): string | null {
  try {
    makeIssuer(authority, keySigner(key));
    return null;
  } catch (error) {
    if (error instanceof UserError) return FOREIGN;
    throw error;
  }
}

/** Whether the authority's key is here and open but for a passphrase. */
export function wantsPassphrase(input: CheckInput): boolean {
  if (input.vault.state === "locked" || custodyOf(input) === "outside" || !isThere(input)) return false;
  try {
    return isEncrypted(input.vault.read(path).toString("latin1"));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function custodyOf({ registry, state }: CheckInput): "vault" | "outside" {
  return (registry ?? state.carriedOut?.registry)?.authority.custody ?? "vault";
}

function isThere({ entries }: CheckInput): boolean {
  return entries.some((entry) => entry.path === path && entry.kind === "file");
}
