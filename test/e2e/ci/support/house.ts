import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHECKOUT, environment, Repository } from "../../support/repository.ts";
import { Scratch } from "../../support/scratch.ts";

/** Twelve clients who stay, so that changes at different lines merge, and one cannot take access from everybody. */
const RESIDENTS = Array.from({ length: 12 }, (_, index) => `resident${String(index).padStart(2, "0")}`);

const registry = (servers: string) => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  pkg: { type: pkg, path: /pkg/, root: /srv/pkg }
  files: { type: files, path: /files/, root: /srv/files }
groups:
  staff: { repositories: [pkg, files] }
  guests: { repositories: [files] }
servers:
  pkg.example.com: { software: nginx }
${servers}clients:
${RESIDENTS.map((name) => `  ${name}: { groups: [staff], contact: ${name}@example.com }\n`).join("")}`;

/** Everything that a user's repository holds beside their own files, but for tests and documents. */
const OURS =
  /^(?:scripts|\.husky|\.github|\.forgejo)\/|^(?:package(?:-lock)?\.json|\.gitlab-ci\.yml|\.gitignore|\.gitattributes)$/;

/** A user's repository: scripts, workflows, registry and state, and its git-crypt key as CI is given it. */
export interface House extends Disposable {
  readonly root: string;
  readonly key: string;
}

/** `born`: the instant at which it was reconciled; null: now. `servers`: more of them, as lines of clients.yaml. */
export async function house(born: string | null = null, servers = ""): Promise<House> {
  const repository = await Repository.ready(registry(servers), born);
  const options = { cwd: CHECKOUT, encoding: "utf8" } as const;
  const listing = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], options);
  for (const path of listing.split("\0").filter((name) => OURS.test(name))) {
    mkdirSync(dirname(repository.at(path)), { recursive: true });
    cpSync(join(CHECKOUT, path), repository.at(path));
  }
  repository.commit("Bring Gatehouse");
  // Every job fetches all of it: from one pack nothing has to be compressed again.
  repository.git("repack", "-a", "-d", "--quiet");
  const key = readFileSync(repository.exportKey()).toString("base64");
  return { root: repository.root, key, [Symbol.dispose]: () => repository[Symbol.dispose]() };
}

/** A contributor's clone, without git-crypt's key, on a branch of its own. */
export class Branch implements Disposable {
  readonly #scratch = new Scratch("branch");
  readonly root = this.#scratch.at("clone");

  constructor(from: string) {
    execFileSync("git", ["clone", "--quiet", from, this.root], { env: environment() });
    this.git("checkout", "--quiet", "-b", "change");
  }

  /** On the branch as it was at first, for another change. */
  again(): this {
    this.git("checkout", "--quiet", "--force", "-B", "change", "origin/main");
    return this;
  }

  git(...args: readonly string[]): string {
    return execFileSync("git", args, { cwd: this.root, env: environment(), encoding: "utf8" }).trim();
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  write(path: string, text: string): this {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return this;
  }

  /** A new client, in the line after another one's. */
  admit(name: string, after = "resident05"): this {
    const line = new RegExp(`^  ${after}: .*\n`, "m");
    const entry = `  ${name}: { groups: [guests], contact: ${name}@example.com }\n`;
    return this.write(
      "clients.yaml",
      this.read("clients.yaml").replace(line, (found) => found + entry),
    );
  }

  remove(...names: readonly string[]): this {
    const lines = this.read("clients.yaml").split("\n");
    const kept = lines.filter((line) => !names.some((name) => line.startsWith(`  ${name}: `)));
    return this.write("clients.yaml", kept.join("\n"));
  }

  /** Commits everything; returns the commit. */
  commit(message = "Change"): string {
    this.git("add", "--all");
    this.git("commit", "--quiet", `--message=${message}`);
    return this.git("rev-parse", "HEAD");
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}
