import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { curl } from "./curl.ts";
import { freePorts } from "./ports.ts";
import { type Ran, Repository, runCommand, type Variables } from "./repository.ts";

export const PKG = "pkg.example.com";

/** What `deploy --json` prints of one server. */
interface Shown {
  readonly name: string;
  readonly release: string | null;
  readonly state: string;
  readonly message: string;
}

/** Runs deploy as a person does. */
export function deploy(
  { root }: Pick<Repository, "root">,
  argv: readonly string[] = [],
  extra: Variables = {},
): Promise<Ran> {
  return runCommand("deploy", ["--root", root, ...argv], extra);
}

/** The same with --json: the exit code, what became of each server, and what was said. */
export async function deployed(
  repository: Pick<Repository, "root">,
  argv: readonly string[] = [],
  extra: Variables = {},
) {
  const { code, stdout, stderr } = await deploy(repository, ["--json", ...argv], extra);
  const parsed: { readonly servers: readonly Shown[] } = stdout === "" ? { servers: [] } : JSON.parse(stdout);
  return { code, servers: parsed.servers, stderr };
}

interface Kept {
  readonly certificate: string;
  readonly key: string;
}

function filesOf(repository: Repository, client: string): Kept {
  return { certificate: repository.at(`pki/issued/${client}.crt`), key: repository.at(`pki/private/${client}.key`) };
}

/** What a client has of its own, whatever becomes of it in the repository. */
export function keep(repository: Repository, client: string): Kept {
  const own = filesOf(repository, client);
  const kept = { certificate: repository.beside(`${client}.crt`), key: repository.beside(`${client}.key`) };
  copyFileSync(own.certificate, kept.certificate);
  copyFileSync(own.key, kept.key);
  return kept;
}

/** One place on this machine that releases are activated in, with an nginx of its own, stopped with it. */
export class Place implements Disposable {
  readonly directory: string;
  readonly port: number;
  readonly #prefix: string;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
    this.#prefix = `${directory}-nginx`;
  }

  /** Its `activate.conf`, and nothing else yet: the first activation starts nginx. */
  static async make(directory: string, more = ""): Promise<Place> {
    const [port = 0, marker = 0] = await freePorts(2);
    const place = new Place(directory, port);
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    mkdirSync(join(place.#prefix, "logs"), { recursive: true, mode: 0o755 });
    place.#configure(marker, more);
    return place;
  }

  #configure(marker: number, more: string): void {
    const conf = join(this.directory, "current/nginx/nginx.conf");
    const lines = [
      `PREFIX='${this.#prefix}'`,
      `MARKER=127.0.0.1:${marker}`,
      `START="nginx -p '${this.#prefix}' -c '${conf}'"`,
      "WAIT=2",
      more,
    ];
    writeFileSync(join(this.directory, "activate.conf"), `${lines.join("\n")}\n`, { mode: 0o644 });
  }

  /** The id that `current` leads to; null before the first activation. */
  get current(): string | null {
    const link = join(this.directory, "current");
    return existsSync(link) ? (readlinkSync(link).split("/").at(-1) ?? null) : null;
  }

  /** The status that somebody gets: a client with the certificate in the repository or one kept from before, or nobody. */
  async status(repository: Repository, client: string | Kept | null, path: string, name = PKG): Promise<number> {
    const kept = typeof client === "string" ? filesOf(repository, client) : client;
    const certificate = kept === null ? [] : ["--cert", kept.certificate, "--key", kept.key];
    return (await curl(name, this.port, path, "--cacert", repository.at("pki/ca.crt"), ...certificate)).status;
  }

  [Symbol.dispose](): void {
    const file = join(this.#prefix, "nginx.pid");
    if (!existsSync(file)) return;
    const pid = readFileSync(file, "utf8").trim();
    spawnSync("kill", ["-QUIT", pid]);
    for (let turn = 0; turn < 200 && existsSync(file); turn++) spawnSync("sleep", ["0.02"]);
  }
}

export interface Wanted {
  /** More of the server's entry. */
  readonly server?: string;
  /** Below `deploy`: `to: local, directory: …` unless said. */
  readonly deploy?: string;
  readonly groups?: string;
  readonly clients?: Readonly<Record<string, string>>;
  /** More servers, each a line. */
  readonly servers?: string;
  /** Roots of pkg and files, below the test's own directory. */
  readonly roots?: readonly [string, string];
}

export const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" } as const;

/** clients.yaml of one server at a place, with roots that are there. */
export function registryAt(beside: (name: string) => string, place: Place, wanted: Wanted = {}): string {
  const { server = "", groups = "", clients = CLIENTS, servers = "", roots = ["www/pkg", "www/files"] } = wanted;
  const [pkg, files] = roots.map((root) => beside(root));
  const target = wanted.deploy ?? `to: local, directory: ${place.directory}`;
  return `version: 1
authority: { common_name: Test CA, organization: Test Ltd, key: ec-p256 }
limits: { lose: 100% }
repositories:
  pkg: { type: pkg, path: /pkg/, root: ${pkg} }
  files: { type: files, path: /files/, root: ${files} }
groups:
  staff: { repositories: [pkg, files] }
  guests: { repositories: [files] }
${groups}servers:
  ${PKG}:
    listen: ["127.0.0.1:${place.port}"]
    redirect: []
    deploy: { ${target} }
${server}${servers}clients:
${Object.entries(clients)
  .map(([name, entry]) => `  ${name}: ${entry}\n`)
  .join("")}`;
}

/** Sample content in the directories that the registry names. */
function fillRoots(beside: (name: string) => string): void {
  for (const root of ["www/pkg", "www/files"]) {
    mkdirSync(beside(root), { recursive: true, mode: 0o755 });
    writeFileSync(join(beside(root), "file.txt"), `${root}\n`);
  }
}

/** A registry at the real clock: what nginx lives by. Reconciled and committed. */
export async function begin(registry: (beside: (name: string) => string) => string): Promise<Repository> {
  const repository = Repository.fresh("version: 1\n");
  const beside = (name: string) => repository.beside(name);
  fillRoots(beside);
  repository.write("clients.yaml", registry(beside));
  repository.commit("Registry");
  const { code, stderr } = await repository.run("start");
  if (code !== 0) throw new Error(`start exits ${code}: ${stderr}`);
  repository.commit("Make the authority");
  return repository;
}

/** clients.yaml anew, reconciled and committed. */
export async function carryOut(repository: Repository, registry: string): Promise<void> {
  repository.write("clients.yaml", registry);
  const { code, stdout, stderr } = await repository.run("reconcile", "--commit");
  if (code !== 0) throw new Error(`reconcile exits ${code}: ${stdout}${stderr}`);
}
