import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";

export interface PassphraseSource {
  /** A file whose first line it is. */
  readonly file: string | null;
  /** The environment's variable that may hold it. */
  readonly variable: string;
  /** A person can be asked. */
  readonly interactive: boolean;
}

/** A new passphrase from a file, the environment, or a person who types it twice unseen. Throws UserError. */
export async function newPassphrase({ file, variable, interactive }: PassphraseSource): Promise<string> {
  if (file !== null) return firstLine(file);
  const given = process.env[variable];
  if (given !== undefined && given !== "") return given;
  if (!interactive) {
    throw new UserError(
      "a passphrase is needed, and there is no terminal to ask",
      `--passphrase-file FILE, or ${variable}`,
    );
  }
  const [first, second] = await unseen(["Passphrase: ", "The same again: "]);
  if (first === undefined || second === undefined) throw new UserError("no passphrase was given");
  if (first !== second) throw new UserError("the two are different", "once more");
  return first;
}

/** One that there is already, typed unseen; null where the person gives up. */
export async function askUnseen(prompt: string): Promise<string | null> {
  return (await unseen([prompt]))[0] ?? null;
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/)[0] ?? "";
  } catch {
    throw new UserError(`--passphrase-file: ${file} cannot be read`);
  }
}

/**
 * An answer for each prompt, fewer where the person gives up. Readline puts the terminal into raw mode and echoes to its
 * output, which here is nobody; one reader for all, since what is typed ahead belongs to the next prompt.
 */
function unseen(prompts: readonly string[]): Promise<string[]> {
  const nobody = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nobody, terminal: true });
  const answers: string[] = [];
  const prompt = () => process.stderr.write(prompts[answers.length] ?? "");
  return new Promise((done) => {
    reader.on("line", (line) => {
      if (answers.length === prompts.length) return;
      answers.push(line);
      process.stderr.write("\n");
      prompt();
      if (answers.length === prompts.length) reader.close();
    });
    reader.once("SIGINT", () => reader.close());
    reader.once("close", () => done(answers));
    prompt();
  });
}

export interface Question {
  readonly label: string;
  /** What Enter alone stands for. */
  readonly preset: string;
  /** What is wrong with an answer; null for nothing. */
  readonly problem: (answer: string) => string | null;
}

/**
 * An answer to each question, from the person at the terminal; a wrong one is asked for again. Throws UserError where
 * the input ends before (Ctrl-D); Ctrl-C ends the process, as everywhere.
 */
export function ask(questions: readonly Question[]): Promise<string[]> {
  const { stdin: input, stderr: output } = process;
  const reader = createInterface({ input, output, terminal: true, historySize: 0 });
  const answers: string[] = [];
  const current = () => questions[answers.length];
  const prompt = () => {
    const question = current();
    if (question === undefined) return reader.close();
    reader.setPrompt(`${question.label} [${printable(question.preset)}]: `);
    reader.prompt();
  };
  return new Promise((done, fail) => {
    reader.on("line", (line) => {
      const question = current();
      if (question === undefined) return;
      const answer = line.trim() === "" ? question.preset : line.trim();
      const problem = line.trim() === "" ? null : question.problem(answer);
      if (problem === null) answers.push(answer);
      else output.write(`  ${printable(problem)}\n`);
      prompt();
    });
    reader.once("SIGINT", () => {
      reader.close();
      output.write("\n");
      process.exit(130);
    });
    reader.once("close", () => {
      if (current() === undefined) return done(answers);
      output.write("\n");
      fail(new UserError("no answer was given, and nothing was made", "run the same command again"));
    });
    prompt();
  });
}
