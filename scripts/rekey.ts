import { resolve } from "node:path";
import { runCommand } from "./cli/run.ts";
import { rekey } from "./flows/rekey.ts";

await runCommand(
  {
    name: "rekey",
    summary: "a new git-crypt key, and every private key sealed anew in one commit",
    secrets: "git-crypt's key; makes a new one",
    flags: {
      keyName: { type: "string", argument: "NAME", description: "replace this named key, not the default one" },
      export: { type: "string", argument: "FILE", description: "also write the new key there, to be kept" },
    },
  },
  async ({ root, flags, say }) => {
    const exportTo = flags.export === null ? null : resolve(flags.export);
    const { files, former, people } = await rekey({ root, name: flags.keyName, exportTo });
    const named = flags.keyName === null ? "" : `-k ${flags.keyName} `;
    say(`Done, and committed: ${files} files are sealed with a new key.`);
    say("Next:");
    if (exportTo === null)
      say(`- Save the new key, the old export opens nothing new: git-crypt export-key ${named}FILE`);
    if (flags.keyName === null) say(`- Confirm that it is saved: npm start -- --exported ${exportTo ?? "FILE"}`);
    say("- Give it to CI and to everybody with an exported key: npm run unlock -- --key-file FILE");
    for (const person of people) {
      say(`- ${person} had the old key through GnuPG: git-crypt add-gpg-user ${named}${person}`);
    }
    say(`- The old key opens history only. It is kept here; delete it when nobody needs that: ${former}`);
    say(
      "- Whoever lost access still has what the old key opened: have those certificates reissued (docs/operations.md).",
    );
  },
);
