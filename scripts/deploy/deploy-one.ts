import { UserError } from "../model/problem.ts";
import type { Deploy } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import type { Git } from "../system/git.ts";
import { tryCanary } from "./canary.ts";
import { buildRelease } from "./release.ts";
import { send } from "./send.ts";
import type { Source } from "./source.ts";
import { failed, type Report, type Task } from "./transport.ts";

/** What is asked of every server. `dry-run`: the server checks the release, and changes nothing. */
export type Mode = "install" | "dry-run" | "rollback";

export interface OneOptions {
  readonly mode: Mode;
  readonly git: Git;
  readonly now: Instant;
}

/** One server, from the commit to its canary. What goes wrong with it is in the report, and stops nobody else. */
export async function deployOne(source: Source, name: string, options: OneOptions): Promise<Report> {
  const deploy = source.registry.servers.get(name)?.deploy;
  if (deploy === undefined) throw new Error(`no server ${name}`);
  const errand = { name, git: options.git, lineage: [source.commit, ...source.ancestors] };
  try {
    const report = await send(deploy, taskFor(source, name, options.mode), errand);
    const serves = report.state === "active" || report.state === "unchanged";
    if (options.mode !== "install" || !serves) return report;
    return await withCanary(source, report, options.now, () => send(deploy, ROLLBACK, errand), deploy);
  } catch (error) {
    if (error instanceof UserError) return failed(name, error);
    throw error;
  }
}

const ROLLBACK: Task = { word: "rollback", release: null };

function taskFor(source: Source, name: string, mode: Mode): Task {
  if (mode === "rollback") return ROLLBACK;
  return { word: mode === "install" ? "install" : "check", release: buildRelease(source, name) };
}

/** A canary that is refused after a change takes the change back. Where nothing changed there is nothing to take back. */
async function withCanary(
  source: Source,
  report: Report,
  now: Instant,
  rollBack: () => Promise<Report>,
  deploy: Deploy,
): Promise<Report> {
  if (deploy.to === "pull") return report;
  const sighting = await tryCanary(source, report.name, now);
  if (sighting === null) return report;
  if (sighting.seen !== "refused") return { ...report, message: `${report.message}; ${sighting.message}` };
  if (report.state === "unchanged") return { ...report, state: "failed", message: sighting.message };
  const back = await rollBack();
  const narration = report.narration + back.narration;
  if (back.state === "rolled back") return { ...back, message: `${sighting.message}; ${back.message}`, narration };
  const message = `${sighting.message}; and it could not be taken back: ${back.message}`;
  return { ...report, state: "failed", message, narration };
}
