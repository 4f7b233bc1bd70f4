import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { UserError } from "../model/problem.ts";
import { MANIFEST, type Release } from "../model/release.ts";
import { now } from "../system/clock.ts";
import type { Git } from "../system/git.ts";
import { isAlive, self } from "../system/holder.ts";
import { parseHolder } from "../system/lock.ts";
import { replaceWith } from "../system/replace.ts";

/** Memory that no disk sees, where there is such a file system (tmpfs, statfs(2)). */
const MEMORY = "/dev/shm";
const TMPFS_MAGIC = 0x01021994;

const PREFIX = "gatehouse-deploy-";
/** Says whose the directory is. */
const HOLDER = "holder.json";

function base(): string {
  try {
    return statfsSync(MEMORY).type === TMPFS_MAGIC ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Lays a release out in a directory of our own, 0700, that is gone afterwards, however that ends. */
export async function withStaged<T>(release: Release, use: (directory: string) => Promise<T>): Promise<T> {
  const place = mkdtempSync(join(base(), PREFIX));
  const dispose = () => rmSync(place, { recursive: true, force: true });
  process.once("exit", dispose);
  exitOnSignals();
  try {
    writeFileSync(join(place, HOLDER), JSON.stringify(self("deploy", now())), { mode: 0o600 });
    writeRelease(join(place, release.id), release);
    return await use(join(place, release.id));
  } finally {
    process.off("exit", dispose);
    dispose();
  }
}

const SIGNALS = { SIGTERM: 143, SIGHUP: 129 } as const;

/** A signal ends a process without its exit handlers, unless somebody looks after it. */
function exitOnSignals(): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(code));
  }
}

/** Removes what killed runs of ours have left: there may be keys in it. */
export function tidyStaged(): void {
  for (const name of readdirSync(base()).filter((one) => one.startsWith(PREFIX))) {
    const place = join(base(), name);
    if (isLeft(place)) rmSync(place, { recursive: true, force: true });
  }
}

function isLeft(place: string): boolean {
  try {
    if (statSync(place).uid !== process.getuid?.()) return false;
    const holder = parseHolder(readFileSync(join(place, HOLDER), "utf8"));
    return holder !== null && !isAlive(holder);
  } catch {
    // Another run is making or removing it at this moment.
    return false;
  }
}

/** Writes a release to a directory that is not there yet. Keys are for their owner only from the first byte. */
export function writeRelease(directory: string, { files }: Release): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const { path, mode, data } of files) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
    writeFileSync(file, data, { flag: "wx", mode });
    // The manifest names modes; a strict umask must not change them.
    chmodSync(file, mode);
  }
}

/** Releases hold keys in the clear: inside the repository they may lie only where git does not look. Throws UserError. */
export async function insistOutside(git: Git, directory: string): Promise<void> {
  const place = relative(git.root, resolve(directory));
  if (place.startsWith("..")) return;
  if (place !== "" && (await git.succeeds(["check-ignore", "--quiet", "--", `${place}/`]))) return;
  throw new UserError(
    `${directory} is inside the repository, and releases hold keys in the clear`,
    "name a directory elsewhere, or one that .gitignore has",
  );
}

/** Writes DIR/NAME anew. Throws UserError where something else than a release is there. */
export function writeTo(directory: string, release: Release): string {
  const place = join(resolve(directory), release.server);
  insistReplaceable(place);
  mkdirSync(resolve(directory), { recursive: true, mode: 0o700 });
  replaceWith(place, (draft) => {
    writeRelease(draft, release);
    rmSync(place, { recursive: true, force: true });
  });
  return place;
}

function insistReplaceable(place: string): void {
  if (!lstatSync(place, { throwIfNoEntry: false })) return;
  try {
    if (readFileSync(join(place, MANIFEST), "utf8").startsWith("gatehouse-release ")) return;
  } catch {
    // no release
  }
  throw new UserError(`${place} is there already, and is no release`, "name another directory");
}
