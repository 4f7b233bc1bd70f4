import { runCommand } from "./cli/run.ts";
import { lock } from "./flows/lock.ts";

await runCommand(
  {
    name: "lock",
    summary: "private keys as ciphertext in this clone, and git-crypt's key taken out of it",
    secrets: "git-crypt's key",
    flags: {},
  },
  async ({ root, say }) => {
    const { sealed, kept, inTheClear, ways } = await lock(root);
    say(`Locked: ${sealed} files are ciphertext again.`);
    for (const path of inTheClear) say(`${path} is in the clear in git itself; see: npm run guard`);
    if (kept.length > 0) {
      say("Nobody has confirmed that git-crypt's key is saved, so it was not deleted but kept here:");
      for (const file of kept) say(`  ${file}`);
      say("Move it to where this machine cannot lose it.");
    }
    say(["To unlock it,", ...ways.map((way) => `  ${way}`)].join("\n"));
  },
);
