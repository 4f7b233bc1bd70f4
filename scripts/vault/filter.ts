/**
 * git's filter for protected files, of the drivers `git-crypt` and `git-crypt-NAME`:
 *   filter.ts process|clean|smudge DRIVER COMMON_DIRECTORY GIT_DIRECTORY
 * `process` answers git's long-running protocol (gitattributes(5)), the others convert one file from standard input.
 * It runs as a copy under git's own directory (install.ts): only Node's own modules and the few files beside it, and
 * git called directly, for nothing of a working tree may run here. It looks at keys in git's directory only, never
 * at the environment: what git checks out in a locked clone stays ciphertext whatever variables are set.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { inert } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { blobId } from "./blob-id.ts";
import { clean, smudge } from "./convert.ts";
import { keyOfDriver, readRepositoryKey } from "./key-directory.ts";
import type { VaultKey } from "./key-file.ts";
import { PacketPipe, writeAll } from "./pkt-line.ts";

type Direction = "clean" | "smudge";

function main([mode = "", driver = "", ...directories]: readonly string[]): number {
  const key = keyFor(driver, directories);
  if (mode === "process") return serve(new PacketPipe(0, 1), key);
  if (mode !== "clean" && mode !== "smudge") throw new UserError(`no such filter: ${mode}`);
  writeAll(1, convert(mode, "a file", readFileSync(0), key));
  return 0;
}

/** A linked worktree that git-crypt itself unlocked has the key in its own directory. */
function keyFor(driver: string, directories: readonly string[]): VaultKey | null {
  const name = keyOfDriver(driver);
  if (name === null) throw new UserError(`${driver} is none of git-crypt's drivers`);
  for (const directory of new Set(directories)) {
    const key = readRepositoryKey(directory, name);
    if (key !== null) return key;
  }
  return null;
}

function serve(git: PacketPipe, key: VaultKey | null): number {
  const welcome = git.readLines();
  if (welcome?.[0] !== "git-filter-client" || !welcome.includes("version=2")) {
    throw new UserError("this speaks version 2 of git's filter protocol only");
  }
  git.writeLines("git-filter-server", "version=2");
  const offered = git.readLines() ?? [];
  git.writeLines(...["capability=clean", "capability=smudge"].filter((one) => offered.includes(one)));
  for (;;) {
    const request = git.readLines();
    const content = request === null ? null : git.readContent();
    if (request === null || content === null) return 0;
    answer(git, request, content, key);
  }
}

function answer(git: PacketPipe, request: readonly string[], content: Buffer, key: VaultKey | null): void {
  const field = (name: string) => request.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const command = field("command");
  const path = field("pathname");
  try {
    if (command !== "clean" && command !== "smudge") throw new UserError(`git asks for ${command}`);
    const converted = convert(command, path, content, key);
    git.writeLines("status=success");
    git.writeContent(converted);
    // An empty list: the status stands.
    git.writeLines();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(path, error.message, ...error.hints);
    git.writeLines("status=error");
  }
}

function convert(direction: Direction, path: string, content: Buffer, key: VaultKey | null): Uint8Array {
  if (direction === "clean") return clean(content, key, () => isStored(path, content));
  const { bytes, warning } = smudge(content, key);
  if (warning !== null) say(path, warning);
  return bytes;
}

/** Whether the index holds these very bytes for the path. Only where it decides: one git for one file. */
function isStored(path: string, bytes: Buffer): boolean {
  const env = { ...process.env, GIT_LITERAL_PATHSPECS: "1", GIT_OPTIONAL_LOCKS: "0" };
  try {
    const listing = execFileSync("git", ["ls-files", "--stage", "-z", "--", path], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return listing
      .toString("utf8")
      .split("\0")
      .some((line) => {
        const id = /^\d{6} ([0-9a-f]+) \d\t/.exec(line)?.[1] ?? "";
        return id !== "" && id === blobId(bytes, id);
      });
  } catch {
    return false;
  }
}

/** A stranger's file name must not speak to a terminal, nor to a forge's runner. */
function say(path: string, message: string, ...hints: readonly string[]): void {
  const text = `gatehouse: ${path}: ${[message, ...hints].join("; ")}`;
  writeAll(2, Buffer.from(`${inert(text.replace(/\p{C}/gu, "?"))}\n`));
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const hints = error instanceof UserError ? error.hints : [];
  say("git's filter", error instanceof Error ? error.message : "failed", ...hints);
  process.exitCode = 1;
}
