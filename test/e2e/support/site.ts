import { X509Certificate } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { formatInstant, type Instant } from "../../../scripts/model/time.ts";
import type { Credentials } from "./authority.ts";
import { Repository } from "./repository.ts";

/** The real clock, whole seconds: nginx has no other. */
export const clock = (): Instant => Math.floor(Date.now() / 1000);

/**
 * The nearest end, of 3, 6, 12, … seconds away, before which this machine does what `inTime` does: what ends by the real
 * clock is to be waited for as shortly as can be. `inTime`: whether it had not ended yet when all was done.
 */
export async function soonest(inTime: (end: Instant) => Promise<boolean>): Promise<Instant> {
  for (let seconds = 3; seconds < 600; seconds *= 2) {
    const end = clock() + seconds;
    if (await inTime(end)) return end;
  }
  throw new Error("this machine does nothing in time");
}

/** A repository whose authority, certificates, CRL and configuration are what `create` and `reconcile` made of its registry. */
export class Site implements Disposable {
  readonly repository: Repository;
  #taken = 0;

  private constructor(registry: string) {
    this.repository = Repository.fresh(registry);
  }

  /**
   * The authority made and the registry carried out, both as of an instant.
   * @param refused files under pki/ that reconcile is to refuse, and to carry out all the rest
   */
  static async create(registry: string, at: Instant, refused: Readonly<Record<string, string>> = {}): Promise<Site> {
    const site = new Site(registry);
    const bad = Object.entries(refused);
    try {
      for (const [path, data] of bad) site.repository.write(`pki/${path}`, data);
      await site.#run("create", at);
      await site.#run("reconcile", at, bad.length === 0 ? 0 : 1);
      return site;
    } catch (error) {
      site[Symbol.dispose]();
      throw error;
    }
  }

  get ca(): string {
    return this.at("ca.crt");
  }

  get crl(): string {
    return this.at("crl.pem");
  }

  get conf(): string {
    return this.at("nginx/nginx.conf");
  }

  /** Absolute path of something under pki/. */
  at(path: string): string {
    return this.repository.at(`pki/${path}`);
  }

  /** Carries this registry out as of an instant, past or future. @throws Error with what reconcile says where it refuses */
  async reconcile(registry: string, at: Instant): Promise<void> {
    this.repository.write("clients.yaml", registry);
    await this.#run("reconcile", at);
  }

  async #run(command: "create" | "reconcile", at: Instant, expected = 0): Promise<void> {
    const { code, stdout, stderr } = await this.repository.run(command, "--now", formatInstant(at));
    if (code !== expected) throw new Error(`${command} exits ${code}: ${stdout}${stderr}`);
  }

  /** What an identity is handed: a copy of its newest certificate and key, which stays when ours are renewed or gone. */
  take(name: string): Credentials {
    this.#taken += 1;
    const copy = (source: string, end: string) => {
      mkdirSync(this.repository.beside("taken"), { recursive: true });
      const target = this.repository.beside(`taken/${this.#taken}-${name}.${end}`);
      copyFileSync(this.at(source), target);
      return target;
    };
    const cert = copy(`issued/${name}.crt`, "crt");
    const { serialNumber } = new X509Certificate(readFileSync(cert));
    return { cert, key: copy(`private/${name}.key`, "key"), serial: serialNumber };
  }

  /** Puts a file under pki/ in place of another, as a new file: what an operator or a half-done delivery leaves. */
  replace(path: string, data: string | Uint8Array): void {
    const draft = this.repository.beside("draft");
    writeFileSync(draft, data);
    renameSync(draft, this.at(path));
  }

  [Symbol.dispose](): void {
    this.repository[Symbol.dispose]();
  }
}
