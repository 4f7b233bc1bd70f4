import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";

export type Mode = "100644" | "100755" | "120000" | "160000";

export interface Entry {
  readonly mode: Mode;
  /** Of the blob; of a commit somewhere else for a submodule. */
  readonly id: string;
}

/** A whole tree, flat: path → what is there. */
export type Files = ReadonlyMap<string, Entry>;

const TREE = "40000";

/** git's objects, loose, written and read without starting git: a history of twenty commits takes a few milliseconds. */
export class Objects {
  readonly #directory: string;
  readonly #known = new Map<string, Buffer>();
  readonly #trees = new Map<string, Files>();

  constructor(root: string) {
    this.#directory = join(root, ".git", "objects");
  }

  blob(bytes: Uint8Array | string): string {
    return this.#write("blob", Buffer.from(bytes));
  }

  /** The bytes of a blob. */
  read(id: string): Buffer {
    const bytes = this.#known.get(id) ?? this.#load(id);
    this.#known.set(id, bytes);
    return bytes;
  }

  text(id: string): string {
    return this.read(id).toString("utf8");
  }

  /** Writes the tree with all below it; returns its id. */
  tree(files: Files): string {
    const id = this.#writeTree([...files].map(([path, entry]) => [path.split("/"), entry] as const));
    this.#trees.set(id, files);
    return id;
  }

  /** A tree that somebody else wrote, such as git after a merge. */
  filesOf(tree: string): Files {
    const known = this.#trees.get(tree);
    if (known !== undefined) return known;
    const files = new Map<string, Entry>();
    this.#readTree(tree, "", files);
    this.#trees.set(tree, files);
    return files;
  }

  /** `date`: Unix seconds, of author and committer. */
  commit(tree: string, parents: readonly string[], date: number, message: string): string {
    const who = `Tester <tester@example.com> ${date} +0000`;
    const lines = [`tree ${tree}`, ...parents.map((id) => `parent ${id}`), `author ${who}`, `committer ${who}`];
    return this.#write("commit", Buffer.from(`${lines.join("\n")}\n\n${message}\n`));
  }

  /** The tree of a commit that somebody else wrote. */
  treeOf(commit: string): string {
    const [, tree] = /^tree ([0-9a-f]{40})$/m.exec(this.read(commit).toString("latin1")) ?? [];
    if (tree === undefined) throw new Error(`${commit} is no commit`);
    return tree;
  }

  #writeTree(entries: readonly (readonly [readonly string[], Entry])[]): string {
    const below = new Map<string, (readonly [readonly string[], Entry])[]>();
    const here: [string, string, string][] = [];
    for (const [[name = "", ...rest], entry] of entries) {
      if (rest.length === 0) here.push([name, entry.mode, entry.id]);
      else below.set(name, [...(below.get(name) ?? []), [rest, entry]]);
    }
    for (const [name, inside] of below) here.push([name, TREE, this.#writeTree(inside)]);
    const key = ([name, mode]: [string, string, string]) => Buffer.from(mode === TREE ? `${name}/` : name);
    here.sort((a, b) => Buffer.compare(key(a), key(b)));
    const bytes = here.map(([name, mode, id]) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]),
    );
    return this.#write("tree", Buffer.concat(bytes));
  }

  #readTree(id: string, prefix: string, files: Map<string, Entry>): void {
    const bytes = this.read(id);
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(0, at);
      const [mode = "", name = ""] = bytes.toString("utf8", at, end).split(/ (.*)/s);
      const entry = bytes.toString("hex", end + 1, end + 21);
      at = end + 21;
      if (mode === TREE) this.#readTree(entry, `${prefix}${name}/`, files);
      else files.set(`${prefix}${name}`, { mode: modeOf(mode), id: entry });
    }
  }

  #write(type: string, bytes: Buffer): string {
    const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
    const id = createHash("sha1").update(whole).digest("hex");
    if (this.#known.has(id)) return id;
    this.#known.set(id, bytes);
    const directory = join(this.#directory, id.slice(0, 2));
    const file = join(directory, id.slice(2));
    if (existsSync(file)) return id;
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, deflateSync(whole, { level: 1 }));
    return id;
  }

  #load(id: string): Buffer {
    const whole = inflateSync(readFileSync(join(this.#directory, id.slice(0, 2), id.slice(2))));
    return whole.subarray(whole.indexOf(0) + 1);
  }
}

function modeOf(mode: string): Mode {
  if (mode === "100644" || mode === "100755" || mode === "120000" || mode === "160000") return mode;
  throw new Error(`no mode of ours: ${mode}`);
}
