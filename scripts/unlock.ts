import { resolve } from "node:path";
import { runCommand } from "./cli/run.ts";
import { unlock } from "./flows/unlock.ts";
import { printable } from "./model/printable.ts";

await runCommand(
  {
    name: "unlock",
    summary: "private keys in the clear in this clone: in the tree only, git stores ciphertext",
    secrets: "git-crypt's key: --key-file, GATEHOUSE_KEY, GATEHOUSE_KEY_FILE, or your GnuPG key",
    flags: {
      keyFile: { type: "string", argument: "FILE", description: "the file that git-crypt export-key wrote" },
    },
  },
  async ({ root, flags, say }) => {
    const { opened, missing, left } = await unlock({
      root,
      keyFile: flags.keyFile === null ? null : resolve(flags.keyFile),
    });
    say(opened === 0 ? "There was nothing to open: this clone is unlocked." : `Unlocked: ${opened} files opened.`);
    for (const name of missing) say(`Files of git-crypt's key ${name} stay ciphertext: that key is not here.`);
    for (const tree of left) say(printable(`Left as it is: ${tree}`));
    say("To lock it again: npm run lock");
  },
);
