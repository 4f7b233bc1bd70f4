import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { environment } from "../support/repository.ts";
import type { Flows } from "./flows.ts";
import { indexOf } from "./index-file.ts";
import { type Entry, type Files, Objects } from "./objects.ts";

/** As a forge's repository has it: no filter of ours, no hooks, ciphertext stays what it is. */
const PLAIN = [
  ...["-c", "filter.git-crypt.process=", "-c", "filter.git-crypt.clean=", "-c", "filter.git-crypt.smudge="],
  ...["-c", "filter.git-crypt.required=false", "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"],
];

/** Unix seconds. */
const LONG_AGO = 1_600_000_000;

/** What git leaves of a merge that was begun. */
const UNFINISHED = ["MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE", "SQUASH_MSG", "index.lock", "rebase-merge"];

export interface GitRan {
  readonly code: number | null;
  readonly out: string;
}

/** A clone whose working tree, index and refs are put where a history wants them, without starting git. */
export class Worktree {
  readonly root: string;
  readonly flows: Flows;
  readonly objects: Objects;
  /** Instant and tree → what reconcile made of it. */
  readonly carriedOut = new Map<string, Files>();
  #files: Files = new Map();

  constructor(root: string, flows: Flows) {
    this.root = root;
    this.flows = flows;
    this.objects = new Objects(root);
  }

  git(args: readonly string[], date = "2026-11-28T00:00:00Z"): GitRan {
    const env = environment({ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
    const { status, stdout, error } = spawnSync("git", [...PLAIN, ...args], { cwd: this.root, env, encoding: "utf8" });
    if (error) throw error;
    return { code: status, out: stdout.trim() };
  }

  /** Stands on a branch at a commit, clean. */
  checkout(branch: string, commit: string, files: Files): void {
    this.setRef(branch, commit);
    this.#stand(`ref: refs/heads/${branch}\n`, files);
  }

  detach(commit: string, files: Files): void {
    this.#stand(`${commit}\n`, files);
  }

  setRef(branch: string, commit: string): void {
    writeFileSync(join(this.root, ".git", "refs", "heads", branch), `${commit}\n`);
  }

  /** The commit that HEAD stands for. */
  head(): string {
    const head = readFileSync(join(this.root, ".git", "HEAD"), "utf8").trim();
    return head.startsWith("ref: ") ? readFileSync(join(this.root, ".git", head.slice(5)), "utf8").trim() : head;
  }

  /** Somebody else moved HEAD and the tree with it. */
  follow(): Files {
    this.#files = this.objects.filesOf(this.objects.treeOf(this.head()));
    return this.#files;
  }

  /** Everything is put up anew the next time: nobody knows what a conflict left. */
  forget(): void {
    for (const name of readdirSync(this.root)) {
      if (name !== ".git") rmSync(join(this.root, name), { recursive: true });
    }
    this.#files = new Map();
  }

  /** What there is, with pki/ as it stands on disk now. */
  scan(): Files {
    if (lstatSync(join(this.root, "pki"), { throwIfNoEntry: false })?.isDirectory() !== true) return this.#files;
    const outside = [...this.#files].filter(([path]) => !path.startsWith("pki/"));
    const inside = readdirSync(join(this.root, "pki"), { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return this.#submodule(join(entry.parentPath, entry.name));
      const file = join(entry.parentPath, entry.name);
      return [[file.slice(this.root.length + 1), this.#entryOf(file)] as const];
    });
    this.#files = new Map([...outside, ...inside]);
    return this.#files;
  }

  #submodule(directory: string): (readonly [string, Entry])[] {
    const path = directory.slice(this.root.length + 1);
    const known = this.#files.get(path);
    return known?.mode === "160000" ? [[path, known]] : [];
  }

  #entryOf(file: string): Entry {
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) return { mode: "120000", id: this.objects.blob(readlinkSync(file)) };
    return { mode: stat.mode & 0o100 ? "100755" : "100644", id: this.objects.blob(readFileSync(file)) };
  }

  #stand(head: string, files: Files): void {
    const at = (name: string) => join(this.root, ".git", name);
    for (const name of UNFINISHED) rmSync(at(name), { recursive: true, force: true });
    writeFileSync(at("HEAD"), head);
    this.#put(files);
    writeFileSync(at("index"), indexOf(files, this.root));
  }

  #put(files: Files): void {
    const changed = (path: string) => {
      const [was, is] = [this.#files.get(path), files.get(path)];
      return was?.id !== is?.id || was?.mode !== is?.mode;
    };
    for (const path of this.#files.keys()) if (changed(path)) this.#remove(path);
    for (const [path, entry] of files) if (changed(path)) this.#write(path, entry);
    this.#files = files;
  }

  #remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
    for (let above = dirname(path); above !== "."; above = dirname(above)) {
      if (readdirSync(join(this.root, above)).length > 0) return;
      rmdirSync(join(this.root, above));
    }
  }

  #write(path: string, { mode, id }: Entry): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (mode === "160000") mkdirSync(file);
    else if (mode === "120000") symlinkSync(this.objects.text(id), file);
    else {
      writeFileSync(file, this.objects.read(id));
      if (mode === "100755") chmodSync(file, 0o755);
      // A file as young as the index is one that git looks at all the same.
      utimesSync(file, LONG_AGO, LONG_AGO);
    }
  }
}
