import { deployOne, type Mode } from "../deploy/deploy-one.ts";
import { forgetDeployment, noteDeployment, wasDeployed } from "../deploy/marker.ts";
import { buildRelease } from "../deploy/release.ts";
import type { Source } from "../deploy/source.ts";
import { insistOutside, tidyStaged, writeTo } from "../deploy/staging.ts";
import { chooseTargets, unsaid } from "../deploy/targets.ts";
import { failed, type Report } from "../deploy/transport.ts";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import { openGit } from "../system/git.ts";
import { inventoryYaml, leftOut } from "../views/deploy-text.ts";
import { type SourceOptions, sourceOf } from "./deploy-source.ts";

export interface DeployOptions extends SourceOptions {
  /** Names with commas between; null: all. */
  readonly only: string | null;
  readonly mode: Mode;
  /** True where nobody types: servers that clients.yaml does not say how to get to are left out, and said to be. */
  readonly onlySaid?: true;
  /** Told of each server in the registry's order, as soon as it and those before it are done. */
  readonly report: (report: Report) => void;
}

/** So many servers at once. */
const AT_ONCE = 4;

/** Deploys HEAD to the servers of the registry as carried out. Throws UserError before anything was done anywhere. */
export async function deploy(options: DeployOptions): Promise<Report[]> {
  tidyStaged();
  const git = openGit(options.root);
  const source = await sourceOf(git, options);
  const names = chosen(source.registry, options);
  const { mode, now, root } = options;
  const first = mode === "install" && !wasDeployed(root);
  if (first) await noteDeployment(root, names);
  const isPull = (name: string) => source.registry.servers.get(name)?.deploy.to === "pull";
  // Those that fetch share this clone's git: one after the other.
  const lanes = [names.filter(isPull), ...dealt(names.filter((name) => !isPull(name)))];
  const running = new Map<string, Promise<Report>>();
  for (const lane of lanes) {
    let before: Promise<unknown> = Promise.resolve();
    for (const name of lane) {
      const mine = before.then(() => deployOne(source, name, { mode, git, now }));
      // Whoever fails first is reported; the others' failure must not count as unhandled.
      before = mine.catch(() => {});
      running.set(name, mine);
    }
  }
  const reports: Report[] = [];
  for (const name of names) {
    const report = await running.get(name);
    if (report === undefined) continue;
    options.report(report);
    reports.push(report);
  }
  if (first && reports.every(({ state }) => state === "unreachable")) await forgetDeployment(root);
  return reports;
}

function chosen(registry: Registry, { only, onlySaid, say }: DeployOptions): string[] {
  const left = onlySaid ? unsaid(registry) : [];
  for (const name of left) say(printable(leftOut(name)));
  return chooseTargets(registry, only, left);
}

function dealt(names: readonly string[]): string[][] {
  return Array.from({ length: AT_ONCE }, (_, lane) => names.filter((_name, index) => index % AT_ONCE === lane));
}

/** Writes DIR/NAME for every server, for tools that bring releases to servers themselves. */
export async function buildAll(
  options: Omit<DeployOptions, "mode"> & { readonly directory: string },
): Promise<Report[]> {
  const git = openGit(options.root);
  await insistOutside(git, options.directory);
  const source = await sourceOf(git, options);
  const names = chooseTargets(source.registry, options.only);
  await noteDeployment(options.root, names);
  return names.map((name) => {
    const report = buildOne(source, name, options.directory);
    options.report(report);
    return report;
  });
}

function buildOne(source: Source, name: string, directory: string): Report {
  try {
    const release = buildRelease(source, name);
    const message = `written to ${writeTo(directory, release)}`;
    return { name, release: release.id, state: "unchanged", message, narration: "" };
  } catch (error) {
    if (error instanceof UserError) return failed(name, error);
    throw error;
  }
}

/** Ansible's inventory, YAML. */
export async function inventory(options: SourceOptions): Promise<string> {
  return inventoryYaml((await sourceOf(openGit(options.root), options)).registry);
}
