import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Forge as Repository } from "../../scripts/ci/forges.ts";
import { tell } from "../../scripts/ci/tell.ts";
import { Forge } from "../e2e/ci/support/forge.ts";
import { environment } from "../e2e/support/repository.ts";
import { Scratch } from "../e2e/support/scratch.ts";

const BOT = { github: "github-actions[bot]", forgejo: "forgejo-actions", gitlab: "some_bot" } as const;
type Name = keyof typeof BOT;

const [SHOWN, OTHER] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const planOf = (digest: string) => `<!-- gatehouse plan -->\n**Plan.**\n\nDigest: \`${digest}\`\n`;

let scratch: Scratch;
let forge: Forge;
beforeEach(async () => {
  scratch = new Scratch("carried");
  git("init", "--quiet", "--initial-branch=main");
  commit("Begin", "clients.yaml", "pki/crl.pem");
  forge = await Forge.open(scratch.path);
  git("remote", "add", "origin", forge.bare);
});
afterEach(() => {
  forge[Symbol.dispose]();
  scratch[Symbol.dispose]();
});

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: scratch.path, env: environment(), encoding: "utf8" }).trim();
}

let versions = 0;
function commit(message: string, ...paths: string[]): string {
  for (const path of paths) scratch.write(path, `${++versions}\n`);
  git("add", "--all");
  git("commit", "--quiet", `--message=${message}`);
  return git("rev-parse", "HEAD");
}

/** A change, a commit each, offered to the forge from where main is there. */
function offer(...commits: string[][]): number {
  git("fetch", "--quiet", "origin", "main");
  git("checkout", "--quiet", "--detach", "FETCH_HEAD");
  for (const paths of commits) commit("Change", ...paths);
  return forge.offer(scratch.path, git("rev-parse", "HEAD"));
}

/** What reconcile does on main: a commit that touches state. */
function reconcile(message: string): string {
  git("fetch", "--quiet", "origin", "main");
  git("checkout", "--quiet", "-B", "main", "FETCH_HEAD");
  const id = commit(message, "pki/crl.pem");
  git("push", "--quiet", "origin", "main");
  return id;
}

/** What the program says in its log. @throws UserError */
async function said(name: Name, token = "token"): Promise<string> {
  forge.admit("token", { contents: "read", comments: true, user: BOT[name] });
  const lines: string[] = [];
  const at = new Repository(name, {
    GITHUB_API_URL: `${forge.url}/api/v1`,
    GITHUB_REPOSITORY: "org/repo",
    CI_API_V4_URL: `${forge.url}/api/v4`,
    CI_PROJECT_ID: "1",
    CI_COMMENT_TOKEN: token,
  });
  await tell({ root: scratch.path, forge: at, say: (line) => lines.push(line) });
  return lines.join("\n");
}

const told = (number: number) =>
  forge
    .comments(number)
    .map(({ body }) => body)
    .filter((body) => body.startsWith("<!-- gatehouse carried out -->"));

describe.each(["github", "forgejo", "gitlab"] as const)("what is told after a merge, %s", (name) => {
  it("says nothing where what was shown was carried out, by merge, squash or rebase", async () => {
    for (const how of ["merge", "squash", "rebase"] as const) {
      const number = offer(["clients.yaml"], ["README.md"]);
      forge.say(number, BOT[name], planOf(SHOWN));
      forge.merge(number, how);
      reconcile(`Issue 1\n\n+ alice: new\n\nDigest: ${SHOWN}`);
      expect(await said(name)).toBe(`${number}: carried out as it was shown`);
      expect(told(number)).toEqual([]);
    }
  });

  it("says where something else was carried out, what with, and where to look, once; not under what asked for nothing", async () => {
    const numbers = [offer(["clients.yaml"], ["README.md"]), offer(["pki/reqs/bob.req"]), offer(["docs/a.md"])];
    const [first = 0, second = 0, third = 0] = numbers;
    for (const number of numbers) forge.say(number, BOT[name], planOf(SHOWN));
    forge.merge(first, "rebase");
    forge.merge(second, "squash");
    forge.merge(third);
    const id = reconcile(`Issue 2\n\nDigest: ${OTHER}`);
    expect(await said(name)).toBe(`${first}: commented\n${second}: commented`);
    expect(told(first)).toEqual([
      `<!-- gatehouse carried out -->
**Not the plan that was shown here was carried out.** The comment's digest was \`${SHOWN}\`. Commit ${id} carried out: digest \`${OTHER}\`. Carried out with it: #${second}.

That is so where main has changed between the comment and the merge, by another merge or by time itself. Look at what was done:

\`\`\`sh
git fetch origin main
git show --no-patch ${id}
\`\`\`
`,
    ]);
    expect(await said(name)).toBe(`${first}: unchanged\n${second}: unchanged`);
    expect(told(third)).toEqual([]);
    // What was carried out before is not asked for again.
    reconcile(`Renew 1\n\nDigest: ${SHOWN}`);
    expect(await said(name)).toBe("");
  });

  it("believes its own comment alone, and the last digest in it", async () => {
    const number = offer(["clients.yaml"]);
    forge.say(number, "mallory", planOf(OTHER));
    forge.merge(number);
    reconcile(`Issue 1\n\nDigest: ${OTHER}`);
    await said(name);
    expect(told(number)).toEqual([expect.stringContaining("**Carried out, and no plan was shown here before.**")]);
    forge.say(number, BOT[name], `${planOf(OTHER)}\nDigest: \`${SHOWN}\`\n`);
    await said(name);
    expect(told(number)).toEqual([expect.stringContaining(`The comment's digest was \`${SHOWN}\`.`)]);
  });

  it("takes no merge for a commit of reconcile's, whatever its message says", async () => {
    const number = offer(["clients.yaml"]);
    forge.merge(number, "squash");
    git("fetch", "--quiet", "origin", "main");
    git("checkout", "--quiet", "-B", "main", "FETCH_HEAD");
    git("commit", "--quiet", "--amend", `--message=Issue 1\n\nDigest: ${SHOWN}`);
    expect(await said(name)).toBe("HEAD is no commit of reconcile's: nothing was carried out, nothing to tell");
  });

  it("fails where the forge cannot be asked", async () => {
    forge.merge(offer(["clients.yaml"]));
    reconcile(`Issue 1\n\nDigest: ${OTHER}`);
    await expect(said(name, "wrong")).rejects.toThrow(/^GET \S+: 401 /);
  });
});
