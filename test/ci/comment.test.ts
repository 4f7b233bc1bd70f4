import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Forge } from "../e2e/ci/support/forge.ts";
import { CHECKOUT, environment, type Ran, runProgram } from "../e2e/support/repository.ts";
import { Scratch } from "../e2e/support/scratch.ts";

const BOT = { github: "github-actions[bot]", forgejo: "forgejo-actions", gitlab: "some_bot" } as const;
type Name = keyof typeof BOT;

let scratch: Scratch;
let forge: Forge;
let commits: string[];
beforeEach(async () => {
  scratch = new Scratch("comment");
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: scratch.path, env: environment(), encoding: "utf8" }).trim();
  git("init", "--quiet", "--initial-branch=main");
  commits = ["one", "two"].map((message) => {
    git("commit", "--quiet", "--allow-empty", `--message=${message}`);
    return git("rev-parse", "HEAD");
  });
  scratch.write("body", "<!-- gatehouse plan -->\n**The plan.**\n");
  forge = await Forge.open(scratch.path);
});
afterEach(() => {
  forge[Symbol.dispose]();
  scratch[Symbol.dispose]();
});

function comment(name: Name, argv: readonly string[], token = "token"): Promise<Ran> {
  forge.admit("token", { contents: "read", comments: true, user: BOT[name] });
  const api = { GITHUB_API_URL: `${forge.url}/api/v1/`, GITHUB_REPOSITORY: "org/repo" };
  const gitlab = { CI_API_V4_URL: `${forge.url}/api/v4`, CI_PROJECT_ID: "1" };
  const script = `${CHECKOUT}scripts/ci/comment.ts`;
  return runProgram(process.execPath, [script, name, ...argv], { ...api, ...gitlab, CI_COMMENT_TOKEN: token });
}

const post = (name: Name, head: string | undefined, ...more: string[]) =>
  comment(name, ["post", "--head", head ?? "", "--main", "b".repeat(40), "--body", scratch.at("body"), ...more]);

describe.each(["github", "forgejo", "gitlab"] as const)("comment.ts %s", (name) => {
  it("comments on every change into main with that head, among pages of them, and on no other", async () => {
    forge.page = 2;
    for (const [index, head] of ["one", "one", "one", "two", "two"].entries()) {
      forge.offer(scratch.path, head === "one" ? (commits[0] ?? "") : (commits[1] ?? ""), index + 1);
    }
    const elsewhere = forge.offer(scratch.path, commits[1] ?? "", 6, "release");
    expect(await post(name, commits[1])).toMatchObject({ code: 0, stdout: "4: commented\n5: commented\n" });
    for (const number of [1, elsewhere]) expect(forge.comments(number)).toEqual([]);
    expect(forge.comments(5)).toMatchObject([{ author: BOT[name] }]);
    const listed = (await comment(name, ["list"])).stdout.trim().split("\n");
    expect(listed).toEqual([1, 2, 3, 4, 5].map((number) => `${number} ${commits[number < 4 ? 0 : 1]}`));
  });

  it("updates its own comment, however far down it is, and never one that only looks like it", async () => {
    const number = forge.offer(scratch.path, commits[0] ?? "");
    const bait = forge.say(number, "mallory", "<!-- gatehouse plan -->\nmine");
    forge.page = 2;
    for (let count = 0; count < 4; count++) forge.say(number, "chatter", "hello");
    expect((await post(name, commits[0])).stdout).toBe("1: commented\n");
    expect((await post(name, commits[0])).stdout).toBe("1: unchanged\n");
    expect((await post(name, commits[0], "--failed", "the guard", "--log", "https://x/1")).stdout).toBe("1: updated\n");
    expect(bait.body).toBe("<!-- gatehouse plan -->\nmine");
    expect(forge.comments(number).length).toBe(6);
    expect(forge.comments(number).at(-1)?.body).toBe(
      `<!-- gatehouse plan -->\n**Not to be merged: the guard failed.** [What it said](https://x/1)\n\n**The plan.**\n\n<sub>Commit ${commits[0]}, merged into main at ${"b".repeat(40)}</sub>\n`,
    );
  });

  it("says nothing about a head that is no longer anybody's, and why where it may not", async () => {
    forge.offer(scratch.path, commits[1] ?? "");
    expect((await post(name, commits[0])).stdout).toContain("is not the newest commit of any open change");
    const { code, stderr } = await comment(name, ["list"], "wrong-token");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^gatehouse: GET \S+: 401 Unauthorized\n$/),
    });
    expect(stderr).not.toContain("wrong-token");
  });
});
