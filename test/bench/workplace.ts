import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { choosePorts } from "../../scripts/serve/ports.ts";
import { findProgram } from "../../scripts/system/programs.ts";
import { commitAll } from "./commit.ts";
import { type Measured, runPeer, runScript } from "./measure.ts";
import { type AuthorityKey, createRepository } from "./repository.ts";

/** A repository in which every client has its certificate, and what making it took. */
export interface Prepared {
  readonly root: string;
  readonly clients: number;
  readonly issuing: Measured;
  readonly ports: { readonly tls: number; readonly plain: number };
  readonly www: string;
}

/** Where everything is measured. Nothing is deleted before the end, and what others deleted before does not count. */
export class Workplace {
  /** 1, or 10 for --quick. */
  readonly divisor: number;
  readonly say: (text: string) => void;
  readonly #top: string;
  readonly #prepared = new Map<string, Promise<Prepared>>();

  constructor(divisor: number, say: (text: string) => void) {
    this.divisor = divisor;
    this.say = say;
    this.#top = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse-bench-")));
    // nginx's worker is somebody else where root runs this; keys below stay closed by their own modes.
    chmodSync(this.#top, 0o711);
    spreadDirectories(this.#top);
    // Ctrl-C and kill end the process without `finally`.
    process.once("SIGTERM", () => process.exit(143));
    process.once("exit", () => this.close());
  }

  size(full: number): number {
    return Math.max(1, Math.round(full / this.divisor));
  }

  /** A new directory, for nobody else. */
  directory(name: string): string {
    const path = mkdtempSync(join(this.#top, `${name}-`));
    chmodSync(path, 0o755);
    return path;
  }

  get www(): string {
    return join(this.#top, "www");
  }

  /** The same one for every row that asks for that many clients. */
  prepared(clients: number, key: AuthorityKey = "ec-p384"): Promise<Prepared> {
    const known = this.#prepared.get(`${clients} ${key}`) ?? this.prepareAnew(clients, key);
    this.#prepared.set(`${clients} ${key}`, known);
    return known;
  }

  async prepareAnew(clients: number, key: AuthorityKey): Promise<Prepared> {
    this.say(`making a repository with ${clients.toLocaleString("en")} clients, authority ${key}`);
    const root = this.directory("repository");
    const ports = await choosePorts(null);
    const { www } = this;
    await createRepository(root, { clients, www, port: ports.tls, key });
    const issuing = await runScript("reconcile", "--root", root);
    commitAll(root);
    return { root, clients, issuing, ports, www };
  }

  close(): void {
    rmSync(this.#top, { recursive: true, force: true });
  }
}

/**
 * ext4 without a journal looks for each new file past all those that were removed nearby in the last five minutes,
 * which takes ten times as long (0.25 ms for 0.02). With this mark it puts each directory elsewhere on the disk, by
 * its name (chattr(1), T). Where there is no such mark, it is not needed.
 */
function spreadDirectories(directory: string): void {
  const chattr = findProgram("chattr");
  if (chattr !== null) spawnSync(chattr, ["+T", directory], { stdio: "ignore" });
}

const BARE = fileURLToPath(new URL("./bare.ts", import.meta.url));

export function runBare(what: "issue" | "read" | "verify", argument: string): Promise<Measured> {
  return runPeer(process.execPath, [BARE, what, argument]);
}
