import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Fields } from "../model/json-fields.ts";
import { UserError } from "../model/problem.ts";
import { replaceWith } from "../system/replace.ts";
import { placesIn } from "./places.ts";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Copies what runs here, with its packages and its Node, to gatehouse/versions/ID, where ID is a hash of all of it, and
 * points gatehouse/code there. A hook that runs meanwhile goes on with the version that it began with, for the one
 * before is kept. Returns whether anything changed.
 */
export function installCode(bare: string): boolean {
  const { code, versions } = placesIn(bare);
  const parts = ["package.json", "scripts", ...packages()];
  const id = digest(parts);
  const before = existsSync(code) ? readlinkSync(code) : null;
  const target = join("versions", id);
  mkdirSync(versions, { recursive: true });
  if (!existsSync(join(versions, id))) copyParts(parts, versions, id);
  if (before !== target) replaceWith(code, (draft) => symlinkSync(target, draft));
  const kept = [target, before].map((path) => path?.slice("versions/".length));
  if (before !== target)
    for (const name of readdirSync(versions))
      if (!kept.includes(name)) rmSync(join(versions, name), { recursive: true, force: true });
  return before !== target;
}

/** What is needed to run, by the lock file: not what only tests and linters need. */
function packages(): string[] {
  const lock = Fields.parse(readFileSync(join(CHECKOUT, "package-lock.json"), "utf8"), "package-lock.json");
  const listed = lock.entries("packages", (path, entry) => (path === "" || entry.has("dev") ? [] : [path])).flat();
  const there = listed.filter((path) => existsSync(join(CHECKOUT, path)));
  if (there.length === 0) throw new UserError("the node packages are not installed", "run: sh scripts/setup.sh");
  // One inside another comes with it.
  return there.filter((path) => !there.some((other) => path.startsWith(`${other}/`)));
}

function copyParts(parts: readonly string[], versions: string, id: string): void {
  replaceWith(join(versions, id), (draft) => {
    for (const part of parts) {
      mkdirSync(dirname(join(draft, part)), { recursive: true });
      cpSync(realpathSync(join(CHECKOUT, part)), join(draft, part), { recursive: true });
    }
    mkdirSync(join(draft, "node_modules", ".cache"), { recursive: true });
    provideNode(join(draft, "node_modules", ".bin"));
  });
}

/** The Node that runs now: one of the clone's own as it is today, the system's by its path, so that updates reach it. */
function provideNode(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const node = realpathSync(process.execPath);
  const file = join(directory, "node");
  if (!node.startsWith(`${realpathSync(join(CHECKOUT, "node_modules"))}${sep}`)) symlinkSync(node, file);
  else if (!linkOwn(node, file)) {
    copyFileSync(node, file);
    chmodSync(file, 0o755);
  }
}

/** A link to a file of somebody else's would let them change what the hooks run. */
function linkOwn(node: string, file: string): boolean {
  if (statSync(node).uid !== process.getuid?.()) return false;
  try {
    linkSync(node, file);
    return true;
  } catch {
    return false;
  }
}

/** Of every file's name and contents, and of the Node. */
function digest(parts: readonly string[]): string {
  const hash = createHash("sha256").update(`${process.version}\0${realpathSync(process.execPath)}\0`);
  for (const part of parts) {
    const top = realpathSync(join(CHECKOUT, part));
    for (const file of statSync(top).isDirectory() ? filesBelow(top) : [""]) {
      const bytes = readFileSync(join(top, file));
      hash.update(`${part}/${file}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(top: string): string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
    .sort();
}
