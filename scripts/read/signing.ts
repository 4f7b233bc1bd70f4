import { DIR } from "../model/layout.ts";
import type { Repository } from "../model/registry.ts";
import { signingProblem } from "../x509/signing-file.ts";
import type { Tree } from "./tree.ts";

export interface SigningFiles {
  /** Named as in the registry: `pki/signing/FILE`. */
  readonly files: ReadonlySet<string>;
  /** What is wrong with a file for a type of repository, by `TYPE FILE`; nothing is wrong with what is not here. */
  readonly unfit: ReadonlyMap<string, string>;
}

const TYPES: readonly Repository["type"][] = ["pkg", "apt", "pkgsrc", "files"];

/** The public halves of repositories' own signatures: whether they are public, and what they are good for. */
export function readSigning(tree: Tree): SigningFiles {
  const found = tree.walk(DIR.signing);
  const unfit = found.flatMap(({ path, kind }) => {
    const data = kind === "file" ? tree.read(path) : null;
    return TYPES.flatMap((type): [string, string][] => {
      const problem = data === null ? "is no regular file" : signingProblem(data, type);
      return problem === null ? [] : [[`${type} ${path}`, problem]];
    });
  });
  return { files: new Set(found.map(({ path }) => path)), unfit: new Map(unfit) };
}
