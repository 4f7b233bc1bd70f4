import { expect } from "vitest";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { parseInstant } from "../../../scripts/model/time.ts";
import { checkRegistry } from "../../../scripts/read/registry.ts";

const NOW = parseInstant("2026-11-21T12:00:00Z") ?? 0;

/** Line 1: version; 2: authority; 3: repositories; 4–5; 6: groups; 7–8. Sections of a case come after, from line 9. */
export const BASE = `version: 1
authority: { common_name: Example CA, organization: Example Ltd }
repositories:
  dev: { type: pkg, path: /dev/, root: /srv/dev }
  deb: { type: apt, path: /deb/, root: /srv/deb, suite: bookworm }
groups:
  staff: { repositories: [dev] }
  all: { repositories: [dev, deb] }
`;

export function problemsOf(text: string | Uint8Array): string[] {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const result = checkRegistry(bytes, {
    now: NOW,
    hasRequest: (name) => name === "brings",
    hasSigning: (file) => file === "pki/signing/dev.pub",
  });
  return result.ok ? [] : result.problems.map(formatProblem);
}

export function at(place: string, message: string | RegExp): unknown {
  const start = `clients.yaml:${place}: `;
  if (typeof message === "string") return start + message;
  const { source } = message;
  return expect.stringMatching(
    new RegExp(source.startsWith("^") ? `^${start}${source.slice(1)}` : `^${start}.*${source}`),
  );
}

/** Below BASE: what is wrong with it, or nothing. */
export const below = (text: string) => problemsOf(BASE + text);
export const client = (fields: string) => below(`clients:\n  alice: { ${fields} }\n`);

export const repository = (fields: string) =>
  problemsOf(`${BASE.replace("  deb:", `  new: { ${fields} }\n  deb:`)}clients: {}\n`);
export const section = (text: string) => below(`clients: {}\n${text}\n`);
