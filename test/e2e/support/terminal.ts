import { spawn } from "node:child_process";
import { environment, type Repository, scriptOf, type Variables } from "./repository.ts";

/** What is typed when a text has appeared, in their order. Enter is `\r`. */
export type Typed = readonly (readonly [awaited: string, keys: string | Uint8Array])[];

export interface Shown {
  readonly code: number | null;
  /** What the screen was sent. */
  readonly screen: string;
}

/** `npm start`'s program at a terminal of its own. */
export function startAtTerminal({ root }: Repository, typed: Typed, argv: readonly string[] = []): Promise<Shown> {
  return atTerminal([process.execPath, scriptOf("start"), "--root", root, ...argv], typed);
}

/** A program at a terminal of its own (script(1), util-linux). No quotes in its words. */
export function atTerminal(words: readonly string[], typed: Typed, variables: Variables = {}): Promise<Shown> {
  const line = words.map((word) => `'${word}'`).join(" ");
  const env = environment({ TERM: "xterm", ...variables });
  const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], { env, timeout: 60_000 });
  let screen = "";
  let seen = 0;
  const rest = [...typed];
  const type = () => {
    const [next] = rest;
    const at = next === undefined ? -1 : screen.indexOf(next[0], seen);
    if (next === undefined || at < 0) return;
    seen = at + next[0].length;
    rest.shift();
    child.stdin.write(next[1], type);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    type();
  });
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done({ code, screen }));
  });
}
