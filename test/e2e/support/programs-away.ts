import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../../../scripts/model/printable.ts";

/** Where a system's programs are. */
const PLACES = [
  ...new Set(
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
      .filter((place) => existsSync(place))
      .map((place) => realpathSync(place)),
  ),
];

/** How a program can be of no use: not there at all, or there and failing without a word. */
export const WAYS = ["missing", "failing"] as const;
export type Way = (typeof WAYS)[number];

/** PATHs from which a shell program may be given less than it needs. */
export class ProgramsAway {
  readonly #directory: string;
  readonly #needed = new Set<string>();

  /** Everything lies below a directory, which is made. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /**
   * Every program that runs while `run` does, told by wrappers around all that there are: no list to remember. Whatever
   * else is taken away, the same run is the same.
   */
  async trace(run: (path: string) => unknown): Promise<readonly string[]> {
    const log = join(this.#directory, "log");
    const all = join(this.#directory, "all");
    writeFileSync(log, "");
    if (!existsSync(all)) {
      const wrapper = join(this.#directory, "wrapper");
      const look = `for place in ${PLACES.join(" ")}; do [ ! -x "$place/$name" ] || exec "$place/$name" "$@"; done`;
      const quoted = shellWord(log);
      const script = `#!/bin/sh\nname=\${0##*/}\necho "$name" >>${quoted}\n${look}\nexit 127\n`;
      writeFileSync(wrapper, script, { mode: 0o755 });
      mkdirSync(all);
      const names = new Set(PLACES.flatMap((place) => readdirSync(place)));
      for (const name of names) symlinkSync(wrapper, join(all, name));
    }
    await run(all);
    const seen = readFileSync(log, "utf8")
      .split("\n")
      .filter((name) => name !== "");
    if (seen.length === 0) throw new Error("nothing was seen to run");
    for (const name of seen) this.#needed.add(name);
    return withoutShells(seen);
  }

  /** What was ever seen to run, but for shells. */
  get names(): readonly string[] {
    return withoutShells(this.#needed);
  }

  /** A PATH with what was seen to run, less one. */
  path(gone: string | null = null, way: Way = "missing"): string {
    const directory = join(this.#directory, gone === null ? "whole" : `${way} ${gone}`);
    if (existsSync(directory)) return directory;
    mkdirSync(directory);
    for (const name of this.#needed) {
      const place = PLACES.find((one) => existsSync(join(one, name)));
      if (name !== gone && place !== undefined) symlinkSync(join(place, name), join(directory, name));
    }
    if (gone !== null && way === "failing")
      writeFileSync(join(directory, gone), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    return directory;
  }

  /** One program after the other, in each of the ways. */
  cases(
    ways: readonly Way[] = WAYS,
    names: readonly string[] = this.names,
  ): readonly { readonly what: string; readonly path: string }[] {
    return ways.flatMap((way) => names.map((name) => ({ what: `${name} is ${way}`, path: this.path(name, way) })));
  }
}

/** Of shells some are asked for by their path. */
function withoutShells(names: Iterable<string>): string[] {
  return [...new Set(names)].filter((name) => !/^(?:ba|da|a)?sh$|^busybox$/.test(name)).sort();
}

/** So many at once: they wait for each other's processes more than for anything else. */
const AT_ONCE = 4;

/** What `run` gives for each case, by its name. */
export async function eachCase<T extends { readonly what: string }, R>(
  cases: readonly T[],
  run: (one: T) => Promise<R>,
): Promise<Map<string, R>> {
  const results = new Map<string, R>();
  const rest = cases.values();
  const lane = async () => {
    for (const one of rest) results.set(one.what, await run(one));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}
