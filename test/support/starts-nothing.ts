/** Of every fast test (imports.ts): one that starts a program all the same fails. */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"] as const) {
  Object.defineProperty(childProcess, name, {
    value: () => {
      throw new Error(`a fast test starts a program (${name}): import node:child_process where the test can see it`);
    },
  });
}
syncBuiltinESMExports();
