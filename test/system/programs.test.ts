import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { quote } from "zx";
import { runProgram } from "../../scripts/system/programs.ts";

describe("a program", () => {
  test("that ends before it has read a large input is no reason for us to end", async () => {
    const input = Buffer.alloc(4_000_000, 1);
    expect(await runProgram("sh", ["-c", "echo no >&2; exit 3"], { input })).toMatchObject({
      exitCode: 3,
      stderr: "no\n",
    });
    expect((await runProgram("wc", ["-c"], { input })).stdout.trim()).toBe("4000000");
  });

  test("that takes longer than it may is stopped, and that is told", async () => {
    const begun = performance.now();
    expect(await runProgram("sleep", ["30"], { timeout: 0.2 })).toMatchObject({ timedOut: true });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await runProgram("true", [], { timeout: 10 })).not.toHaveProperty("timedOut");
  });

  test.each(["a b", "it's", "", "$(touch ran)", "\n", "\\", "ü"])(
    "is given %j as it is, which zx's own quoting does not do",
    async (word) => {
      expect((await runProgram("printf", ["%s|", word])).stdout).toBe(`${word}|`);
      const { stdout } = spawnSync("/bin/sh", ["-c", `printf '%s|' ${quote(word)}`], { encoding: "utf8" });
      // Where sh is bash, it does.
      if (!/bash/.test(realpathSync("/bin/sh"))) expect(stdout).not.toBe(`${word}|`);
    },
  );
});
