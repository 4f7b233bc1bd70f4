import { fileURLToPath } from "node:url";
import { runProgram } from "../system/programs.ts";
import { outcomeOf, parseAnswer } from "./answer.ts";
import { withStaged } from "./staging.ts";
import type { Report, Transport } from "./transport.ts";

const ACTIVATE = fileURLToPath(new URL("server/activate", import.meta.url));

/** Seconds: reload and probes take a few, and activate waits five minutes for another run. */
export const PATIENCE = 420;

/** This machine is the server: activate is run here. */
export const localTransport: Transport<"local"> = async ({ directory }, task, { name }) => {
  const where = directory === null ? [] : ["-d", directory];
  const run = async (...words: readonly string[]): Promise<Report> => {
    const result = await runProgram("sh", [ACTIVATE, ...where, ...words], { timeout: PATIENCE });
    const { stdout, stderr: narration, timedOut } = result;
    const answer = parseAnswer(stdout);
    if (answer !== null) return { ...outcomeOf(name, task, answer), narration };
    const why = timedOut ? `did not end within ${PATIENCE} seconds` : `ended with exit code ${result.exitCode}`;
    return { name, release: null, state: "failed", message: `activate ${why} and said nothing that counts`, narration };
  };
  return task.release === null ? run(task.word) : withStaged(task.release, (place) => run(task.word, place));
};
