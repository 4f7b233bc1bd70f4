import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { childEnvironment } from "../../system/programs.ts";
import { Malformed } from "./message.ts";

const MOST_STDERR = 4096;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A program that is talked to in bytes, one side after the other. */
export class Pipe {
  readonly #child: Child;
  readonly #seconds: number;
  #waiting = Buffer.alloc(0);
  #stderr = "";
  /** Why there is no more to come; empty while there is. */
  #ended = "";
  #wake = () => {};

  /** @param seconds it may take to answer */
  constructor(file: string, args: readonly string[], seconds: number) {
    this.#seconds = seconds;
    this.#child = spawn(file, args, { env: childEnvironment(), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {});
    this.#child.stdout.on("data", (part: Buffer) => {
      this.#waiting = Buffer.concat([this.#waiting, part]);
      this.#child.stdout.pause();
      this.#wake();
    });
    this.#child.stderr.on("data", (part: Buffer) => {
      if (this.#stderr.length < MOST_STDERR) this.#stderr += part.toString("utf8");
    });
    this.#child.once("error", (error: NodeJS.ErrnoException) =>
      this.#end(`it cannot be started (${error.code ?? "unknown"})`),
    );
    this.#child.once("close", (code, signal) => this.#end(`it ended (${signal ?? `exit code ${code}`})`));
  }

  /** The beginning of what it said on standard error. */
  get said(): string {
    return this.#stderr;
  }

  write(bytes: Buffer): void {
    this.#child.stdin.write(bytes);
  }

  /** So many bytes, waited for. @throws Malformed where it ends before, or says nothing for too long: then for ever */
  async take(size: number): Promise<Buffer> {
    const silent = () => this.#end(`it said nothing for ${this.#seconds} seconds`);
    const timer = setTimeout(silent, this.#seconds * 1000);
    try {
      while (this.#waiting.length < size) await this.#more();
    } finally {
      clearTimeout(timer);
    }
    const taken = this.#waiting.subarray(0, size);
    this.#waiting = this.#waiting.subarray(size);
    return taken;
  }

  #more(): Promise<void> {
    if (this.#ended !== "") throw new Malformed(this.#ended);
    this.#child.stdout.resume();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #end(why: string): void {
    this.#ended ||= why;
    this.#wake();
  }

  /** It ends by itself when nobody asks any more; one that `failed` is ended at once. */
  close(failed = this.#ended !== ""): void {
    if (failed) this.#child.kill("SIGTERM");
    this.#child.stdin.end();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    setTimeout(() => this.#child.kill("SIGKILL"), 2000).unref();
    this.#child.unref();
  }
}
