import type { Software } from "./registry.ts";
import type { Instant } from "./time.ts";

/** A regular file of a release. `path`: from its top, with `/`. Keys are 0600, everything else is 0644. */
export interface ReleaseFile {
  readonly path: string;
  readonly mode: 0o644 | 0o600;
  readonly data: Uint8Array;
}

/** What one server gets of one commit. */
export interface Release {
  /** `20261122T004003Z-0123456789ab` */
  readonly id: string;
  readonly server: string;
  readonly software: Software;
  readonly commit: string;
  /** The committer's time of that commit. */
  readonly time: Instant;
  readonly crl: number;
  /** Sorted by path, the manifest among them. */
  readonly files: readonly ReleaseFile[];
}

export const MANIFEST = "manifest";
/** Keys of a release lie here, and nothing else does. */
const RELEASE_KEYS = "private/";

/** Whether a release holds a key: such a one goes to its server and nowhere else. */
export function holdsKey({ files }: Release): boolean {
  return files.some(({ path }) => path.startsWith(RELEASE_KEYS));
}

type DeployState = "active" | "unchanged" | "rolled back" | "unreachable" | "failed";

/** What came of one server. `release`: what serves there now, as far as is known. */
export interface Outcome {
  readonly name: string;
  readonly release: string | null;
  readonly state: DeployState;
  readonly message: string;
}
