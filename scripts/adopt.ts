import { askUnseen } from "./cli/ask.ts";
import { runCommand } from "./cli/run.ts";
import { secretsOf } from "./custody/secrets.ts";
import { adopt } from "./flows/adopt/index.ts";
import { adoptionText } from "./views/adopt-text.ts";

await runCommand(
  {
    name: "adopt",
    summary: "another CA's directory becomes this repository's authority: nobody needs a new certificate",
    flags: { dryRun: { type: "boolean", description: "say what would become of everything, and write nothing" } },
    positionals: [
      {
        argument: "DIR",
        required: true,
        description:
          "of easy-rsa, openssl ca, or any certificates with their CA's; its own directory, outside of this one",
      },
    ],
    secrets: "the other CA's key; makes git-crypt's key",
  },
  async ({ root, now, flags, positionals, json, interactive, out, say }) => {
    const [directory = ""] = positionals;
    const secrets = secretsOf(process.env, interactive ? askUnseen : null);
    const report = await adopt({ root, directory, now, dryRun: flags.dryRun, secrets, say });
    out(json ? JSON.stringify(report) : adoptionText(report));
    const next = flags.dryRun ? "the same without --dry-run" : "read clients.yaml, then npm run plan, then npm start";
    say(`Next: ${next}`);
  },
);
