import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runProgram } from "../e2e/support/repository.ts";
import { Scratch } from "../e2e/support/scratch.ts";
import type { Bench } from "./index.ts";
import { failedRow, type Limit, makeRow } from "./row.ts";
import { benchTable } from "./table.ts";

const BENCH = fileURLToPath(new URL("./main.ts", import.meta.url));

function run({ path }: Scratch, extra: Readonly<Record<string, string>> = {}, row = "crl-read") {
  return runProgram(process.execPath, [BENCH, "--root", path, "--quick", "--json", "--only", row], extra);
}

describe("npm run bench", () => {
  it("writes one row as JSON, with machine, peer and ratio, to stdout and to the file", async () => {
    using scratch = new Scratch("bench");
    const { code, stdout } = await run(scratch);
    expect(code).toBe(0);
    expect(readFileSync(scratch.at("bench.json"), "utf8")).toBe(stdout);
    const positive = expect.any(Number);
    expect(JSON.parse(stdout)).toEqual({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      machine: expect.objectContaining({ cpu: expect.any(String), cores: positive, node: process.versions.node }),
      quick: true,
      rows: [
        {
          ...{ row: "crl-read", what: "read a CRL with 10,000 entries", value: positive, unit: "s" },
          ...{ peer: { what: "openssl crl", value: positive }, ratio: positive, targets: [], ok: null },
          ...{ peak: positive, cpu: null, note: null },
        },
      ],
    });
  });

  it("judges nothing by targets that are for full sizes", async () => {
    using scratch = new Scratch("bench");
    const { code, stdout } = await run(scratch, {}, "openssl");
    expect({ code, rows: JSON.parse(stdout).rows }).toMatchObject({ code: 0, rows: [{ targets: [], ok: null }] });
  });

  it("exits 1 and names the program that is missing", async () => {
    using scratch = new Scratch("bench");
    const { code, stdout } = await run(scratch, { PATH: "/nonexistent" });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).rows).toMatchObject([{ value: null, ok: false, note: "openssl is not installed" }]);
  });
});

describe("a row", () => {
  const atMost = (figure: number): Limit => ({ of: "ratio", at: "most", figure });
  const row = (targets: readonly Limit[], peak: number | null = 300) =>
    makeRow("plan", "quiet plan", targets, { value: 3, unit: "s", peer: { what: "bare read", value: 2 }, peak });

  it.each([
    ["is ok at its target", [atMost(1.5)], true],
    ["falls short over it", [atMost(1.4)], false],
    ["falls short when one of two is not met", [atMost(2), { of: "peak", at: "most", figure: 299 }], false],
    ["falls short below a least figure", [{ of: "ratio", at: "least", figure: 1.6 }], false],
    ["is neither without a target", [], null],
  ] as const)("%s", (_sentence, targets, ok) => {
    expect(row(targets).ok).toBe(ok);
  });

  it("that could not be measured falls short, target or not", () => {
    expect(failedRow("crl-read", "read a CRL", [], "ab is not installed")).toMatchObject({ ok: false, value: null });
  });
});

describe("the table", () => {
  it("has at most 80 columns, and says which row falls short and what was missing", () => {
    const targets = [{ of: "ratio", at: "least", figure: 0.95 }] as const;
    const figures = { value: 12_345, unit: "/s", peer: { what: "plain nginx", value: 13_000 }, peak: 1234 };
    const bench: Bench = {
      date: "2026-11-21T12:00:00Z",
      machine: { cpu: "A CPU", cores: 2, memory: 8000, system: "linux", node: "26.0.0", openssl: "3.5", load: 0.1 },
      quick: false,
      rows: [
        makeRow("nginx-1k", "requests/s, 1 kB, keep-alive", targets, figures),
        makeRow("push", "git push until nginx admits the new client, 1,000 clients", [], figures),
        failedRow("nginx-100k", "requests/s, 100 kB, keep-alive", targets, "ab is not installed"),
      ],
    };
    const lines = benchTable(bench).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.endsWith("SHORT"))).toHaveLength(2);
    expect(lines).toContain("  ab is not installed");
    expect(lines.join("\n")).toContain("12,345/s  13,000/s  95.0%");
  });
});
