import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { freePorts, until } from "./ports.ts";
import type { Scratch } from "./scratch.ts";

/** A real sshd on loopback with keys of its own, which lets this very user in with one command. Nothing of ~/.ssh is used. */
export class Sshd implements Disposable {
  readonly port: number;
  readonly user = userInfo().username;
  readonly #scratch: Scratch;
  readonly #child: ChildProcess;

  private constructor(scratch: Scratch, port: number, child: ChildProcess) {
    this.#scratch = scratch;
    this.port = port;
    this.#child = child;
  }

  /** @param command what the deploy key may do, as it stands in authorized_keys */
  static async start(scratch: Scratch, command: string): Promise<Sshd> {
    const [port = 0] = await freePorts(1);
    mkdirSync(scratch.at("ssh"), { mode: 0o700 });
    for (const name of ["host", "deploy", "stranger"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", scratch.at("ssh", name)]);
    }
    mkdirSync(scratch.at("ssh/home"));
    const key = readFileSync(scratch.at("ssh/deploy.pub"), "utf8");
    scratch.write("ssh/authorized_keys", `restrict,command="${command}" ${key}`);
    scratch.write("ssh/sshd_config", configuration(scratch, port));
    // sshd wants its empty directory, which its package's service makes.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    const args = ["-D", "-e", "-f", scratch.at("ssh/sshd_config")];
    const child = spawn("/usr/sbin/sshd", args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data) => {
      said += String(data);
    });
    const listens = () => {
      if (child.exitCode !== null) throw new Error(`sshd ended: ${said}`);
      return /Server listening/.test(said) || undefined;
    };
    await until("sshd", listens).catch((error: unknown) => {
      child.kill();
      throw error;
    });
    return new Sshd(scratch, port, child);
  }

  /**
   * A configuration for `ssh -F`.
   * @param key whose key is shown; @param host whose host key is known for this server, or null for nobody's
   */
  client(key: "deploy" | "stranger", host: "host" | "stranger" | null): string {
    const name = `${key}-${host}`;
    const known =
      host === null ? "" : `[127.0.0.1]:${this.port} ${readFileSync(this.#scratch.at("ssh", `${host}.pub`), "utf8")}`;
    const text = [
      `IdentityFile ${this.#scratch.at("ssh", key)}`,
      "IdentitiesOnly yes",
      "IdentityAgent none",
      `UserKnownHostsFile ${this.#scratch.write(`ssh/known-${name}`, known)}`,
      "GlobalKnownHostsFile /dev/null",
    ];
    const file = this.#scratch.write(`ssh/config-${name}`, `${text.join("\n")}\n`);
    chmodSync(file, 0o600);
    return file;
  }

  /** Another command for the key from now on. */
  permit(command: string): void {
    const key = readFileSync(this.#scratch.at("ssh/deploy.pub"), "utf8");
    writeFileSync(this.#scratch.at("ssh/authorized_keys"), `restrict,command="${command}" ${key}`);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGTERM");
  }
}

function configuration(scratch: Scratch, port: number): string {
  return [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${scratch.at("ssh/host")}`,
    `AuthorizedKeysFile ${scratch.at("ssh/authorized_keys")}`,
    // It would be removed on the way out, under the hands of whoever removes the directory.
    "PidFile none",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "UsePAM no",
    // Whoever owns /tmp owns what is in it.
    "StrictModes no",
    // bash reads ~/.bashrc for every command that comes this way: what this user's shell does is none of a test's.
    `SetEnv HOME=${scratch.at("ssh/home")}`,
    "",
  ].join("\n");
}
