import type { Finding } from "../model/problem.ts";

/** `check --json`, in the shape that docs promise to scripts: indented, with a final line feed. */
export function findingsJson(findings: readonly Finding[]): string {
  const ordered = findings.map(({ code, level, path, message, fix }) => ({ code, level, path, message, fix }));
  return `${JSON.stringify({ findings: ordered }, null, 2)}\n`;
}
