import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
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
