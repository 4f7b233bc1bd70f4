import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareYaml, edit, Served } from "./support/bare.ts";
import { CHECKOUT, environment, type Repository, runProgram } from "./support/repository.ts";

const CLIENTS = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`client${at}`, "{ groups: [staff] }"]));
const WITH_CAROL = bareYaml({ ...CLIENTS, carol: "{ groups: [guests] }" });
const keyPem = () =>
  String(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }));

let served: Served;
beforeAll(async () => {
  served = await Served.create(bareYaml(CLIENTS));
});
afterAll(() => served?.[Symbol.dispose]());

/** Does something in a clone; gives back what to push. */
type Work = (clone: Repository) => string;

/** Commits a file, or a file's absence. */
function commit(clone: Repository, path: string, data: string | null): string {
  if (data === null) clone.git("rm", "--quiet", path);
  else clone.write(path, data);
  clone.commit(`Write ${path}`);
  return "main";
}

/** What a push says that is refused, and takes nothing along. */
async function refused(work: Work): Promise<string> {
  const clone = served.clone();
  const ref = work(clone);
  const all = () => execFileSync("git", ["-C", served.bare, "for-each-ref"], { encoding: "utf8" });
  const before = all();
  const log = served.read("gatehouse/log");
  const { code, stderr } = await served.push(clone, ref);
  expect(stderr).toContain("the push is refused; nothing of it was taken");
  expect(stderr).toContain("pre-receive hook declined");
  expect(code).toBe(1);
  expect(all()).toBe(before);
  expect(served.read("gatehouse/log")).toBe(log);
  return stderr;
}

describe("a bare repository's pre-receive refuses", () => {
  it.each<[string, Work, string | RegExp]>([
    [
      "a private key in the clear",
      (clone) => commit(clone, "pki/private/x.key", keyPem()),
      /guard: pki\/private\/x\.key \(commit [0-9a-f]{12}\)/,
    ],
    [
      "one on another branch, that is new",
      (clone) => {
        commit(clone, "notes.pem", keyPem());
        return "main:topic";
      },
      /guard: notes\.pem \(commit [0-9a-f]{12}\): a private key in the clear/,
    ],
    [
      "one in an earlier commit of the push",
      (clone) => {
        commit(clone, "notes.pem", keyPem());
        return commit(clone, "notes.pem", null);
      },
      "it is published with this commit: replace the key",
    ],
    [
      "one under an annotated tag",
      (clone) => {
        commit(clone, "notes.pem", keyPem());
        clone.git("tag", "--annotate", "--message=x", "v1");
        return "v1";
      },
      "guard: notes.pem",
    ],
    [
      "a .gitattributes that takes the filter away",
      (clone) => commit(clone, ".gitattributes", "* -filter\n"),
      "the rules of this commit do not protect pki/private/x.key",
    ],
    ["edited state", (clone) => commit(clone, "pki/crl.pem", "-----BEGIN X509 CRL-----\n"), "StateEdited"],
    [
      "an invalid registry",
      (clone) => commit(clone, "clients.yaml", bareYaml({ ...CLIENTS, carol: "{ groups: [staf] }" })),
      /^clients\.yaml:22:21: .*did you mean staff\?/m,
    ],
    ["a registry that is not there", (clone) => commit(clone, "clients.yaml", null), "clients.yaml is not there"],
    [
      "a plan that takes access from too many",
      (clone) => commit(clone, "clients.yaml", bareYaml({ client0: "{}" })),
      "TooManyLosses",
    ],
    [
      "a push that is not forward",
      (clone) => {
        clone.git("commit", "--quiet", "--amend", "--message=Other");
        return "+main";
      },
      "main only goes forward",
    ],
    ["deletion", () => ":main", "main is what is carried out, and cannot be deleted"],
  ])("%s", async (_, work, words) => {
    expect(await refused(work)).toMatch(words);
  });

  it("in the words that plan has for it in a clone", async () => {
    const clone = served.clone();
    edit(clone, bareYaml({ client0: "{}" }));
    const local = await clone.run("plan", "--base", "origin/main", "--head", "HEAD");
    const { stderr } = await served.push(clone);
    const refusal = /^.*TooManyLosses.*$/m.exec(local.stdout)?.[0] ?? "nothing";
    expect(stderr).toContain(refusal);
  });

  it("a key that only an exception on its own branch excuses, which nobody has merged", async () => {
    const clone = served.clone();
    const pem = keyPem();
    clone.write("sample.pem", pem);
    const blob = clone.git("hash-object", "sample.pem").trim();
    clone.git("checkout", "--quiet", "-b", "excuse");
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    clone.write("pki/guard-allow.yaml", `- blob: ${blob}\n  reason: mine\n  expires: ${until}\n`);
    clone.git("add", "pki/guard-allow.yaml");
    clone.git("commit", "--quiet", "--message=Excuse");
    expect(await served.push(clone, "excuse")).toMatchObject({ code: 0 });
    clone.commit("Sample");
    const guard = [join(CHECKOUT, "scripts/guard.ts"), "--root", clone.root, "--range", "HEAD~1..HEAD"];
    expect(await runProgram(process.execPath, guard)).toMatchObject({ code: 0 });
    const { code, stderr } = await served.push(clone, "excuse");
    expect(code).toBe(1);
    expect(stderr).toContain("guard: sample.pem");
    expect(await served.push(clone, ":excuse")).toMatchObject({ code: 0 });
  });

  it("nothing of what may be: branches, their deletion and rewriting, tags", async () => {
    const clone = served.clone();
    clone.git("checkout", "--quiet", "-b", "topic");
    edit(clone, WITH_CAROL);
    clone.git("tag", "v2");
    const log = served.read("gatehouse/log");
    expect(await served.push(clone, "topic", "v2")).toMatchObject({ code: 0 });
    clone.git("commit", "--quiet", "--amend", "--message=Better");
    expect(await served.push(clone, "+topic")).toMatchObject({ code: 0 });
    expect(await served.push(clone, ":topic", ":v2")).toMatchObject({ code: 0 });
    expect(served.tip("topic")).toBeNull();
    expect(served.read("gatehouse/log")).toBe(log);
  });

  it("shows nothing of a file's name that a terminal would act upon", async () => {
    const words = await refused((clone) => commit(clone, "\u001b[2Jx.pem", keyPem()));
    expect(words).toContain("\\u{1b}[2Jx.pem");
    expect(words).not.toContain("\u001b[2J");
  });
});

describe("what a push brings", () => {
  it("is never run: scripts, hooks", async () => {
    const clone = served.clone();
    const proof = served.first.beside("ran");
    const evil = `#!/bin/sh\ntouch '${proof}'\nexit 0\n`;
    for (const path of ["scripts/bare.ts", "scripts/deploy/hooks/launch.sh", ".husky/pre-commit", "hooks/pre-receive"])
      clone.write(path, path.endsWith(".ts") ? `require("fs").writeFileSync("${proof}", "")` : evil);
    clone.git("add", "--all", "--force");
    execFileSync("git", ["update-index", "--chmod=+x", ".husky/pre-commit"], { cwd: clone.root, env: environment() });
    edit(clone, bareYaml({ ...CLIENTS, dora: "{ groups: [guests] }" }));
    const { code, stderr } = await served.push(clone);
    expect(code).toBe(0);
    expect(stderr).toContain("gatehouse: done");
    expect(served.show("pki/registry.yaml")).toContain("dora");
    expect(existsSync(proof)).toBe(false);
  });

  it("holds no installed packages, and no lock file that npm prefers", async () => {
    const words = await refused((clone) => {
      for (const path of ["node_modules/.bin/node", "npm-shrinkwrap.json"]) clone.write(path, "x");
      clone.git("add", "--all", "--force");
      clone.git("commit", "--quiet", "--message=Update docs");
      return "main";
    });
    expect(words).toContain("guard: node_modules (commit ");
    expect(words).toContain("guard: npm-shrinkwrap.json (commit ");
  });
});
