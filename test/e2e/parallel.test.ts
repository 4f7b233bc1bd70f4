import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { certificates, readCrl } from "./support/judges.ts";
import { clientsYaml, environment, Repository, runProgram, scriptOf } from "./support/repository.ts";

const CLONES = 6;
const ALICE = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" };

const push = (root: string) => runProgram(process.execPath, [scriptOf("reconcile"), "--root", root, "--push"]);

/** Of each commit that changed it, oldest first. */
function crlNumbers(repository: Repository): number[] {
  const commits = repository.git("rev-list", "--reverse", "HEAD", "--", "pki/crl.pem").trim().split("\n");
  return commits.map((commit) => {
    repository.git("checkout", "--quiet", commit, "--", "pki/crl.pem");
    return readCrl(repository).number;
  });
}

it("six clones that reconcile and push at once end with every change exactly once", async () => {
  using first = await Repository.ready(clientsYaml(ALICE), null);
  const bare = first.beside("shared.git");
  execFileSync("git", ["clone", "--quiet", "--bare", first.root, bare], { env: environment() });
  first.git("remote", "add", "origin", bare);
  const key = first.exportKey();
  using stack = new DisposableStack();
  const clones: Repository[] = [];
  const names = Array.from({ length: CLONES }, (_, i) => `new${i}`);
  for (let known = 1; known <= CLONES; known++) {
    // Each finds one client more than the one before; bob goes halfway.
    const news = Object.fromEntries(names.slice(0, known).map((name) => [name, "{ groups: [guests] }"]));
    const { bob: _, ...without } = ALICE;
    first.write("clients.yaml", clientsYaml({ ...(known > CLONES / 2 ? without : ALICE), ...news }));
    first.git("commit", "--quiet", "--all", `--message=Add ${names[known - 1]}`);
    first.git("push", "--quiet", "origin", "HEAD:main");
    const clone = stack.use(first.clone());
    clone.git("remote", "set-url", "origin", bare);
    clone.unlock(key);
    clones.push(clone);
  }
  const runs = await Promise.all(clones.map(({ root }) => push(root)));
  expect(runs.filter(({ code }) => code !== 0)).toEqual([]);
  first.git("pull", "--quiet", "origin", "main");
  const issued = certificates(first).map(({ identity }) => identity);
  expect(issued.sort()).toEqual(["alice", "bob", ...names, "pkg.example.com"].sort());
  expect(first.list("pki/revoked")).toHaveLength(1);
  expect([...readCrl(first).entries.keys()].map((serial) => `${serial}.yaml`)).toEqual(first.list("pki/revoked"));
  expect(await first.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
  const numbers = crlNumbers(first);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
});
