import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Modules that start programs. zx and simple-git do nothing else. */
const STARTERS = /^(?:node:child_process|node:cluster|simple-git|zx)$/;
/** `import … from "x"`, `export … from "x"`, `import "x"` and `import("x")`, but for types, which are gone at run time. */
const IMPORTS = /(?:^(?:import|export)\s(?!type\s)[^"';]*?(?:from\s)?|\bimport\()"([^"]+)"/gm;

/**
 * The test files that can start no program, since nothing that they import does, however far away: what
 * `npm run test:fast` runs, and a rule in place of a list. Paths from the root, with slashes. starts-nothing.ts is for
 * what this cannot see.
 */
export function fastTests(root: string): string[] {
  const imports = importsReader();
  const startsPrograms = (test: string): boolean => {
    const files = new Set([join(root, test)]);
    // A set is walked to its end, also through what is added on the way.
    for (const file of files) {
      for (const name of imports(file)) {
        if (STARTERS.test(name)) return true;
        if (name.startsWith(".") && name.endsWith(".ts")) files.add(join(dirname(file), name));
      }
    }
    return false;
  };
  return globSync("test/**/*.test.ts", { cwd: root }).filter((test) => !startsPrograms(test));
}

/** What a file imports, read once. */
function importsReader(): (file: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const found = known.get(file) ?? [...readFileSync(file, "utf8").matchAll(IMPORTS)].map(([, name = ""]) => name);
    known.set(file, found);
    return found;
  };
}
