import { runCommand } from "./cli/run.ts";
import { updateSchema } from "./flows/schema.ts";

const flags = {
  check: { type: "boolean", description: "write nothing; exit 1 when a file is not what would be written" },
} as const;

await runCommand(
  {
    name: "schema",
    summary: "writes the JSON schema of clients.yaml, for editors, and its reference page",
    flags,
    secrets: "none",
  },
  async ({ flags: { check }, say }) => say(updateSchema(check)),
);
