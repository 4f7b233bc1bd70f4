import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { environment } from "../../support/repository.ts";
import { Scratch } from "../../support/scratch.ts";
import { pipeCgi } from "./cgi.ts";
import { asComment, asPull, type Comment, type Pull } from "./dialects.ts";

/** What a token may do at the forge. */
export interface Grant {
  readonly contents: "none" | "read" | "write";
  readonly comments: boolean;
  /** Whose name it writes under. */
  readonly user: string;
}

/**
 * A forge on loopback: a private repository behind git's own HTTP backend, and as much of an API as comments need,
 * in GitHub's, Forgejo's and GitLab's dialects. Every request needs a token, and may do what the token may.
 */
export class Forge implements Disposable {
  readonly #scratch = new Scratch("forge");
  readonly #tokens = new Map<string, Grant>();
  readonly #server: Server;
  readonly #pulls: Pull[] = [];
  readonly #comments = new Map<number, Comment[]>();
  #ids = 1;
  readonly bare: string;
  /** Entries on a page of its API, whatever is asked for. */
  page = 100;
  /** Called once, before the next push is taken. */
  beforePush: (() => void) | null = null;

  private constructor() {
    this.bare = this.#scratch.at("org/repo.git");
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  /** A forge that has the branch main of a repository. */
  static async open(from: string): Promise<Forge> {
    const forge = new Forge();
    const settings = Object.entries(SERVER).map(([key, value]) => `--config=${key}=${value}`);
    const argv = ["clone", "--quiet", "--bare", "--branch=main", ...settings, from, forge.bare];
    execFileSync("git", argv, { env: environment() });
    const hook = join(forge.bare, "hooks/post-receive");
    writeFileSync(hook, '#!/bin/sh\necho "${GIT_PUSH_OPTION_0-}" >push-option\n', { mode: 0o755 });
    await new Promise<void>((done) => forge.#server.listen(0, "127.0.0.1", done));
    return forge;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}`;
  }

  git(...args: readonly string[]): string {
    const options = { env: environment(), encoding: "utf8", maxBuffer: 1 << 26 } as const;
    return execFileSync("git", ["--git-dir", this.bare, ...args], options).trim();
  }

  /** A file of a commit. */
  text(commit: string, path: string): string {
    return `${this.git("show", `${commit}:${path}`)}\n`;
  }

  admit(token: string, grant: Grant): void {
    this.#tokens.set(token, grant);
  }

  forget(token: string): void {
    this.#tokens.delete(token);
  }

  /** Takes a commit over from another repository (a clone, or a fork) as the head of a change, new or pushed to. */
  offer(from: string, commit: string, number = this.#pulls.length + 1, base = "main"): number {
    const refs = [`refs/pull/${number}/head`, `refs/merge-requests/${number}/head`];
    this.git("fetch", "--quiet", from, ...refs.map((ref) => `+${commit}:${ref}`));
    const known = this.#pulls.find((pull) => pull.number === number);
    if (known) known.head = commit;
    else this.#pulls.push({ number, base, head: commit, merged: null });
    return number;
  }

  pull(number: number): Readonly<Pull> {
    const found = this.#pulls.find((pull) => pull.number === number);
    if (found === undefined) throw new Error(`no pull request ${number}`);
    return found;
  }

  /** Turns a pull request towards another branch. */
  turn(number: number, base: string): void {
    for (const pull of this.#pulls) if (pull.number === number) pull.base = base;
  }

  /** The tree that a merge into its base would have. */
  merged(number: number): string {
    const { head, base } = this.pull(number);
    return this.git("merge-tree", "--write-tree", base, head).split("\n")[0] ?? "";
  }

  /** The merge button. Returns the paths that it changes on main. */
  merge(number: number, how: "merge" | "squash" | "rebase" = "merge"): string[] {
    const before = this.git("rev-parse", "main");
    const pull = this.#pulls.find((one) => one.number === number);
    if (pull === undefined) throw new Error(`no pull request ${number}`);
    const put = (tree: string, message: string, ...parents: string[]) =>
      this.git("commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", message);
    if (how === "merge") pull.merged = [put(this.merged(number), `Merge pull request ${number}`, before, pull.head)];
    else if (how === "squash") pull.merged = [put(this.merged(number), `Change (#${number})`, before)];
    else {
      // As long as main has not moved each commit keeps its tree.
      const own = this.git("rev-list", "--reverse", `${before}..${pull.head}`).split("\n");
      const tip = () => pull.merged?.at(-1) ?? before;
      for (const commit of own) pull.merged = [...(pull.merged ?? []), put(`${commit}^{tree}`, "Rebased", tip())];
    }
    const after = pull.merged?.at(-1) ?? before;
    this.git("update-ref", "refs/heads/main", after, before);
    return this.changed(before, after);
  }

  /** The option that the last push came with. */
  get pushOption(): string {
    return readFileSync(join(this.bare, "push-option"), "utf8").trim();
  }

  changed(from: string, to: string): string[] {
    return this.git("diff", "--name-only", "--no-renames", from, to).split("\n");
  }

  comments(number: number): readonly Comment[] {
    return this.#comments.get(number) ?? [];
  }

  /** Somebody comments by hand. */
  say(number: number, author: string, body: string): Comment {
    const comment = { id: this.#ids++, author, body };
    this.#comments.set(number, [...this.comments(number), comment]);
    return comment;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const grant = this.#grantOf(request);
    if (/^\/org\/repo(?:\.git)?\//.test(url.pathname)) return this.#serveGit(request, response, url, grant);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body: unknown = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const { status, answer } = this.#serveApi(request.method ?? "", url, body, grant);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  #grantOf({ headers }: IncomingMessage): Grant | undefined {
    const said = String(headers["private-token"] ?? headers.authorization ?? "");
    const [scheme = "", rest = ""] = said.split(" ");
    const token = /^basic$/i.test(scheme) ? Buffer.from(rest, "base64").toString("utf8").replace(/^.*?:/, "") : rest;
    return this.#tokens.get(token || said);
  }

  #serveGit(request: IncomingMessage, response: ServerResponse, url: URL, grant: Grant | undefined): void {
    const push = url.pathname.endsWith("/git-receive-pack") || url.searchParams.get("service") === "git-receive-pack";
    if (grant === undefined || grant.contents === "none") {
      response.writeHead(401, { "www-authenticate": "Basic" }).end();
      return;
    }
    if (push && grant.contents !== "write") {
      response.writeHead(403).end();
      return;
    }
    if (push && request.method === "POST") {
      const early = this.beforePush;
      this.beforePush = null;
      early?.();
    }
    const cgi = {
      GIT_PROJECT_ROOT: this.#scratch.path,
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: grant.user,
      REQUEST_METHOD: request.method ?? "",
      // With .git or without: actions/checkout asks without it.
      PATH_INFO: url.pathname.replace(/^\/org\/repo(?:\.git)?/, "/org/repo.git"),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: String(request.headers["content-encoding"] ?? ""),
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    };
    pipeCgi(request, response, cgi);
  }

  #serveApi(method: string, url: URL, body: unknown, grant: Grant | undefined): { status: number; answer: unknown } {
    if (grant === undefined) return { status: 401, answer: {} };
    if (!grant.comments) return { status: 403, answer: {} };
    const path = url.pathname.replace(/^\/api\/v[14]/, "");
    if (path === "/user") return { status: 200, answer: { username: grant.user } };
    const page = Number(url.searchParams.get("page") ?? "1");
    const slice = <T>(all: readonly T[]) => all.slice((page - 1) * this.page, page * this.page);
    if (/^\/(?:repos\/\w+|projects)\/\w+\/(?:pulls|merge_requests)$/.test(path))
      return { status: 200, answer: slice(this.#pulls.filter(({ merged }) => merged === null).map(asPull)) };
    const [, commit = "", ofCommit] = /\/commits\/(\w+)\/(pulls?|merge_requests)$/.exec(path) ?? [];
    if (ofCommit === "pull") return this.#pullOf(commit);
    if (ofCommit !== undefined)
      return { status: 200, answer: slice(this.#pulls.filter(({ merged }) => merged?.includes(commit)).map(asPull)) };
    const list = /\/(?:issues|merge_requests)\/(\d+)\/(?:comments|notes)$/.exec(path);
    const text = typeof body === "object" && body !== null && "body" in body ? String(body.body) : "";
    if (list && method === "GET") return { status: 200, answer: slice(this.comments(Number(list[1])).map(asComment)) };
    if (list) return { status: 201, answer: asComment(this.say(Number(list[1]), grant.user, text)) };
    const one = /\/(?:comments|notes)\/(\d+)$/.exec(path);
    const found = [...this.#comments.values()].flat().find(({ id }) => id === Number(one?.[1]));
    if (found === undefined) return { status: 404, answer: {} };
    found.body = text;
    return { status: 200, answer: asComment(found) };
  }

  /** Forgejo and Gitea know a merged change by the last commit that it became. */
  #pullOf(commit: string): { status: number; answer: unknown } {
    const found = this.#pulls.find(({ merged }) => merged?.at(-1) === commit);
    return found === undefined ? { status: 404, answer: {} } : { status: 200, answer: asPull(found) };
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#scratch[Symbol.dispose]();
  }
}

const SERVER = {
  "http.receivepack": "true",
  "uploadpack.allowReachableSHA1InWant": "true",
  "receive.advertisePushOptions": "true",
  "receive.denyNonFastForwards": "true",
  "user.name": "Forge",
  "user.email": "forge@example.com",
};
