import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Installed, sh, shWith } from "./bundles.ts";
import type { Repository } from "./repository.ts";

export const ETC = "etc/gatehouse-client";
export const APT_USER = 4242;

/** Makes a directory to install below, with apt's user; its path. */
export function machine(root: string): string {
  mkdirSync(join(root, "etc"), { recursive: true });
  writeFileSync(join(root, "etc/passwd"), `root:x:0:0::/root:/bin/sh\n_apt:x:${APT_USER}:65534::/:/bin/false\n`);
  return root;
}

/** What is done to the machine that `root` names at that moment, with a shell. */
export function installing(shell: readonly string[], root: () => string) {
  const argvOf = (bundle: string): [string, ...string[]] => [
    join(bundle, "install.sh"),
    "--root",
    root(),
    "--system",
    "linux",
  ];
  return {
    install: (bundle: string, ...argv: readonly string[]): Installed => sh(shell, ...argvOf(bundle), ...argv),
    /** With programs of ours before the usual ones; they find the file `count` of their directory in COUNT. */
    installWith: (shims: string, bundle: string, ...argv: readonly string[]): Installed => {
      const variables = { PATH: `${shims}:${process.env["PATH"]}`, COUNT: join(shims, "count") };
      return shWith(variables, shell, ...argvOf(bundle), ...argv);
    },
    read: (path: string) => readFileSync(join(root(), path), "utf8"),
    edit: (path: string, text: string) => {
      mkdirSync(dirname(join(root(), path)), { recursive: true });
      writeFileSync(join(root(), path), text);
    },
    renewed: (bundle: string) => renewed(root(), bundle),
  };
}

/** As renew.sh leaves things: links to `pair`, and that to a directory for the pair; and what it adds to the list. */
function renewed(root: string, bundle: string): void {
  const etc = join(root, ETC);
  mkdirSync(join(etc, "pairs/5F"), { recursive: true });
  symlinkSync("pairs/5F", join(etc, "pair"));
  for (const name of ["key.pem", "fullchain.pem"]) {
    cpSync(join(bundle, name), join(etc, "pairs/5F", name));
    rmSync(join(etc, name));
    symlinkSync(`pair/${name}`, join(etc, name));
  }
  const lines = [
    "dir - /pairs",
    "dir - /pairs/5F",
    ...["", "s/5F/key.pem", "s/5F/fullchain.pem"].map((end) => `credential - /pair${end}`),
  ];
  appendFileSync(join(etc, "installed"), lines.map((line) => `${line.replace(" /", ` /${ETC}/`)}\n`).join(""));
}

/** A bundle with one more line in its list. */
export function copyOf(repository: Repository, bundle: string, line: string): string {
  const copy = repository.beside(`copy-${Math.random().toString(36).slice(2)}`);
  cpSync(bundle, copy, { recursive: true });
  appendFileSync(join(copy, "files"), `${line}\n`);
  return copy;
}

/** A directory for PATH with a program that does something first, and then what it always does. */
export function shimFor(repository: Repository, program: string, first: string): string {
  const directory = repository.beside(`shim-${Math.random().toString(36).slice(2)}`);
  mkdirSync(directory);
  const file = join(directory, program);
  writeFileSync(file, `#!/bin/sh\n${first}\nexec /bin/${program} "$@"\n`, { mode: 0o755 });
  return directory;
}
