import { DIR } from "../model/layout.ts";
import type { Finding } from "../model/problem.ts";
import { signingKind } from "../x509/signing-file.ts";
import { block, type CheckInput, warn } from "./input.ts";
import { remove } from "./restore.ts";

/**
 * Files under pki/signing/: public, and named by some repository. What does not fit the repository that names it is a
 * problem of the registry, with its place there.
 */
export function signing(input: CheckInput): Finding[] {
  const files = input.entries.filter((entry) => entry.kind === "file" && entry.path.startsWith(`${DIR.signing}/`));
  return files
    .filter(({ path, temporary }) => !temporary && !path.endsWith("/.gitkeep"))
    .flatMap(({ path }) => {
      const data = input.read(path);
      if (data !== null && signingKind(data) === "private key") return [leaked(path)];
      return input.registry === null || isNamed(path, input) ? [] : [idle(path)];
    });
}

function leaked(path: string): Finding {
  const message = "holds a private key, and everybody who can read this repository has it: make a new one elsewhere";
  return block("PrivateKey", path, message, remove(path));
}

/** Named now, or by what was last carried out: bundles are made from that. */
function isNamed(path: string, { registry, state }: CheckInput): boolean {
  return [registry, state.carriedOut?.registry].some((one) =>
    [...(one?.repositories.values() ?? [])].some((repository) => repository.signing === path),
  );
}

function idle(path: string): Finding {
  return warn("SigningUnused", path, "no repository names it in `signing`", remove(path));
}
