// Starts a command: `npm run NAME` is `node scripts/run.mjs NAME`. Every Node can read this file, so that one which
// cannot read the commands, which are TypeScript, says what to type and not where it stopped. No other file need ask.
//   node scripts/run.mjs NAME [ARGUMENT…]
//   node scripts/run.mjs --packages   nothing but a look whether there is what linters and tests are made of
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const name = process.argv[2] ?? "";

// "strip" in every Node that package.json asks for; what an older one has is false, or unheard of.
if (!process.features.typescript) stop(`Node ${process.version} cannot run Gatehouse, which is TypeScript`);
else if (name === "--packages") {
  if (!existsSync(here("../node_modules/vitest"))) stop("what linters and tests need is not installed here", " --test");
} else {
  // For contributors, and in no installation.
  const file = name === "bench" ? "../test/bench/main.ts" : `./${name}.ts`;
  process.argv.splice(1, 2, here(file));
  import(file);
}

function stop(why, flag = "") {
  const path = here("./setup.sh");
  const setup = /^[A-Za-z0-9_@%+=:,./-]+$/.test(path) ? path : `'${path.replace(/'/g, "'\\''")}'`;
  process.stderr.write(`gatehouse: ${why}\n  bring what is missing: sh ${setup}${flag}\n`);
  // The guard's 2: it could not decide, which blocks.
  process.exitCode = name === "guard" ? 2 : 1;
}
