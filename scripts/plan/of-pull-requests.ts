import { SIGNERS_FILE } from "./allowed-signers.ts";

export const POLICY_FILES: readonly string[] = [SIGNERS_FILE, "pki/guard-allow.yaml"];

/** DESIGN 9: what a branch may change under pki/. Everything else there is state. */
export function isOfPullRequests(path: string): boolean {
  return (
    /^pki\/(?:reqs\/[^/]+\.req|signing\/[^/]+)$/.test(path) || POLICY_FILES.includes(path) || path === "pki/README.md"
  );
}

/** One path that a commit changes. */
export interface Touched {
  readonly path: string;
  readonly removed: boolean;
}

/** Whether reconcile may have changed this: state, and a request that goes with its client. */
export function isOfReconcile({ path, removed }: Touched): boolean {
  if (removed && /^pki\/reqs\/[^/]+\.req$/.test(path)) return true;
  return path.startsWith("pki/") && !isOfPullRequests(path);
}
