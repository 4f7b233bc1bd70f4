import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Modules that start programs. zx and simple-git do nothing else. */
const STARTERS = /^(?:node:child_process|node:cluster|simple-git|zx)$/;
/** `import … from "x"`, `export … from "x"`, `import "x"` and `import("x")`, but for types, which are gone at run time. */
const IMPORTS = /(?:^(?:import|export)\s(?!type\s)[^"';]*?(?:from\s)?|\bimport\()"([^"]+)"/gm;

interface Source {
  readonly characters: number;
  /** As written. */
  readonly imports: readonly string[];
}

const known = new Map<string, Source>();

function read(file: string): Source {
  const found = known.get(file);
  if (found !== undefined) return found;
  const text = readFileSync(file, "utf8");
  const source = { characters: text.length, imports: [...text.matchAll(IMPORTS)].map(([, name = ""]) => name) };
  known.set(file, source);
  return source;
}

/** The paths of a module and of all of ours that it imports, however far away. `follow`: which of them, by path. */
function reached(module: string, follow: (file: string) => boolean = () => true): string[] {
  const files = new Set([module]);
  // A set is walked to its end, also through what is added on the way.
  for (const file of files) {
    const ours = read(file).imports.filter((name) => name.startsWith(".") && name.endsWith(".ts"));
    for (const target of ours.map((name) => join(dirname(file), name))) if (follow(target)) files.add(target);
  }
  return [...files];
}

const inTests = (file: string): boolean => /[\\/]test[\\/]/.test(file);

/**
 * The test files that can start no program, since nothing that they import does: what `npm run test:fast` runs, and a
 * rule in place of a list. Paths from the root, with slashes. starts-nothing.ts is for what this cannot see.
 */
export function fastTests(root: string): string[] {
  const startsNothing = (test: string) =>
    reached(join(root, test)).every((file) => !read(file).imports.some((name) => STARTERS.test(name)));
  return globSync("test/**/*.test.ts", { cwd: root }).filter(startsNothing);
}

/**
 * The test files that run commands in their own process. All give it the same environment, and none leaves anything
 * else behind, so that one may have the modules that another has loaded.
 */
export function flowTests(root: string): string[] {
  const runsHere = join(root, "test/e2e/support/command.ts");
  const tests = globSync("test/e2e/**/*.test.ts", { cwd: root });
  return tests.filter((test) => reached(join(root, test), inTests).includes(runsHere));
}

/** How much of test/ it takes to run a test file: the more, the longer, by and large. */
export function weightOf(test: string): number {
  return reached(test, inTests).reduce((sum, file) => sum + read(file).characters, 0);
}
