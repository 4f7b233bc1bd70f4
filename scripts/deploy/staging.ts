import {
  chmodSync,
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
import { dirname, join } from "node:path";
import type { Release } from "../model/release.ts";
import { now } from "../system/clock.ts";
import { isAlive, self } from "../system/holder.ts";
import { parseHolder } from "../system/lock.ts";

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
