import { createInterface } from "node:readline";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";

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
