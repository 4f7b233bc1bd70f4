import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { environment } from "../support/repository.ts";
import type { Scratch } from "../support/scratch.ts";

/** A key to sign with, in a GnuPG home of its own. */
export class Signer implements Disposable {
  readonly #home: string;
  readonly name: string;

  constructor(scratch: Scratch, name: string) {
    this.name = name;
    this.#home = scratch.at(`gnupg-${name}`);
    mkdirSync(this.#home, { mode: 0o700 });
    this.gpg("--quick-gen-key", `${name} <${name}@example.com>`, "ed25519", "sign", "never");
  }

  gpg(...args: readonly string[]): string {
    const fixed = [
      "--homedir",
      this.#home,
      "--batch",
      "--quiet",
      "--yes",
      "--passphrase",
      "",
      "--pinentry-mode",
      "loopback",
    ];
    return execFileSync("gpg", [...fixed, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  }

  publicKey(): string {
    return this.gpg("--export", "--armor");
  }

  [Symbol.dispose](): void {
    execFileSync("gpgconf", ["--homedir", this.#home, "--kill", "gpg-agent"]);
  }
}

/** A repository of one package, as docs/repositories.md makes it. */
export function debianRepository(directory: string, signer: Signer): void {
  const tree = join(directory, "../hello");
  const put = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  put(
    join(tree, "DEBIAN/control"),
    "Package: hello-gate\nVersion: 1.0\nArchitecture: all\nMaintainer: Ops <ops@example.com>\nDescription: says hello\n",
  );
  put(join(tree, "usr/share/hello-gate/greeting"), "hello\n");
  mkdirSync(join(directory, "pool/main"), { recursive: true });
  const tool = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  tool("dpkg-deb", "--root-owner-group", "--build", tree, "pool/main/hello-gate_1.0_all.deb");
  put(join(directory, "dists/bookworm/main/binary-amd64/Packages"), tool("apt-ftparchive", "packages", "pool/main"));
  const about = ["Origin=Example", "Suite=bookworm", "Codename=bookworm", "Components=main", "Architectures=amd64"];
  const settings = about.flatMap((one) => ["-o", `APT::FTPArchive::Release::${one}`]);
  put(join(directory, "dists/bookworm/Release"), tool("apt-ftparchive", ...settings, "release", "dists/bookworm"));
  signRelease(directory, signer);
}

export function signRelease(directory: string, signer: Signer): void {
  const at = (name: string) => join(directory, "dists/bookworm", name);
  signer.gpg("--output", at("InRelease"), "--clearsign", at("Release"));
  signer.gpg("--output", at("Release.gpg"), "--armor", "--detach-sign", at("Release"));
}

export interface Said {
  readonly code: number;
  readonly said: string;
}

/** apt of a machine that is a directory: everything but its programs is below it. apt fetches as _apt, as it always does. */
export class Apt {
  readonly #root: string;

  constructor(root: string, apt: number) {
    this.#root = root;
    const admin = join(root, "var/lib/dpkg");
    for (const directory of ["info", "updates"]) mkdirSync(join(admin, directory), { recursive: true });
    for (const file of ["status", "available"]) writeFileSync(join(admin, file), "");
    for (const directory of ["var/lib/apt/lists/partial", "var/cache/apt/archives/partial"]) {
      mkdirSync(join(root, directory), { recursive: true });
      chownSync(join(root, directory), apt, 0);
    }
    mkdirSync(join(root, "var/log/apt"), { recursive: true });
    mkdirSync(join(root, "etc/apt/preferences.d"), { recursive: true });
    writeFileSync(join(root, "apt.conf"), `${this.#settings().join("\n")}\n`);
  }

  #settings(): string[] {
    return [
      `Dir "${this.#root}/";`,
      `Dir::State "${this.#root}/var/lib/apt";`,
      `Dir::State::status "${this.#root}/var/lib/dpkg/status";`,
      `Dir::Cache "${this.#root}/var/cache/apt";`,
      `Dir::Log "${this.#root}/var/log/apt";`,
      'APT::Architecture "amd64"; APT::Architectures "amd64"; APT::Sandbox::User "_apt"; Acquire::Languages "none";',
      `DPkg::Options { "--root=${this.#root}"; "--force-script-chrootless"; };`,
    ];
  }

  run(...args: readonly string[]): Said {
    const env = {
      ...environment(),
      APT_CONFIG: join(this.#root, "apt.conf"),
      LC_ALL: "C",
      DEBIAN_FRONTEND: "noninteractive",
    };
    try {
      const stdout = execFileSync("sh", ["-c", 'exec apt-get "$@" 2>&1', "sh", ...args], { env, encoding: "utf8" });
      return { code: 0, said: stdout };
    } catch (error) {
      if (!(error instanceof Error && "status" in error && "stdout" in error)) throw error;
      return { code: Number(error.status), said: String(error.stdout) };
    }
  }
}
