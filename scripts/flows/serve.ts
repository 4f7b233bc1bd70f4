import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { bases, makeDirectory, tidyStale } from "../serve/directory.ts";
import { fill } from "../serve/fill.ts";
import { followLines } from "../serve/follow.ts";
import { awaitSignal, type StopSignal } from "../serve/guard.ts";
import { chooseServer, type Job, nginxServers, sampledOf } from "../serve/job.ts";
import { localConfiguration } from "../serve/local.ts";
import { chooseMaterial } from "../serve/material.ts";
import { startNginx } from "../serve/nginx.ts";
import { choosePorts } from "../serve/ports.ts";
import { localRepositories } from "../serve/roots.ts";
import { viewOf } from "../serve/view.ts";
import { now as clock } from "../system/clock.ts";
import { requireProgram } from "../system/programs.ts";
import { readRegularText } from "../system/read-file.ts";
import { openVault } from "../vault/vault.ts";
import type { ServeView } from "../views/serve-text.ts";
import { loadWorkingTree } from "./load.ts";

export interface ServeOptions {
  readonly root: string;
  readonly now: Instant;
  /** Null: the first one. */
  readonly server: string | null;
  /** Null: a free one. */
  readonly port: number | null;
  /** Called when nginx listens. */
  readonly show: (view: ServeView) => void;
  /** Called with each line of the access log. */
  readonly line: (text: string) => void;
  /** Called with each line of the error log, and when it was read. */
  readonly trouble: (text: string, at: Instant) => void;
}

/** Serves until a signal comes, then leaves nothing behind. Throws UserError when it cannot begin, or nginx ends. */
export async function serve(options: ServeOptions): Promise<void> {
  requireProgram("nginx");
  const signal = awaitSignal();
  try {
    await tidyStale(bases());
    await run(await prepare(options), options, signal.received);
  } finally {
    signal.dispose();
  }
}

async function run(job: Job, options: ServeOptions, stop: Promise<StopSignal>): Promise<void> {
  const configuration = configurationOf(job);
  const directory = makeDirectory(job.material.kind === "opened");
  try {
    const { root, registry, name, material, now } = job;
    const contents = { root, registry, server: name, sampled: sampledOf(job), material, configuration, now };
    const ca = await fill(directory, contents);
    const nginx = startNginx(directory, `${directory.path}/${paths.DIR.nginx}/nginx.conf`);
    try {
      if ((await Promise.race([nginx.ready, stop])) !== undefined) return;
      // nginx has read it; it need not lie there any longer, not even in memory.
      if (material.kind === "opened") directory.remove(paths.path.key(name));
      options.show(viewOf(job, ca));
      await follow(directory.prefix, options, Promise.race([nginx.failed, stop]));
    } finally {
      await nginx.stop();
    }
  } finally {
    directory.dispose();
  }
}

/** Shows the logs until the end; the rest of them too, unless the end is a hang-up: then nobody is there to see it. */
async function follow(prefix: string, { line, trouble }: ServeOptions, end: Promise<StopSignal>): Promise<void> {
  const logs = [
    followLines(`${prefix}/access.log`, line),
    followLines(`${prefix}/error.log`, (text) => trouble(text, clock())),
  ];
  let signal: StopSignal | null = null;
  try {
    signal = await end;
  } finally {
    for (const log of logs) log.stop(signal !== "SIGHUP");
  }
}

async function prepare({ root, now, server: wanted, port }: ServeOptions): Promise<Job> {
  const { registry: asked, state } = await loadWorkingTree(root, now);
  const registry = state.carriedOut?.registry;
  if (registry === undefined || state.crl === null) {
    throw new UserError("there is nothing to serve yet: pki/ has no state", "npm start");
  }
  const name = chooseServer(registry, wanted);
  const server = registry.servers.get(name);
  if (server === undefined) throw new Error(`no server ${name}`);
  if (server.certificate === "issued" && !state.files.has(paths.path.issued(name))) {
    throw new UserError(
      `${name} has no certificate yet: pki/nginx serves nothing under its names`,
      "npm run reconcile",
    );
  }
  const material = chooseMaterial(root, name, server, openVault(root, process.env));
  const { tls, plain } = await choosePorts(port);
  const ports = { tls, plain: server.redirect.length === 0 ? null : plain };
  const repositories = localRepositories(registry, name);
  return { root, now, asked, state, registry, name, server, repositories, material, ports };
}

function configurationOf(job: Job): Map<string, string> {
  const { root, registry, name, ports, material } = job;
  const onDisk = new Map<string, string>();
  for (const path of job.state.files.keys()) {
    if (path.startsWith(`${paths.DIR.nginx}/`)) onDisk.set(path, readRegularText(root, path) ?? "");
  }
  const issued = nginxServers(registry).filter((one) => job.state.files.has(paths.path.issued(one)));
  const local = { server: name, port: ports.tls, plainPort: ports.plain, sampled: sampledOf(job) };
  return localConfiguration(registry, { ...local, throwaway: material.kind === "throwaway" }, onDisk, issued);
}
