import { readFileSync } from "node:fs";
import { UserError } from "../model/problem.ts";

/** The part of a process's environment that is looked at here. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Asks a person, who types unseen; null where that person gives up. */
export type AskUnseen = (prompt: string) => Promise<string | null>;

/** Where the passphrase or PIN of the authority's key comes from. It is kept here, and goes only to what opens the key. */
export interface Secrets {
  readonly environment: Environment;
  /** From the environment; null where it has none. @throws UserError for a file that cannot be read, or is empty */
  readonly given: () => string | null;
  /**
   * Tries `open` with what is given, or with what a person types, three times at most: it returns null for a wrong
   * one (a token: `tries` is 1). `what` is named in the prompt and in errors. @throws UserError where there is none, or it is wrong
   */
  readonly opening: <T>(what: string, open: (passphrase: string) => Promise<T | null>, tries?: number) => Promise<T>;
}

const FILE = "GATEHOUSE_CA_PASSPHRASE_FILE";
const VARIABLE = "GATEHOUSE_CA_PASSPHRASE";
const AGAIN = "name the right file, then run the same command again: docs/custody.md";
/** Tokens lock themselves after a few wrong ones; a person gets no more tries than most of them give. */
const TRIES = 3;

export function secretsOf(environment: Environment, ask: AskUnseen | null): Secrets {
  let known: string | null = null;
  const given = () => known ?? fromEnvironment(environment);
  const opening: Secrets["opening"] = async (what, open, tries = TRIES) => {
    const here = given();
    if (here !== null) {
      const opened = await open(here);
      if (opened !== null) return opened;
      throw new UserError(
        `the passphrase or PIN that ${from(environment)} gives does not open ${what}; nothing was done`,
        "put the right one there, then run the same command again",
      );
    }
    if (ask === null)
      throw new UserError(
        `${what} wants a passphrase or PIN, and there is no terminal to ask`,
        `put it into a file that only you can read, and set ${FILE}=FILE: docs/custody.md`,
      );
    for (let attempt = 1; attempt <= tries; attempt++) {
      const typed = await ask(`Passphrase or PIN of ${what}: `);
      if (typed === null)
        throw new UserError("no passphrase was given, and nothing was done", "run the same command again");
      const opened = await open(typed);
      if (opened === null) continue;
      known = typed;
      return opened;
    }
    throw new UserError(
      `that is not the passphrase or PIN of ${what}, ${tries === 1 ? "once" : `${tries} times`}; nothing was done`,
    );
  };
  return { environment, given, opening };
}

function from(environment: Environment): string {
  return isSet(environment[FILE]) ? FILE : VARIABLE;
}

function fromEnvironment(environment: Environment): string | null {
  const file = environment[FILE];
  if (!isSet(file)) return isSet(environment[VARIABLE]) ? environment[VARIABLE] : null;
  return firstLine(file, FILE);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

/** Of a file that `said` names. @throws UserError where it cannot be read, or is empty */
export function firstLine(file: string, said: string): string {
  const line = read(file, said).split(/\r?\n/)[0] ?? "";
  if (line === "")
    throw new UserError(`${said}: the first line of ${file} is empty; it is the passphrase or PIN`, AGAIN);
  return line;
}

function read(file: string, said: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${said} names a file that cannot be read (${code ?? "unknown"}): ${file}`, AGAIN);
  }
}
