import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { environment, NOON, Repository } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Flows } from "./flows.ts";
import { History } from "./history.ts";
import type { Commit } from "./merging.ts";
import type { Entry } from "./objects.ts";
import type { Operation } from "./operations.ts";
import { Worktree } from "./worktree.ts";

const REGISTRY = `version: 1
authority: { common_name: Test CA, organization: Test Ltd, key: ec-p256 }
certificates: { key: ec-p256, lifetime: 365d, renew_before: 30d }
repositories:
  pkg: { type: pkg, path: /pkg/, root: /srv/pkg }
  # pkg
  files: { type: files, path: /files/, root: /srv/files }
  # files
  tools: { type: files, path: /tools/, root: /srv/tools }
  # tools
groups:
  staff: { repositories: [pkg, files], sensitive: true }
  # staff
  guests: { repositories: [files] }
  # guests
  builders: { repositories: [tools] }
  # builders
servers:
  pkg.example.com: { software: nginx }
  # pkg.example.com
signers:
  build01: { repository: pkg }
  # build01
clients:
  alice: { groups: [staff], contact: alice@example.com }
  # alice
  bob: { groups: [staff, builders] }
  # bob
  carol: { groups: [guests] }
  # carol
  dave: { groups: [guests, builders] }
  # dave
  eve: { groups: [guests] }
  # eve
  frank: { groups: [builders] }
  # frank
  grace: { groups: [guests] }
  # grace
  heidi: { groups: [guests], home: files }
  # heidi
  ivan: { groups: [guests] }
  # ivan
  judy: { groups: [staff] }
  # judy
  kim: { groups: [guests] }
  # kim
  leo: { groups: [guests] }
  # leo
`;

const edit = (kind: "client" | "group" | "removeClient", entry: number, field = 0, value = 0): Operation => {
  return { do: "edit", on: 0, when: 0, edit: { kind, entry, field, value } };
};
const CARRY: Operation = { do: "carryOut", days: 1 };

/** What main went through before any case begins: entries by their place in the file. */
const YOUTH: readonly Operation[] = [
  // bob is demoted, carol suspended
  ...[edit("client", 1, 0, 2), edit("client", 2, 1, 0), CARRY],
  // carol is back, dave is suspended
  ...[edit("client", 2, 1, 1), edit("client", 3, 1, 0), CARRY],
  // eve is removed; frank is reissued
  ...[edit("removeClient", 4), edit("client", 4, 5, 0), CARRY],
  // guests reach tools as well
  ...[edit("group", 1, 1, 6), CARRY],
];

/** A repository with an authority and a youth, from which every case starts; copied, because a case leaves objects. */
export class World implements AsyncDisposable {
  readonly #scratch = new Scratch("law");
  readonly #requests: readonly string[];
  #commits: readonly Commit[] = [];
  #day = 0;
  #worktree: Worktree;
  #cases = 0;
  readonly #flows: Flows;

  private constructor(key: string) {
    // The trees stay locked all the same: what stands in them is what git has, and no filter is ever started.
    this.#flows = new Flows(key);
    this.#requests = [1, 2, 3].map((number) => makeRequest(this.#scratch, number));
    this.#worktree = new Worktree(this.#scratch.at("template"), this.#flows);
  }

  static async make(): Promise<World> {
    using ready = await Repository.ready(REGISTRY, NOON);
    const world = new World(readFileSync(ready.exportKey()).toString("base64"));
    await world.#grow(ready);
    return world;
  }

  async #grow(ready: Repository): Promise<void> {
    const { root, objects } = this.#worktree;
    mkdirSync(root);
    const { status } = spawnSync("git", ["init", "--quiet", "--initial-branch=main", root], { env: environment() });
    if (status !== 0) throw new Error("git init failed");
    using sealed = ready.clone();
    const files = new Map<string, Entry>();
    for (const path of sealed.git("ls-files").trimEnd().split("\n")) {
      files.set(path, { mode: "100644", id: objects.blob(readFileSync(sealed.at(path))) });
    }
    files.set("scripts/plan.ts", { mode: "100644", id: objects.blob("// the plan\n") });
    files.set("package.json", { mode: "100644", id: objects.blob("{}\n") });
    const id = objects.commit(objects.tree(files), [], 1_795_262_400, "Begin");
    const history = new History(this.#worktree, [{ id, files, parents: [] }], this.#requests, 0);
    for (const operation of YOUTH) {
      await history.do(operation);
      if (history.refused.length > 0) throw new Error(`main's youth is refused: ${history.refused.join(", ")}`);
    }
    this.#commits = history.commits;
    this.#day = history.day;
  }

  /** A history to go on with, and the clone that it grows in. */
  begin(): { readonly history: History; readonly worktree: Worktree } {
    if (this.#cases % 200 === 0) {
      const root = this.#scratch.at(`work-${this.#cases}`);
      cpSync(this.#scratch.at("template"), root, { recursive: true });
      this.#worktree = new Worktree(root, this.#flows);
      this.#worktree.forget();
    }
    this.#cases += 1;
    return { history: new History(this.#worktree, this.#commits, this.#requests, this.#day), worktree: this.#worktree };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flows[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }
}

function makeRequest(scratch: Scratch, number: number): string {
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    scratch.at(`${number}.key`),
  ];
  const { stdout, status } = spawnSync("openssl", ["req", "-new", ...key, "-subj", "/CN=any"], { encoding: "utf8" });
  const pem = /-----BEGIN CERTIFICATE REQUEST-----[\s\S]+?-----END CERTIFICATE REQUEST-----\n/.exec(stdout)?.[0];
  if (status !== 0 || pem === undefined) throw new Error("openssl made no request");
  return pem;
}
