import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CHECKOUT, environment } from "./repository.ts";

/** What tests read at their start: `Number(process.env["NAME"] ?? …)`. */
const READ = /(?<!delete )process\.env\["(GATEHOUSE_\w+)"\](?: \?\?|;)/g;

it("what says how much a test plays, and from which seed, is still there when the test reads it", () => {
  const files = globSync("test/**/*.ts", { cwd: CHECKOUT });
  const names = files.flatMap((file) =>
    [...readFileSync(`${CHECKOUT}${file}`, "utf8").matchAll(READ)].map(([, name]) => name ?? ""),
  );
  expect(new Set(names).size).toBeGreaterThan(3);
  const before = { ...process.env };
  try {
    for (const name of names) process.env[name] = "1";
    process.env["GATEHOUSE_KEY"] = "1";
    expect(Object.keys(environment())).toEqual(expect.arrayContaining(names));
    expect(environment()).not.toHaveProperty("GATEHOUSE_KEY");
  } finally {
    process.env = before;
  }
});
