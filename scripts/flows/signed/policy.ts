import { parseCarriedOut } from "../../model/canonical.ts";
import type { LineCommit } from "../../system/first-parents.ts";
import type { Git } from "../../system/git.ts";
import { catBlobs } from "../../system/objects.ts";

/** So many versions of pki/registry.yaml are in memory at once: of 10,000 clients one has a megabyte. */
const AT_ONCE = 16;

/** limits.signed as carried out, commit by commit of a line. */
export class Policies {
  readonly #git: Git;
  /** The version of pki/registry.yaml at each place of the line. */
  readonly #blobs: readonly (string | null)[];
  readonly #signed = new Map<string, boolean>();

  constructor(git: Git, line: readonly LineCommit[], versions: ReadonlyMap<string, string | null>) {
    this.#git = git;
    let blob: string | null = null;
    this.#blobs = line.map(({ id }) => {
      const version = versions.get(id);
      if (version !== undefined) blob = version;
      return blob;
    });
  }

  /** The blob of pki/registry.yaml at a place of the line. */
  blobAt(place: number): string | null {
    return this.#blobs[place] ?? null;
  }

  async isSigned(place: number): Promise<boolean> {
    return (await this.areSigned(place, place))[0] ?? false;
  }

  /** Places `from` to `to`, both included. */
  async areSigned(from: number, to: number): Promise<boolean[]> {
    const places = this.#blobs.slice(from, to + 1);
    const missing = [...new Set(places)].filter((id) => id !== null && !this.#signed.has(id));
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      const some = missing.slice(at, at + AT_ONCE).filter((id) => id !== null);
      const contents = await catBlobs(this.#git, some);
      for (const id of some) this.#signed.set(id, asksForSignatures(contents.get(id)));
    }
    return places.map((id) => id !== null && this.#signed.get(id) === true);
  }
}

/** What cannot be read may have said so: it counts as if it did. */
export function asksForSignatures(bytes: Buffer | undefined): boolean {
  if (bytes === undefined) return true;
  const text = bytes.toString("utf8");
  const [, found] = /^"limits":\{[^\n]*"signed":(true|false)\},?$/m.exec(text) ?? [];
  if (found !== undefined) return found === "true";
  try {
    return parseCarriedOut(text).registry.limits.signed;
  } catch {
    return true;
  }
}
