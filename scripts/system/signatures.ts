import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Instant } from "../model/time.ts";
import { type Git, openGit } from "./git.ts";
import { catObjects } from "./objects.ts";
import { requireProgram } from "./programs.ts";

/** One commit's signature, as git and ssh-keygen judge it. */
export interface Signature {
  /**
   * git's letter (git-log(1), `%G?`): `G` good and by a listed key, `U` good and by another, `B` bad, `N` none, `E`
   * of another kind than ssh.
   */
  readonly letter: string;
  /** The principal that ssh-keygen found for the key; empty for none. */
  readonly principal: string;
  /** `SHA256:…`; empty where the signature does not verify. */
  readonly fingerprint: string;
  readonly committed: Instant;
  readonly author: string;
  readonly subject: string;
  /** What ssh-keygen said. */
  readonly said: string;
}

export interface Verifier {
  /**
   * Signatures of commits (full ids), all against the same allowed_signers: one git for all of them, which runs
   * ssh-keygen twice for each that is signed (13 ms).
   */
  verify(commits: readonly string[], allowedSigners: string): Promise<Map<string, Signature>>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A verifier that nothing in this repository's or the user's configuration can talk to: git looks at the objects from
 * an empty repository of its own, every program that it may run is named here, and times without a zone are UTC.
 */
export async function openVerifier(git: Git): Promise<Verifier> {
  const keygen = requireProgram("ssh-keygen");
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-signed-"));
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    const own = await emptyRepository(git, directory);
    const file = join(directory, "allowed_signers");
    return {
      verify: async (commits, allowedSigners) => {
        if (commits.length === 0) return new Map();
        await writeFile(file, allowedSigners);
        const programs = [
          `gpg.ssh.program=${keygen}`,
          `gpg.ssh.allowedSignersFile=${file}`,
          ...["gpg.program", "gpg.openpgp.program", "gpg.x509.program"].map((name) => `${name}=false`),
        ];
        const settings = programs.flatMap((one) => ["-c", one]);
        const log = ["log", "--no-walk=unsorted", "--stdin", "-z", "--no-show-signature", `--format=${FORMAT}`];
        const listing = await own.raw([...settings, ...log], commits.map((id) => `${id}\n`).join(""));
        return withOthers(own, parse(listing));
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const FORMAT = ["%H", "%G?", "%GF", "%ct", "%GS", "%an", "%s", "%GG"].join("%n");

function parse(listing: string): Map<string, Signature> {
  const signatures = new Map<string, Signature>();
  for (const entry of listing.split("\0")) {
    const [id = "", letter, fingerprint = "", at, principal = "", author = "", subject = "", ...said] =
      entry.split("\n");
    if (letter === undefined) continue;
    const words = { principal, author, subject, said: said.join("\n") };
    signatures.set(id.trim(), { letter, fingerprint, committed: Number(at), ...words });
  }
  return signatures;
}

/** git takes a signature that its program says nothing about for none. */
async function withOthers(own: Git, signatures: Map<string, Signature>): Promise<Map<string, Signature>> {
  const none = [...signatures].filter(([, { letter }]) => letter === "N");
  const objects = await catObjects(
    own,
    none.map(([id]) => id),
  );
  for (const [id, signature] of none) {
    const [header = ""] = (objects.get(id)?.bytes.toString("latin1") ?? "").split("\n\n", 1);
    if (/^gpgsig(?:-sha256)? /m.test(header)) signatures.set(id, { ...signature, letter: "E" });
  }
  return signatures;
}

async function emptyRepository(git: Git, directory: string): Promise<Git> {
  const asked = ["rev-parse", "--path-format=absolute", "--git-path", "objects", "--show-object-format"];
  const [known = "", format = "sha1"] = (await git.raw(asked)).split("\n");
  const own = join(directory, "git");
  await git.raw(["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, own]);
  return openGit(directory, {
    GIT_DIR: own,
    GIT_OBJECT_DIRECTORY: known,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_COUNT: "0",
    TZ: "UTC",
  });
}
