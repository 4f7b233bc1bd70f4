import { renderFailure } from "./cli/failure.ts";
import { runCommand } from "./cli/run.ts";
import { findingLine, type GuardFinding } from "./guard/finding.ts";
import { guardStaged } from "./guard/index.ts";
import { UserError } from "./model/problem.ts";

/** What it cannot decide blocks just the same, but a caller can tell the two apart. */
const UNDECIDED = 2;

const flags = {
  range: { type: "string", argument: "OLD..NEW", description: "every commit between; either may be all zeros" },
  remote: { type: "string", argument: "NAME", description: "with --range: what this remote has is not new" },
  audit: { type: "boolean", description: "everything: all refs, reflogs, loose and unreachable objects" },
} as const;

await runCommand(
  {
    name: "guard",
    summary: "no private key in the clear: what is staged, a range of commits, or everything",
    flags,
    secrets: "none; with git-crypt's key it also proves that ciphertext is what it seems",
  },
  async ({ root, flags, now, json, out, say, style }) => {
    try {
      const findings = await find(root, flags, now);
      if (json) out(JSON.stringify({ findings: findings.map(ordered) }, null, 2));
      else for (const finding of findings) out(findingLine(finding));
      return findings.some(({ level }) => level === "block") ? 1 : 0;
    } catch (error) {
      say(renderFailure(error, style.err));
      return UNDECIDED;
    }
  },
);

/** The ways of looking, each loaded when it is wanted: a commit waits for the first. */
async function find(
  root: string,
  { range, remote, audit }: { range: string | null; remote: string | null; audit: boolean },
  now: number,
): Promise<GuardFinding[]> {
  if (audit && range !== null) throw new UserError("--audit and --range exclude each other");
  if (remote !== null && !/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(remote))
    throw new UserError("--remote is no remote's name");
  if (audit) return (await import("./guard/audit.ts")).guardAudit(root, now);
  if (range !== null) return (await import("./guard/range.ts")).guardRange(root, range, { remote, now });
  return guardStaged(root, now);
}

function ordered({ code, level, path, message, fix, commit }: GuardFinding): GuardFinding {
  return { code, level, path, message, fix, commit };
}
