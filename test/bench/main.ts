import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../scripts/cli/run.ts";
import { runBench } from "./index.ts";
import { benchTable } from "./table.ts";

await runCommand(
  {
    name: "bench",
    summary: "how long it takes, beside others, in one table (for contributors; minutes)",
    secrets: "none",
    flags: {
      quick: { type: "boolean", description: "sizes a tenth, no verdicts: a trial of the benchmark itself" },
      only: { type: "string", argument: "ROWS", description: "these rows, with commas, by name or its beginning" },
      out: { type: "string", argument: "FILE", description: "where the JSON goes too (default: bench.json)" },
    },
  },
  async ({ root, now, flags, json, out, say }) => {
    const bench = await runBench({ now, quick: flags.quick, only: flags.only, say });
    const text = `${JSON.stringify(bench, null, 2)}\n`;
    writeFileSync(flags.out ?? join(root, "bench.json"), text);
    out(json ? text : benchTable(bench));
    return bench.rows.every(({ ok }) => ok !== false) ? 0 : 1;
  },
);
