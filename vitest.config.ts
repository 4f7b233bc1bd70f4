import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most of the time goes to programs that tests start and wait for: one worker a core leaves cores idle.
    maxWorkers: availableParallelism() + 1,
  },
});
