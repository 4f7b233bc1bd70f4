import { posix } from "node:path";
import * as paths from "../model/layout.ts";
import { isPrivate } from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import type { Git } from "../system/git.ts";
import { listTree } from "../system/objects.ts";
import { blobId, firstVersion, type History } from "./history.ts";

/** The command that brings a file back from git, or null where git has no better one. */
export type Restore = (path: string) => Promise<string | null>;

/** Facts come back as they were first committed, the rest as `head` has it, which a person calls `name`. */
export function restorer(
  git: Git,
  head: string | null,
  history: History,
  read: (path: string) => Buffer | null,
  name = "HEAD",
): Restore {
  let committed: Promise<Map<string, string>> | undefined;
  return async (path) => {
    const first = firstVersion(history, path);
    if (first !== null || head === null) return first;
    committed ??= listTree(git, head, "pki").then((entries) => new Map(entries.map((one) => [one.path, one.id])));
    const id = (await committed).get(path);
    if (id === undefined) return besideCertificate(history, path);
    const checkout = `git checkout ${name} -- ${shellWord(path)}`;
    // git sets no mode but the executable bit.
    if (isPrivate(path)) return `${checkout} && chmod 600 ${shellWord(path)}`;
    const bytes = read(path);
    return bytes !== null && blobId(bytes, id.length) === id ? `git log -p -- ${shellWord(path)}` : checkout;
  };
}

/** A key that no later commit holds came in one commit with its certificate. */
function besideCertificate(history: History, path: string): string | null {
  const serial = posix.basename(path, ".key");
  const first = path === paths.path.keyBySerial(serial) ? history.first.get(paths.path.certificate(serial)) : undefined;
  return first === undefined
    ? null
    : `git checkout ${first.commit} -- ${shellWord(path)} && chmod 600 ${shellWord(path)}`;
}

export function remove(path: string): string {
  return `rm -- ${shellWord(path)}`;
}
