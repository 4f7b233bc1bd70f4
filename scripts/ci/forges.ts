import { OBJECT_ID } from "../model/content.ts";
import { Fields } from "../model/json-fields.ts";
import { UserError } from "../model/problem.ts";

/** A change under review: a pull or merge request. */
export interface Pull {
  readonly number: number;
  /** The full id of its newest commit. */
  readonly head: string;
  /** The branch that it is to be merged into. */
  readonly base: string;
}

export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}

/** How a forge's API names what a comment needs. Paths are relative to the API's base, with a `/` first. */
interface Dialect {
  /** Variables that hold the API's base URL and the repository. */
  readonly base: string;
  readonly repository: string;
  readonly headers: (token: string) => Readonly<Record<string, string>>;
  readonly open: (repository: string) => string;
  readonly pull: (fields: Fields) => Pull;
  /** Changes that a commit of main came by: a list, or (`one`) a single one and 404 where there is none. */
  readonly ofCommit: (repository: string, commit: string) => string;
  readonly one: boolean;
  readonly merged: (fields: Fields) => boolean;
  readonly comments: (repository: string, number: number) => string;
  readonly comment: (repository: string, number: number, id: number) => string;
  readonly author: (fields: Fields) => string;
  readonly update: "PATCH" | "PUT";
  /** Whose name the token writes under; null: ask the API. */
  readonly bot: string | null;
}

const github: Dialect = {
  base: "GITHUB_API_URL",
  repository: "GITHUB_REPOSITORY",
  headers: (token) => ({ authorization: `Bearer ${token}`, accept: "application/vnd.github+json" }),
  open: (repository) => `/repos/${repository}/pulls?state=open&per_page=100`,
  pull: (fields) => ({
    number: fields.count("number"),
    head: fields.object("head", (head) => head.text("sha", OBJECT_ID)),
    base: fields.object("base", (base) => base.text("ref")),
  }),
  ofCommit: (repository, commit) => `/repos/${repository}/commits/${commit}/pulls?per_page=100`,
  one: false,
  merged: (fields) => fields.orNull("merged_at", () => fields.text("merged_at")) !== null,
  comments: (repository, number) => `/repos/${repository}/issues/${number}/comments?per_page=100`,
  comment: (repository, _, id) => `/repos/${repository}/issues/comments/${id}`,
  author: (fields) => fields.object("user", (user) => user.text("login")),
  update: "PATCH",
  bot: "github-actions[bot]",
};

/** Forgejo's and Gitea's API is GitHub's with another page size and its own header. */
const forgejo: Dialect = {
  ...github,
  headers: (token) => ({ authorization: `token ${token}` }),
  open: (repository) => `/repos/${repository}/pulls?state=open&limit=50`,
  ofCommit: (repository, commit) => `/repos/${repository}/commits/${commit}/pull`,
  one: true,
  comments: (repository, number) => `/repos/${repository}/issues/${number}/comments?limit=50`,
  bot: "forgejo-actions",
};

const gitlab: Dialect = {
  base: "CI_API_V4_URL",
  repository: "CI_PROJECT_ID",
  headers: (token) => ({ "private-token": token }),
  open: (project) => `/projects/${project}/merge_requests?state=opened&per_page=100`,
  pull: (fields) => ({
    number: fields.count("iid"),
    head: fields.text("sha", OBJECT_ID),
    base: fields.text("target_branch"),
  }),
  ofCommit: (project, commit) => `/projects/${project}/repository/commits/${commit}/merge_requests?per_page=100`,
  one: false,
  merged: (fields) => fields.text("state") === "merged",
  comments: (project, number) => `/projects/${project}/merge_requests/${number}/notes?per_page=100`,
  comment: (project, number, id) => `/projects/${project}/merge_requests/${number}/notes/${id}`,
  author: (fields) => fields.object("author", (author) => author.text("username")),
  update: "PUT",
  bot: null,
};

const DIALECTS: ReadonlyMap<string, Dialect> = new Map(Object.entries({ github, forgejo, gitlab }));

type Environment = Readonly<Record<string, string | undefined>>;

/** One repository at a forge, as much of it as comments on changes need. Every method throws UserError. */
export class Forge {
  readonly #dialect: Dialect;
  readonly #base: string;
  readonly #repository: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bot: string | null;

  /** The address comes from the variables that the forge's runner sets; the token from CI_COMMENT_TOKEN. */
  constructor(name: string, env: Environment) {
    const dialect = DIALECTS.get(name);
    if (dialect === undefined) throw new UserError(`${name} is none of ${[...DIALECTS.keys()].join(", ")}`);
    this.#dialect = dialect;
    this.#base = needed(env, dialect.base).replace(/\/+$/, "");
    this.#repository = needed(env, dialect.repository);
    this.#headers = dialect.headers(needed(env, "CI_COMMENT_TOKEN"));
    this.#bot = env["CI_COMMENT_AUTHOR"] || dialect.bot;
  }

  /** Open changes, oldest page last, whatever they are to be merged into. */
  async pulls(): Promise<Pull[]> {
    const { open, pull } = this.#dialect;
    return this.#all(open(this.#repository), (fields) => pull(fields));
  }

  /** Numbers of the changes of a branch that a commit came by when they were merged. */
  async mergedBy(commit: string, branch: string): Promise<number[]> {
    const { ofCommit, one, pull, merged } = this.#dialect;
    const path = ofCommit(this.#repository, commit);
    const read = (fields: Fields) => ({ ...pull(fields), merged: merged(fields) });
    const found = one ? await this.#one(path, read) : await this.#all(path, read);
    return found.filter((change) => change.merged && change.base === branch).map(({ number }) => number);
  }

  async comments(number: number): Promise<Comment[]> {
    return this.#all(this.#dialect.comments(this.#repository, number), (fields) => ({
      id: fields.count("id"),
      author: this.#dialect.author(fields),
      // A comment whose text is gone has none.
      body: fields.orNull("body", () => fields.text("body")) ?? "",
    }));
  }

  /** The name that our comments carry. */
  async bot(): Promise<string> {
    return this.#bot ?? new Fields(await this.#ask("GET", "/user"), "user").text("username");
  }

  async create(number: number, body: string): Promise<void> {
    const path = this.#dialect.comments(this.#repository, number).replace(/\?.*$/, "");
    await this.#ask("POST", path, { body });
  }

  async update(number: number, id: number, body: string): Promise<void> {
    await this.#ask(this.#dialect.update, this.#dialect.comment(this.#repository, number, id), { body });
  }

  /** Page after page, until one has nothing new: some lists have no pages, and give all of it each time. */
  async #all<T>(path: string, read: (fields: Fields) => T): Promise<T[]> {
    const found = new Map<number, T>();
    for (let page = 1; ; page++) {
      const answer = new Fields({ list: await this.#ask("GET", `${path}&page=${page}`) }, path);
      const entries = answer.objects("list", (fields) => [fields.count("id"), read(fields)] as const);
      const fresh = entries.filter(([id]) => !found.has(id));
      if (fresh.length === 0) return [...found.values()];
      for (const [id, entry] of fresh) found.set(id, entry);
    }
  }

  /** What may not be there. */
  async #one<T>(path: string, read: (fields: Fields) => T): Promise<T[]> {
    const response = await this.#send("GET", path);
    return response.status === 404 ? [] : [read(new Fields(await answer(response, `GET ${path}`), path))];
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    return answer(await this.#send(method, path, body), `${method} ${path}`);
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(this.#base + path, {
      method,
      headers: { ...this.#headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Elsewhere the token has no business.
      redirect: "error",
      signal: AbortSignal.timeout(30_000),
    }).catch((error: unknown) => {
      throw new UserError(`${method} ${path}: no answer (${error instanceof Error ? error.message : String(error)})`);
    });
  }
}

async function answer(response: Response, question: string): Promise<unknown> {
  if (!response.ok) throw new UserError(`${question}: ${response.status} ${response.statusText}`);
  return response.json();
}

function needed(env: Environment, name: string): string {
  const value = env[name] ?? "";
  if (value === "") throw new UserError(`${name} is not set`);
  return value;
}
