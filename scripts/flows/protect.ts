import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { whyUnguarded } from "../check/hooks.ts";
import { ATTRIBUTE_RULES, DIR, path } from "../model/layout.ts";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { checkAttributes } from "../system/attributes.ts";
import { writeFiles } from "../system/files.ts";
import { openGit } from "../system/git.ts";
import { runProgram } from "../system/programs.ts";
import { readRegularFile } from "../system/read-file.ts";

const ATTRIBUTES = ".gitattributes";

const RULES = `# The state is bytes: no line ending, no encoding, no keyword is ever touched on the way in or out.
${ATTRIBUTE_RULES[0]}
# Private keys are ciphertext in git.
${ATTRIBUTE_RULES[1]}
`;

/**
 * Sees to it that git encrypts private keys before there is any: the rule in .gitattributes, and the hooks.
 * Throws UserError where the rule is there and another one overrides it.
 */
export async function protect(root: string, say: (text: string) => void): Promise<void> {
  if (!(await isEncrypted(root))) {
    const before = readRegularFile(root, ATTRIBUTES)?.toString("utf8") ?? "";
    await writeFiles(root, [{ path: ATTRIBUTES, data: `${before}${before === "" ? "" : "\n"}${RULES}` }]);
    say(
      `Wrote ${ATTRIBUTES}: the rule that private keys are encrypted on their way into git. Commit it with the rest.`,
    );
    if (!(await isEncrypted(root))) {
      throw new UserError(
        `git would take private keys in the clear: another rule overrides ${DIR.private}/** filter=git-crypt`,
        `see which: git check-attr -a ${path.key("x")}, then look at ${ATTRIBUTES} and .git/info/attributes`,
      );
    }
  }
  await installHooks(root, say);
}

async function isEncrypted(root: string): Promise<boolean> {
  const probes = [path.key("x"), path.keyBySerial("00")];
  const filters = await checkAttributes(openGit(root), "working tree", ["filter"], probes);
  return [...filters.values()].every(([filter]) => filter === "git-crypt");
}

/** npm start has done this by setup.sh; `node scripts/create.ts` alone has not. */
async function installHooks(root: string, say: (text: string) => void): Promise<void> {
  const git = openGit(root);
  if ((await whyUnguarded(git, root)) === null) return;
  const setup = fileURLToPath(new URL("../setup.sh", import.meta.url));
  const ours = join(fileURLToPath(new URL("../../", import.meta.url)), ".") === join(root, ".");
  if (ours) await runProgram("/bin/sh", [setup, "--quiet"], { cwd: root });
  const why = await whyUnguarded(git, root);
  if (why === null) return;
  const next = ours ? "see what to type: sh scripts/setup.sh" : "let CI run npm run guard";
  say(`No hook here keeps private keys in the clear out: ${printable(why)}; ${next}`);
}
