import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { fastTests, flowTests } from "./test/support/imports.ts";
import { LongestFirst } from "./test/support/longest-first.ts";
import { PATIENCE } from "./test/support/patience.ts";
import { scratchSpace } from "./test/support/scratch-space.ts";

// For workers and for all that they start. Reading and compiling modules is most of a command's time. Copies of a
// checkout share what is compiled.
process.env["NODE_COMPILE_CACHE"] = join(tmpdir(), "gatehouse-compile-cache");
process.env["NODE_COMPILE_CACHE_PORTABLE"] = "1";
process.env["TMPDIR"] = scratchSpace(tmpdir());
// `openssl x509` reads the machine's 150 authorities, whatever it is asked: nine tenths of its time. No test trusts them.
process.env["SSL_CERT_FILE"] = "/dev/null";

const fast = fastTests(import.meta.dirname);
const flows = flowTests(import.meta.dirname);

export default defineConfig({
  test: {
    // node:ffi in test/support/light-forks.ts says of itself that it is experimental, in each worker.
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // A test that waits in vain says for what before it is ended itself.
    testTimeout: 4 * PATIENCE,
    hookTimeout: 4 * PATIENCE,
    expect: { poll: { interval: 20, timeout: PATIENCE } },
    // Most of the time goes to programs that tests start and wait for: one worker a core leaves cores idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        // Pure functions have nothing that one file could leave to the next.
        test: { name: "fast", include: fast, setupFiles: ["test/support/starts-nothing.ts"], isolate: false },
      },
      // Loading all of Gatehouse, and warming it up, takes as long as many a file of these.
      {
        extends: true,
        test: { name: "flows", include: flows, setupFiles: ["test/support/light-forks.ts"], isolate: false },
      },
      {
        extends: true,
        test: {
          name: "programs",
          include: ["test/**/*.test.ts"],
          exclude: [...fast, ...flows],
          setupFiles: ["test/support/light-forks.ts"],
        },
      },
    ],
  },
});
