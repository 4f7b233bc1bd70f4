import type { KeyObject } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { sep } from "node:path";
import { UserError } from "../model/problem.ts";
import { keySigner } from "../x509/signer.ts";
import { openKeyPem } from "./key-pem.ts";
import { NOTHING_TO_CLOSE, type OpenSigner } from "./open-signer.ts";
import { openToken } from "./pkcs11/index.ts";
import { openProgram } from "./program.ts";
import type { Environment, Secrets } from "./secrets.ts";

/** The variables that say where a key outside the repository is; nothing of the registry does. */
const WAYS = ["GATEHOUSE_CA_KEY_FILE", "GATEHOUSE_CA_KEY_URI", "GATEHOUSE_CA_SIGNER"] as const;
type Way = (typeof WAYS)[number];

const HOW: Readonly<Record<Way, string>> = {
  GATEHOUSE_CA_KEY_FILE: "GATEHOUSE_CA_KEY_FILE=KEY.pem",
  GATEHOUSE_CA_KEY_URI: "GATEHOUSE_CA_KEY_URI='pkcs11:token=…;object=…?module-path=/path/of/MODULE.so'",
  GATEHOUSE_CA_SIGNER: "GATEHOUSE_CA_SIGNER=/path/of/PROGRAM",
};

/**
 * The authority's key where the environment says that it is. `known`: the public half, of the authority's certificate;
 * null where there is no such certificate yet. @throws UserError
 */
export function openOutside(root: string, secrets: Secrets, known: KeyObject | null): Promise<OpenSigner> {
  const { way, value } = sourceOf(secrets.environment);
  switch (way) {
    case "GATEHOUSE_CA_KEY_FILE":
      return openFile(root, value, secrets);
    case "GATEHOUSE_CA_KEY_URI":
      return openToken(value, known, secrets);
    case "GATEHOUSE_CA_SIGNER":
      return openProgram(value, known);
  }
}

function sourceOf(environment: Environment): { readonly way: Way; readonly value: string } {
  const set = WAYS.flatMap((way) => {
    const value = environment[way];
    return value === undefined || value === "" ? [] : [{ way, value }];
  });
  const [first, second] = set;
  if (first === undefined)
    throw new UserError(
      "the authority's key is outside the repository (authority.custody), and nothing here says where; nothing was done",
      ...Object.values(HOW).map((line) => `set ${line}`),
      "what each is: docs/custody.md",
    );
  if (second !== undefined)
    throw new UserError(
      `${set.map(({ way }) => way).join(" and ")} are both set, and there is one authority`,
      "unset one",
    );
  return first;
}

async function openFile(root: string, file: string, secrets: Secrets): Promise<OpenSigner> {
  const key = await openKeyPem(
    readOutside(root, file),
    file,
    secrets,
    "GATEHOUSE_CA_KEY_FILE wants PEM, as openssl genpkey makes it",
  );
  return { signer: keySigner(key), close: NOTHING_TO_CLOSE };
}

function readOutside(root: string, file: string): string {
  const pem = read(file);
  if (`${realpathSync(file)}${sep}`.startsWith(`${realpathSync(root)}${sep}`))
    throw new UserError(
      `GATEHOUSE_CA_KEY_FILE is ${file}, which lies in the repository, where no key of the authority may be`,
      "move it out, and set the variable to where it is then",
    );
  return pem;
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(
      `GATEHOUSE_CA_KEY_FILE names a file that cannot be read (${code ?? "unknown"}): ${file}`,
      "name the right file, then run the same command again: docs/custody.md",
    );
  }
}
