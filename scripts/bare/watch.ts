import { type ChildProcess, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openGit } from "../system/git.ts";
import { childEnvironment } from "../system/programs.ts";
import { Follower } from "./log.ts";
import { mainOf, placesIn } from "./places.ts";
import { answerTo, ask, isHeld } from "./queue.ts";

export interface Wish {
  /** The bare repository. */
  readonly root: string;
  /** As git gives it to post-receive; null: run whatever was pushed. */
  readonly pushed: string | null;
  readonly say: (text: string) => void;
}

/** How long somebody who pushes is kept waiting, at most. The run goes on without them. */
const PATIENCE = 10 * 60_000;
/** So often a worker that was killed is started again. */
const RESTARTS = 3;
const INTERVAL = 30;

/**
 * Asks for a run and shows it until it has ended: everything that the log gets meanwhile. The run is a process of its
 * own session, so that neither Ctrl-C nor a lost connection ends it. Returns its exit code.
 */
export async function request({ root, pushed, say }: Wish): Promise<number> {
  if (pushed !== null && !(await isMainAmong(root, pushed))) return 0;
  const { home, log, run } = placesIn(root);
  if (process.getuid !== undefined && statSync(home).uid !== process.getuid()) {
    say(`gatehouse: the push was taken; the owner of ${home} carries it out: ${run}`);
    return 0;
  }
  const code = await askAndFollow(root, log, say);
  if (code === null) say(`gatehouse: this takes long; it goes on without you: tail -f ${log}`);
  else if (code !== 0) say(`gatehouse: not all of it is done: see above or in ${log}; once mended, run: ${run}`);
  else if (pushed !== null) say("gatehouse: done; for the commit that was made here: git pull");
  return code ?? 1;
}

async function askAndFollow(root: string, log: string, say: Wish["say"]): Promise<number | null> {
  const follower = new Follower(log);
  try {
    return await follow(root, ask(root), follower, say);
  } finally {
    follower[Symbol.dispose]();
  }
}

async function isMainAmong(root: string, pushed: string): Promise<boolean> {
  const main = await mainOf(openGit(root));
  return pushed.split("\n").some((line) => line.endsWith(` ${main}`));
}

/** The answer; null when patience has ended. */
async function follow(root: string, id: string, log: Follower, say: Wish["say"]): Promise<number | null> {
  let worker: ChildProcess | null = null;
  let killed = 0;
  for (const end = performance.now() + PATIENCE; performance.now() < end; await sleep(INTERVAL)) {
    const code = answerTo(root, id);
    const fresh = log.read();
    if (fresh.length > 0) say(fresh.toString("utf8"));
    if (code !== null) return code;
    if (isHeld(root) || isRunning(worker)) continue;
    if (worker !== null && worker.signalCode !== null) {
      killed += 1;
      say(`gatehouse: the run was killed (${worker.signalCode})${killed <= RESTARTS ? "; starting it again" : ""}`);
      if (killed > RESTARTS) return 1;
    }
    worker = start(root);
  }
  return null;
}

function isRunning(worker: ChildProcess | null): boolean {
  return worker !== null && worker.exitCode === null && worker.signalCode === null;
}

/** In a session of its own, and with no file of ours: ssh waits until the last one that holds its pipe is gone. */
function start(root: string): ChildProcess {
  const script = fileURLToPath(new URL("../bare.ts", import.meta.url));
  const worker = spawn(process.execPath, [script, "--root", root, "work"], {
    cwd: root,
    detached: true,
    stdio: "ignore",
    env: childEnvironment(),
  });
  worker.on("error", () => {});
  worker.unref();
  return worker;
}
