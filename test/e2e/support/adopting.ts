import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT } from "../../support/checkout.ts";
import { DemoCa, KEYS } from "./foreign-ca.ts";
import { type Ran, Repository } from "./repository.ts";
import { Scratch } from "./scratch.ts";

export const SAMPLE = readFileSync(join(CHECKOUT, "clients.yaml"), "utf8");

export function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}

export async function adopting(
  directory: string,
  extra: Record<string, string> = {},
): Promise<Ran & { repository: Repository }> {
  const repository = Repository.fresh(SAMPLE);
  return { ...(await repository.runWith(extra, "adopt", directory)), repository };
}

/** A small `openssl ca`, and changed copies of it: alice is valid, mallory revoked, the CRL of version 1. */
export class Foreign implements Disposable {
  readonly scratch = new Scratch("adopt");
  readonly ca: DemoCa;
  #copies = 0;

  constructor() {
    this.ca = new DemoCa(this.scratch.at("demoCA"));
    this.ca.issue("alice");
    this.ca.issue("mallory");
    this.ca.revoke("mallory");
    this.ca.sign(false);
  }

  /** A copy of the CA's directory, changed. */
  changed(change: (at: (path: string) => string) => void): string {
    const top = this.scratch.at(`changed-${++this.#copies}`);
    cpSync(this.ca.top, top, { recursive: true });
    change((path) => join(top, path));
    return top;
  }

  /** The same with index.txt rewritten. */
  withIndex(edit: (text: string) => string): string {
    return this.changed((at) => writeFileSync(at("index.txt"), edit(readFileSync(at("index.txt"), "utf8"))));
  }

  /** Another CA of the same name. */
  other(): DemoCa {
    const made = new DemoCa(this.scratch.at(`other-${++this.#copies}`));
    made.issue("x");
    made.sign(false);
    return made;
  }

  /** step-ca's files, made by hand: a root, and an intermediate below it. */
  step(): string {
    const at = (path: string) => this.scratch.at("step", path);
    for (const directory of ["certs", "secrets"]) mkdirSync(at(directory), { recursive: true });
    const [root, below] = [at("secrets/root_ca_key"), at("secrets/intermediate_ca_key")];
    for (const key of [root, below]) openssl("genpkey", ...KEYS["ec-p256"], "-out", key);
    const subject = (name: string) => ["-subj", `/O=Step/CN=Step ${name}`];
    openssl("req", "-x509", "-new", "-key", root, "-days", "3650", ...subject("Root"), "-out", at("certs/root_ca.crt"));
    openssl("req", "-new", "-key", below, ...subject("Intermediate"), "-out", at("i.csr"));
    writeFileSync(at("ext"), "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n");
    const signed = ["-CA", at("certs/root_ca.crt"), "-CAkey", root, "-days", "3000", "-extfile", at("ext")];
    openssl("x509", "-req", "-in", at("i.csr"), ...signed, "-out", at("certs/intermediate_ca.crt"));
    return at("");
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}
