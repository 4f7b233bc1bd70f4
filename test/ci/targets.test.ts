import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECKOUT, NOON, Repository, runProgram } from "../e2e/support/repository.ts";

/** A server for each way that clients.yaml can say, or not say, how to get there. */
const YAML = `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  files: { type: files, path: /files/, root: /srv/files }
groups:
  staff: { repositories: [files] }
clients:
  alice: { groups: [staff] }
servers:
  silent.example.com: {}
  said.example.com: { deploy: { to: local } }
  there.example.com: { deploy: { to: local, directory: /srv/there } }
  far.example.com: { deploy: { to: ssh, host: far.example.com } }
`;

let repository: Repository;
beforeAll(async () => {
  repository = Repository.fresh(YAML);
  await repository.run("start", "--now", NOON);
});
afterAll(() => repository?.[Symbol.dispose]());

/** What CI asks before it deploys. */
function targets(extra: Readonly<Record<string, string>> = {}) {
  const script = join(CHECKOUT, "scripts/ci/targets.ts");
  const words = `cd "$1" && exec "$2" "$3"`;
  return runProgram("sh", ["-c", words, "sh", repository.root, process.execPath, script], extra);
}

describe("CI deploys to its own machine", () => {
  test("nothing, and says what it leaves out and what to write", async () => {
    const { code, stdout, stderr } = await targets();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "far.example.com\n" });
    expect(stderr.split("\n").map((line) => line.split(":")[0])).toEqual([
      "said.example.com",
      "silent.example.com",
      "there.example.com",
      "",
    ]);
    expect(stderr).toMatch(/^silent.* clients\.yaml does not say .* deploy: \{ to: local \}$/m);
    expect(stderr).toMatch(/^said.* CI_DEPLOY_LOCAL=yes$/m);
  });

  test("what clients.yaml itself calls local, where the runner is that server", async () => {
    const { stdout, stderr } = await targets({ CI_DEPLOY_LOCAL: "yes" });
    expect(stdout).toBe("far.example.com,said.example.com,there.example.com\n");
    expect(stderr).toMatch(/^silent\.example\.com: not deployed: [^\n]*\n$/);
  });
});

test("a plan names the words that make the difference, and reconcile keeps them", async () => {
  using twin = repository.copy();
  twin.write("clients.yaml", YAML.replace("silent.example.com: {}", "silent.example.com: { deploy: { to: local } }"));
  const { edits, changes } = JSON.parse((await twin.run("plan", "--json", "--now", NOON)).stdout);
  expect(edits).toEqual([
    {
      section: "servers",
      name: "silent.example.com",
      field: "deploy",
      from: { to: "local", directory: null },
      to: { to: "local", directory: null, said: true },
    },
  ]);
  expect(changes[0]).toMatchObject({ kind: "definition", name: "silent.example.com", fields: ["deploy"] });
  expect(await twin.run("reconcile", "--now", NOON)).toMatchObject({ code: 0 });
  expect(await twin.run("plan", "--detailed-exitcode", "--now", NOON)).toMatchObject({ code: 0 });
});
