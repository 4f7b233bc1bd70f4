import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Scratch } from "./scratch.ts";

export const ROOT_SH = fileURLToPath(new URL("../../../scripts/authority/root.sh", import.meta.url));
export const PASSPHRASE = "correct horse battery staple";
export const NAMES = ["--common-name", "Example Root", "--organization", "Example Ltd"] as const;

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end. `output` is stdout and stderr. */
export function ran(program: string, args: readonly string[], cwd?: string, env: Record<string, string> = {}): Ran {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    input: "",
  } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error) throw error;
  return { code: status, output: stdout + stderr };
}

/** The same, for what must succeed. */
export function must(program: string, args: readonly string[], cwd?: string, env: Record<string, string> = {}): string {
  const { code, output } = ran(program, args, cwd, env);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${output}`);
  return output;
}

/** A directory in which the root is worked with root.sh, beside a file with the passphrase; gone after the test. */
export class Ceremony implements Disposable {
  readonly #scratch: Scratch;
  /** The root's own directory. */
  readonly root: string;

  constructor(of?: Ceremony) {
    this.#scratch = new Scratch("root");
    this.root = this.at("root");
    writeFileSync(this.at("passphrase"), `${PASSPHRASE}\n`);
    if (of) cpSync(of.root, this.root, { recursive: true });
  }

  /**
   * One with a root of type ec-p256. Its key is sealed anew with a single round: 600,000, which root.sh does each time
   * that it signs, are most of its time.
   */
  static withRoot(): Ceremony {
    const made = new Ceremony();
    made.must("init", ...NAMES, "--key", "ec-p256");
    const passphrase = `pass:${PASSPHRASE}`;
    const sealed = [
      "pkcs8",
      "-topk8",
      "-v2",
      "aes-256-cbc",
      "-iter",
      "1",
      "-passin",
      passphrase,
      "-passout",
      passphrase,
    ];
    must("openssl", [...sealed, "-in", "root.key", "-out", "quick.key"], made.root);
    must("mv", ["quick.key", "root.key"], made.root);
    return made;
  }

  /** Something beside the root. */
  at(...parts: readonly string[]): string {
    return this.#scratch.at(...parts);
  }

  run(args: readonly string[], env: Record<string, string> = {}): Ran {
    const all = { GATEHOUSE_CA_PASSPHRASE_FILE: this.at("passphrase"), ...env };
    return ran("sh", [ROOT_SH, ...args, "--dir", this.root], this.at(), all);
  }

  must(...args: readonly string[]): string {
    const { code, output } = this.run(args);
    if (code !== 0) throw new Error(`root.sh ${args.join(" ")}: ${output}`);
    return output;
  }

  has(file: string): boolean {
    return existsSync(join(this.root, file));
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  /** A request by openssl, `-newkey` and more as it takes them. Returns the path. */
  request(rest: readonly string[] = [], newkey = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]): string {
    const subject = rest.includes("-subj") ? [] : ["-subj", "/CN=Example Issuing/O=Example Ltd"];
    const key = rest.includes("-key") ? [] : ["-newkey", ...newkey, "-nodes", "-keyout", "issuing.key"];
    must("openssl", ["req", "-new", ...key, "-out", "issuing.req", ...subject, ...rest], this.at());
    return this.at("issuing.req");
  }

  crlNumber(): number {
    return Number.parseInt(/=(?:0x)?([0-9A-F]+)/i.exec(this.ask("crl", "root.crl", "-crlnumber"))?.[1] ?? "", 16);
  }

  /** What openssl says of a file of the root's. */
  ask(kind: "crl" | "x509", file: string, ...what: readonly string[]): string {
    return must("openssl", [kind, "-in", file, "-noout", ...what], this.root).trim();
  }

  serial(file = "issuing.crt"): string {
    return this.ask("x509", file, "-serial").replace("serial=", "");
  }

  /** openssl's strictest word on the issuing certificate, with the root's list. */
  verdict(): string {
    const args = ["-x509_strict", "-crl_check_all", "-CAfile", "root.crt", "-CRLfile", "root.crl", "issuing.crt"];
    return ran("openssl", ["verify", ...args], this.root).output;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}
