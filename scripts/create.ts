import { runCommand } from "./cli/run.ts";
import { create } from "./flows/create.ts";

await runCommand(
  {
    name: "create",
    summary: "make the authority and git-crypt's key (npm start does it for you)",
    flags: {},
    secrets: "makes them",
  },
  async ({ root, now, say }) => {
    await create(root, now, say);
    say("Next: npm run reconcile");
  },
);
