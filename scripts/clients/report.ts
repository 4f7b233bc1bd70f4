import { basename } from "node:path/posix";

/** A file that was written for a client or a signer. */
export interface BundleReport {
  readonly path: string;
  readonly kinds: readonly string[];
  /** `key`: a private key in the clear; `encrypted`: one that is sealed; `public`: none. */
  readonly secrecy: "key" | "encrypted" | "public";
}

export function bundleJson(name: string, files: readonly BundleReport[]): string {
  return JSON.stringify({ client: name, files }, null, 2);
}

/** What was written, and what to type next. */
export function bundleText(name: string, files: readonly BundleReport[]): string {
  return files.flatMap((file) => [...wordsOf(name, file)]).join("\n");
}

function wordsOf(name: string, { path, kinds, secrecy }: BundleReport): string[] {
  const head = kinds.length === 0 ? path : `${path}  (${kinds.join(", ")})`;
  if (path.endsWith("-request.sh")) {
    return [
      head,
      `  On the client, as root: sh ${basename(path)}`,
      `  Then ${name}.req goes to pki/reqs/, by a pull request.`,
    ];
  }
  if (path.endsWith(".p12")) return [head, "  Sealed with the passphrase, which goes by another way than the file."];
  if (kinds.includes("signer")) return [head, ...signerWords(name, basename(path), secrecy)];
  if (path.endsWith(".age")) {
    return [head, `  On the client: age -d -i KEY ${basename(path)} | tar x`, `  Then, as root: sh ${name}/install.sh`];
  }
  return [head, `  ${careFor(secrecy)}`, `  On the client, as root: tar xf ${basename(path)} && sh ${name}/install.sh`];
}

/** A build machine is set up by hand, as its README says. */
function signerWords(name: string, file: string, secrecy: BundleReport["secrecy"]): string[] {
  const unpack = secrecy === "encrypted" ? `age -d -i KEY ${file} | tar x` : `tar xf ${file}`;
  const care = secrecy === "encrypted" ? [] : [`  ${careFor(secrecy)}`];
  return [...care, `  On the build machine, as root: ${unpack} && cat ${name}/README`];
}

function careFor(secrecy: BundleReport["secrecy"]): string {
  return secrecy === "key"
    ? "It holds a private key: bring it over by a safe way, then delete it here."
    : "Nothing in it is secret.";
}
