import { askUnseen } from "./cli/ask.ts";
import { runCommand } from "./cli/run.ts";
import { secretsOf } from "./custody/secrets.ts";
import { create } from "./flows/create.ts";

await runCommand(
  {
    name: "create",
    summary: "make the authority and git-crypt's key (npm start does it for you)",
    flags: {
      bare: {
        type: "string",
        argument: "DIR",
        description: "instead: a bare repository whose hooks check pushes and carry them out; again to upgrade it",
      },
    },
    secrets: "makes them; none with --bare",
  },
  async ({ root, now, flags, say, interactive }) => {
    if (flags.bare !== null) {
      const { createBare } = await import("./bare/install.ts");
      return createBare(root, flags.bare, say);
    }
    await create(root, now, say, secretsOf(process.env, interactive ? askUnseen : null));
    say("Next: npm run reconcile");
  },
);
