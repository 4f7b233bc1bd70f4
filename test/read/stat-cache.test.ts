import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadToShow, loadWorkingTree } from "../../scripts/flows/load.ts";
import { contentDigest } from "../../scripts/model/content.ts";
import { path as paths } from "../../scripts/model/layout.ts";
import type { State } from "../../scripts/model/state.ts";
import { StatCache } from "../../scripts/read/stat-cache.ts";
import { type CacheEntry, decodeCache, encodeCache } from "../../scripts/read/stat-cache-file.ts";
import { readState } from "../../scripts/read/state.ts";
import { type Tree, workingTree } from "../../scripts/read/tree.ts";
import { now } from "../../scripts/system/clock.ts";
import { type Prepared, plainly, prepare } from "../check/prepared.ts";
import { byOtherCode, flipped } from "./other-bytes.ts";

/** As many as it takes for the cache to be written. */
const FILLING = 600;
const filling = (count: number) => paths.issued(`filling-${count}`);

const top = mkdtempSync(join(tmpdir(), "gatehouse-stat-cache-"));
let prepared: Prepared;
let root: string;
const at = (path: string) => join(root, path);
const cacheFile = () => at(".git/gatehouse/read/state");

beforeAll(async () => {
  plainly();
  vi.stubEnv("CI", undefined);
  prepared = await prepare(top);
  ({ root } = prepared);
  for (let count = 0; count < FILLING; count += 1) writeFileSync(at(filling(count)), `filling ${count}\n`);
  cpSync(at("pki"), join(top, "kept"), { recursive: true });
}, 60_000);

afterAll(() => rmSync(top, { recursive: true, force: true }));

/** A cache as of so many seconds from now: nobody can set a file's ctime back, so that it counts as settled. */
function cacheAfter(seconds: number): StatCache {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
  try {
    return new StatCache(root);
  } finally {
    vi.useRealTimers();
  }
}

/** Reads everything, and remembers. */
async function remember(seconds = 10): Promise<State> {
  rmSync(dirname(cacheFile()), { recursive: true, force: true });
  const cache = cacheAfter(seconds);
  const state = readState(workingTree(root), cache);
  await cache.save();
  return state;
}

/** The state through the cache, and which files below were read for it. */
function recalled(): { state: State; read: string[] } {
  const read: string[] = [];
  const tree = workingTree(root);
  const noted = <T>(work: (path: string) => T) => {
    return (path: string) => {
      read.push(path);
      return work(path);
    };
  };
  const counting: Tree = { ...tree, read: noted(tree.read), readText: noted(tree.readText) };
  return { state: readState(counting, new StatCache(root)), read };
}

const shelved = (path: string) => /^pki\/(?:certs_by_serial|revoked|held|reqs|issued|private)\//.test(path);

describe("with a cache", () => {
  beforeEach(() => remember());
  afterEach(() => {
    rmSync(at("pki"), { recursive: true });
    cpSync(join(top, "kept"), at("pki"), { recursive: true });
  });

  it("the state is the same, and of certificates, keys, requests, revocations and holds nothing is read", () => {
    const { state, read } = recalled();
    const fresh = readState(workingTree(root));
    expect(state).toEqual(fresh);
    const sizes = [fresh.certificates, fresh.requests, fresh.revocations, fresh.holds].map(({ size }) => size);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(read.filter((path) => shelved(path) && path !== "pki/private/ca.key")).toEqual([]);
    expect(read).toContain("pki/crl.pem");
  });

  it("no byte of a key is kept, and nobody else may read what is", () => {
    const { serial } = prepared;
    const cached = readFileSync(cacheFile(), "latin1");
    const body = readFileSync(at(paths.keyBySerial(serial("alice"))), "latin1").split("\n")[1] ?? "";
    expect(body.length).toBeGreaterThan(60);
    expect(cached).not.toContain(body);
    expect(cached).not.toContain("PRIVATE KEY");
    expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
  });

  const times = (path: string) => statSync(at(path));
  /** Other bytes of the same size and mtime: only ctime or the inode tell. */
  const disguise = (path: string, write: (text: string) => void) => {
    const { atime, mtime } = times(path);
    write(readFileSync(at(path), "latin1").replace("filling", "FILLING"));
    utimesSync(at(path), atime, mtime);
  };
  it.each<[sentence: string, change: () => void]>([
    [
      "another content of the same size and mtime",
      () => disguise(filling(1), (text) => writeFileSync(at(filling(1)), text)),
    ],
    [
      "another file of the same size and mtime in its place",
      () =>
        disguise(filling(2), (text) => {
          writeFileSync(at("draft"), text);
          renameSync(at("draft"), at(filling(2)));
        }),
    ],
    ["two files that changed places", () => swap(filling(10), filling(11))],
    ["a directory that another took the place of", () => replaceDirectory("pki/held")],
    ["a file that is gone", () => rmSync(at(filling(3)))],
    ["a file that is new", () => writeFileSync(at("pki/issued/new.crt"), "new\n")],
    [
      "a symlink in its place",
      () => {
        renameSync(at(filling(4)), at("elsewhere"));
        symlinkSync(at("elsewhere"), at(filling(4)));
      },
    ],
    ["a directory in its place", () => [rmSync(at(filling(5))), mkdirSync(at(filling(5)))]],
    ["a certificate that was damaged", () => spoil(paths.certificate(prepared.serial("bob")))],
    ["a revocation that is gone", () => rmSync(at(paths.revocation(prepared.serial("mallory"))))],
    ["a key that is another", () => spoil(paths.keyBySerial(prepared.serial("bob")))],
    ["a request that is another", () => spoil(paths.request("dave"))],
    ["a derived file", () => spoil("pki/index.txt.attr")],
    ["a mode", () => chmodSync(at(filling(6)), 0o600)],
  ])("%s is seen", (_, change) => {
    change();
    expect(recalled().state).toEqual(readState(workingTree(root)));
  });

  function swap(one: string, other: string): void {
    renameSync(at(one), at("aside"));
    renameSync(at(other), at(one));
    renameSync(at("aside"), at(other));
  }

  /** Renaming a directory leaves ctime and mtime of the files in it alone. */
  function replaceDirectory(directory: string): void {
    const names = readdirSync(at(directory));
    mkdirSync(at("other"));
    for (const name of names)
      writeFileSync(join(at("other"), name), "at: 2026-01-01T00:00:00Z\nreason: certificateHold\n");
    rmSync(at(directory), { recursive: true });
    renameSync(at("other"), at(directory));
  }

  function spoil(path: string): void {
    const bytes = readFileSync(at(path));
    bytes[100 % bytes.length] = (bytes[100 % bytes.length] ?? 0) ^ 1;
    writeFileSync(at(path), bytes);
  }

  it("what acts and what judges reads every file", async () => {
    const { entries, written } = decodeCache(readFileSync(cacheFile()));
    const lie = contentDigest("a lie");
    const lies = entries.map(([path, size, modified, changed, inode, packed]): CacheEntry => {
      return [path, size, modified, changed, inode, path === filling(7) ? lie : packed];
    });
    writeFileSync(cacheFile(), encodeCache({ written, entries: lies }));
    expect((await loadToShow(root, now())).state.files.get(filling(7))).toBe(lie);
    expect((await loadWorkingTree(root, now())).state.files.get(filling(7))).toBe(contentDigest("filling 7\n"));
  });
});

describe("the cache counts as empty", () => {
  beforeEach(() => remember());
  const bytes = () => readFileSync(cacheFile());

  it.each<[sentence: string, change: () => void]>([
    ["when a bit of it is another", () => writeFileSync(cacheFile(), flipped(bytes()))],
    ["when it was cut short", () => writeFileSync(cacheFile(), bytes().subarray(0, -100))],
    ["when it is empty", () => writeFileSync(cacheFile(), "")],
    ["when a symlink stands there", () => symlinked()],
    ["when other code wrote it", () => writeFileSync(cacheFile(), byOtherCode(bytes()))],
    ["when the clock of its file system is behind", () => utimesSync(cacheFile(), now() - 5, now() - 5)],
    ["when it holds something else", () => writeFileSync(cacheFile(), encodeCache({ written: now(), entries: [] }))],
  ])("%s", (_, change) => {
    change();
    const { state, read } = recalled();
    expect(state).toEqual(readState(workingTree(root)));
    expect(read).toContain(filling(8));
  });

  function symlinked(): void {
    renameSync(cacheFile(), join(top, "moved"));
    symlinkSync(join(top, "moved"), cacheFile());
  }
});

describe("nothing is remembered", () => {
  it("of files so young that they may change once more and look the same", async () => {
    await remember(-600);
    expect(existsSync(cacheFile())).toBe(false);
  });

  it("where git's directory cannot be written, and nobody hears of it", async () => {
    rmSync(dirname(cacheFile()), { recursive: true, force: true });
    writeFileSync(dirname(cacheFile()), "");
    const cache = cacheAfter(10);
    readState(workingTree(root), cache);
    await expect(cache.save()).resolves.toBeUndefined();
    rmSync(dirname(cacheFile()));
  });

  it("in CI, which throws its clones away", async () => {
    vi.stubEnv("CI", "true");
    await remember();
    vi.stubEnv("CI", undefined);
    expect(existsSync(cacheFile())).toBe(false);
  });

  it("of a file that cannot be believed", async () => {
    const path = paths.hold("FF");
    writeFileSync(at(path), "at: never\n");
    await remember();
    const { entries } = decodeCache(readFileSync(cacheFile()));
    expect(entries.map(([name]) => name)).not.toContain(path);
    expect(recalled().state.doubts.map((doubt) => doubt.path)).toContain(path);
    rmSync(at(path));
  });
});
