import { createHash } from "node:crypto";
import type { Software } from "../model/registry.ts";
import type { ReleaseFile } from "../model/release.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { compare } from "../model/words.ts";

export interface ManifestInput {
  readonly server: string;
  readonly software: Software;
  /** Forty hex digits. */
  readonly commit: string;
  /** The committer's time of that commit. */
  readonly time: Instant;
  readonly crl: number;
  /** Where the server is asked after activation. */
  readonly probe: { readonly name: string; readonly port: number };
  /** Directories that must be there on the server. */
  readonly roots: readonly string[];
  /** First-parent ancestors of the commit, newest first. */
  readonly ancestors: readonly string[];
  readonly revoked: readonly { readonly serial: string; readonly notAfter: Instant }[];
  readonly held: readonly string[];
  readonly files: readonly ReleaseFile[];
}

/**
 * The manifest of a release, ASCII, a word or a file a line: the same for the same commit and server, whatever the
 * order of what is given. The id is the commit's time and the beginning of the hash of all other lines.
 * @throws Error for a path that a server would not take
 */
export function renderManifest(input: ManifestInput): { readonly id: string; readonly text: string } {
  const lines = [
    `server ${input.server}`,
    `software ${input.software}`,
    `commit ${input.commit}`,
    `time ${input.time}`,
    `crl ${input.crl}`,
    `probe https ${input.probe.name} ${input.probe.port}`,
    ...[...new Set(input.roots)].sort(compare).map((root) => `root ${root}`),
    ...input.ancestors.map((ancestor) => `ancestor ${ancestor}`),
    ...revokedLines(input),
    ...input.held.toSorted(compare).map((serial) => `held ${serial}`),
    ...fileLines("access", input.files.filter(isAccess)),
    ...fileLines(
      "config",
      input.files.filter((file) => !isAccess(file)),
    ),
  ];
  const hash = sha256(text([FIRST, ...lines])).slice(0, 12);
  const id = `${formatInstant(input.time).replace(/[-:]/g, "")}-${hash}`;
  return { id, text: text([FIRST, `id ${id}`, ...lines]) };
}

const FIRST = "gatehouse-release 1";

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** A revocation may leave a server only when its certificate has ended, and `time` says what has. */
function revokedLines({ revoked, time }: ManifestInput): string[] {
  const open = revoked.filter(({ notAfter }) => notAfter > time).sort((a, b) => compare(a.serial, b.serial));
  return open.map(({ serial, notAfter }) => `revoked ${serial} ${notAfter}`);
}

/** Who gets in. A rollback takes configuration back, and never this; gates/ holds the groups that may. */
function isAccess({ path }: ReleaseFile): boolean {
  return path === "crl.pem" || /^[a-z]+\/(?:[^/]+\.map|(?:gates|renewals)\/[^/]+)$/.test(path);
}

function fileLines(kind: "access" | "config", files: readonly ReleaseFile[]): string[] {
  const sorted = files.toSorted((a, b) => compare(a.path, b.path));
  return sorted.map(({ path, mode, data }) => `${kind} ${sha256(data)} ${mode.toString(8)} ${checked(path)}`);
}

function checked(path: string): string {
  if (/^(?![/.])[A-Za-z0-9._/-]+$/.test(path) && !path.includes("..")) return path;
  throw new Error(`not a path for a release: ${JSON.stringify(path)}`);
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
