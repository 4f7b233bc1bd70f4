import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { chapters } from "./support/chapters.ts";
import { CHECKOUT, environment } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

/** The last commit before the first tag: what people had until then. */
const FIRST = "2594b914b7e363236c12c8ca4a51320f0c8482c0";

/** The last one before pki/registry.yaml had a format, and rooms were redrawn. */
const BEFORE_FORMATS = "b6943c20f330c3024eb900a4d53bb5234aa56ada";

let scratch: Scratch;
let user: string;
let upstream: string;

function run(cwd: string, command: string): string {
  const PATH = `${join(CHECKOUT, "node_modules/.bin")}:${process.env["PATH"]}`;
  const env = { ...environment({ HUSKY: "0" }), PATH };
  return execFileSync("/bin/bash", ["-e", "-o", "pipefail", "-c", `{ ${command}\n} 2>&1`], {
    cwd,
    env,
    encoding: "utf8",
  });
}

function previousVersion(): string {
  try {
    return run(CHECKOUT, "git describe --tags --abbrev=0 HEAD^ 2>/dev/null").trim();
  } catch {
    return FIRST;
  }
}

/** Packages are this checkout's: a newer version's are enough for the one before. */
function linkPackages(directory: string): void {
  symlinkSync(join(CHECKOUT, "node_modules"), join(directory, "node_modules"));
  writeFileSync(join(directory, ".git/info/exclude"), "node_modules\n");
}

/** The version as it stands here, committed or not, as a commit on top of what upstream has; no state of this clone's. */
function publishThisVersion(): void {
  run(".", `git clone --quiet '${CHECKOUT}' '${upstream}' && git -C '${upstream}' checkout --quiet -B main`);
  const files = run(CHECKOUT, "git ls-files -z --cached --others --exclude-standard").split("\0").filter(isPublished);
  const here = new Set(files);
  for (const file of run(upstream, "git ls-files -z").split("\0").filter(Boolean))
    if (!here.has(file)) run(upstream, `git rm --quiet -- '${file}'`);
  for (const file of files) {
    mkdirSync(dirname(join(upstream, file)), { recursive: true });
    cpSync(join(CHECKOUT, file), join(upstream, file), { verbatimSymlinks: true, force: true });
  }
  run(upstream, "git add --all && git commit --quiet --allow-empty --no-verify --message='Next version'");
}

/** Where npm start ran before npm test, there is an authority in pki/. */
function isPublished(file: string): boolean {
  return file !== "" && (!file.startsWith("pki/") || file === "pki/README.md");
}

/** The commands of docs/upgrade.md, as they stand there. */
function documented(): string {
  const page = readFileSync(join(CHECKOUT, "docs/upgrade.md"), "utf8");
  const block = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "")[1] ?? "";
  const lines = block.split("\n").filter((line) => line !== "" && !/^npm /.test(line));
  // What the user's repository does not have is left out, as the page says.
  return lines
    .map((line) => (line.startsWith("git checkout HEAD --") ? "git checkout HEAD -- clients.yaml pki" : line))
    .join("\n");
}

/** Who enters, by the servers' lists and the CRL. */
function listsOf(directory: string): Record<string, string> {
  const files = readdirSync(join(directory, "pki"), { recursive: true, encoding: "utf8" });
  const lists = files.filter((path) => path === "crl.pem" || path.endsWith(".map"));
  return Object.fromEntries(lists.sort().map((path) => [path, readFileSync(join(directory, "pki", path), "latin1")]));
}

function stateOf(directory: string): Record<string, string> {
  const facts = ["pki/certs_by_serial", "pki/revoked", "pki/private/by_serial"];
  const files = facts.flatMap((path) => {
    try {
      return readdirSync(join(directory, path)).map((name) => join(path, name));
    } catch {
      return [];
    }
  });
  return Object.fromEntries(files.sort().map((path) => [path, readFileSync(join(directory, path), "latin1")]));
}

const isShallow = run(CHECKOUT, "git rev-parse --is-shallow-repository").trim() === "true";

// History is the material: in a clone without it there is no previous version to come from.
describe.skipIf(isShallow).each<[what: string, madeWith: () => string, sameLists: boolean]>([
  ["the version before", previousVersion, false],
  ["the last version without formats", () => BEFORE_FORMATS, true],
])("a repository that was made with %s", (_, madeWith, sameLists) => {
  let before: Record<string, string>;
  let lists: Record<string, string>;

  beforeAll(() => {
    scratch = new Scratch("upgrade");
    user = scratch.at("user");
    upstream = scratch.at("upstream");
    run(".", `git clone --quiet '${CHECKOUT}' '${user}'`);
    run(user, `git checkout --quiet -B main '${madeWith()}'`);
    linkPackages(user);
    writeFileSync(
      join(user, "clients.yaml"),
      readFileSync(join(user, "clients.yaml"), "utf8").replace(/^ {2}bob:.*\n/m, "  carol: { groups: [staff] }\n"),
    );
    run(
      user,
      "node scripts/start.ts && git add --all && git commit --quiet --no-verify --message='Make the authority'",
    );
    writeFileSync(
      join(user, "clients.yaml"),
      readFileSync(join(user, "clients.yaml"), "utf8").replace(/^ {2}alice:.*\n/m, ""),
    );
    run(user, "node scripts/reconcile.ts --commit");
    before = stateOf(user);
    lists = listsOf(user);
    publishThisVersion();
    run(user, `git remote add upstream '${upstream}'`);
  });
  afterAll(() => scratch?.[Symbol.dispose]());

  const chapter = chapters("goes on with this one");

  chapter("takes this one by the commands of the page, keeps what is the user's, and no client notices", () => {
    const registry = readFileSync(join(user, "clients.yaml"), "utf8");
    run(user, documented());
    expect(readFileSync(join(user, "clients.yaml"), "utf8")).toBe(registry);
    const plan = JSON.parse(run(user, "node scripts/plan.ts --json"));
    expect(plan.refusals).toEqual([]);
    const kinds = new Set(plan.changes.map(({ kind }: { kind: string }) => kind));
    expect([...kinds].filter((kind) => kind !== "file" && kind !== "crl")).toEqual([]);
    run(user, "node scripts/start.ts");
    expect(stateOf(user)).toEqual(before);
    if (sameLists) expect(listsOf(user)).toEqual(lists);
    run(user, "node scripts/check.ts");
    expect(JSON.parse(run(user, "node scripts/plan.ts --json")).changes).toEqual([]);
  });

  chapter("issues and revokes with this one as before", () => {
    writeFileSync(
      join(user, "clients.yaml"),
      readFileSync(join(user, "clients.yaml"), "utf8").replace(/^ {2}carol:.*\n/m, "  dave: { groups: [staff] }\n"),
    );
    run(user, "node scripts/reconcile.ts --commit");
    const after = stateOf(user);
    const added = Object.keys(after).filter((path) => !(path in before));
    expect(added.filter((path) => path.startsWith("pki/certs_by_serial"))).toHaveLength(1);
    expect(added.filter((path) => path.startsWith("pki/revoked"))).toHaveLength(1);
  });
});
