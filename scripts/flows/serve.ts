import { formatCarriedOut } from "../model/canonical.ts";
import * as paths from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import type { Registry, Server } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import type { ServeTrial, ServeView } from "../render/serve-text.ts";
import { chooseServer, nginxServers } from "../serve/choose.ts";
import { bases, makeDirectory } from "../serve/directory.ts";
import { fill } from "../serve/fill.ts";
import { followLines } from "../serve/follow.ts";
import { localConfiguration } from "../serve/local.ts";
import { chooseMaterial, type Material } from "../serve/material.ts";
import { startNginx } from "../serve/nginx.ts";
import { type LocalOffer, offersOf } from "../serve/offers.ts";
import { choosePorts } from "../serve/ports.ts";
import { awaitSignal, type StopSignal } from "../serve/signals.ts";
import { tidyStale } from "../serve/stale.ts";
import { chooseTrials, type Trial } from "../serve/trials.ts";
import { usableClients } from "../serve/usable.ts";
import { now as clock } from "../system/clock.ts";
import { requireProgram } from "../system/programs.ts";
import { isSealed } from "../vault/seal.ts";
import { openVault } from "../vault/vault.ts";
import { type Loaded, loadWorkingTree } from "./load.ts";

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

/** What is served, and by what. */
interface Job {
  readonly root: string;
  readonly now: Instant;
  readonly loaded: Loaded;
  /** As last carried out: the one that pki/nginx was made from. */
  readonly registry: Registry;
  readonly name: string;
  readonly server: Server;
  readonly offers: readonly LocalOffer[];
  readonly material: Material;
  readonly ports: { readonly tls: number; readonly plain: number | null };
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
    const ca = fill(directory, { root, registry, server: name, sampled: sampledOf(job), material, configuration, now });
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
  const loaded = await loadWorkingTree(root, now);
  const registry = loaded.state.carriedOut?.registry;
  if (registry === undefined || loaded.state.crl === null) {
    throw new UserError("there is nothing to serve yet: pki/ has no state", "npm start");
  }
  const name = chooseServer(registry, wanted);
  const server = registry.servers.get(name);
  if (server === undefined) throw new Error(`no server ${name}`);
  if (server.certificate === "issued" && !loaded.state.files.has(paths.path.issued(name))) {
    throw new UserError(
      `${name} has no certificate yet: pki/nginx serves nothing under its names`,
      "npm run reconcile",
    );
  }
  const material = chooseMaterial(root, name, server, openVault(root, process.env));
  const { tls, plain } = await choosePorts(port);
  const ports = { tls, plain: server.redirect.length === 0 ? null : plain };
  return { root, now, loaded, registry, name, server, offers: offersOf(registry, name), material, ports };
}

const sampledOf = ({ offers }: Job) => new Set(offers.filter(({ sampled }) => sampled).map(({ name }) => name));

function configurationOf(job: Job): Map<string, string> {
  const { registry, name, ports, material, loaded } = job;
  const { files } = loaded.state;
  const issued = nginxServers(registry).filter((one) => files.has(paths.path.issued(one)));
  const local = { server: name, port: ports.tls, plainPort: ports.plain, sampled: sampledOf(job) };
  return localConfiguration(registry, { ...local, throwaway: material.kind === "throwaway" }, files, issued);
}

function viewOf(job: Job, ca: string | null): ServeView {
  const { root, now, loaded, registry, name, server, offers, ports } = job;
  const trials = chooseTrials(registry, offers, usableClients(registry, loaded.state, now), now);
  return {
    server: name,
    host: server.names[0] ?? name,
    port: ports.tls,
    plainPort: ports.plain,
    root,
    ca,
    repositories: offers,
    trials: trials.map((trial) => viewOfTrial(trial, job)),
    proxied: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].some((variable) => process.env[variable]),
    notes: notesOf(job, trials),
  };
}

/** The key of a client that keeps its own is anybody's guess: a file of its name, as the notes say. */
function viewOfTrial(trial: Trial, { loaded, offers }: Job): ServeTrial {
  const { client, repository, status } = trial;
  const headOnly = status === 200 && offers.some(({ name, sampled }) => name === repository && !sampled);
  if (client === null) return { ...trial, credentials: null, headOnly };
  const key = loaded.state.files.has(paths.path.key(client)) ? paths.path.key(client) : `${client}.key`;
  return { ...trial, credentials: { certificate: paths.path.issued(client), key }, headOnly };
}

function notesOf({ loaded, registry, name, material, now }: Job, trials: readonly Trial[]): string[] {
  const { state } = loaded;
  const clients = [...new Set(trials.flatMap(({ client }) => client ?? []))];
  const keys = new Map(clients.map((client) => [client, state.files.get(paths.path.key(client))]));
  const own = clients.filter((client) => keys.get(client) === undefined);
  const sealed = [...keys.values()].some((key) => key !== undefined && isSealed(Buffer.from(key, "latin1")));
  const others = nginxServers(registry).filter((other) => other !== name);
  const shown = new Set(trials.map(({ status }) => status));
  return [
    ...(material.kind === "throwaway" ? [`The server's certificate is a throwaway: ${material.because}.`] : []),
    ...(material.kind === "opened" ? ["The server's key was opened into memory, and is on no disk."] : []),
    ...(isCarriedOut(loaded) ? [] : ["clients.yaml asks for more than was carried out: see npm run plan."]),
    ...crlNote(state, now),
    ...(sealed ? ["Keys are ciphertext in this clone: the lines with --key need git-crypt unlock KEYFILE first."] : []),
    ...own.map((client) => `${client} keeps its own key: put its file in the place of ${client}.key.`),
    ...(shown.has(200) ? [] : ["No client is let in to any file here: there is no such line below."]),
    ...(shown.has(403)
      ? []
      : ["Every client reaches every repository here: there is no line below that one is refused."]),
    ...(others.length === 0 ? [] : [`Other servers: npm run serve -- --server ${others.join(" | ")}`]),
  ];
}

function isCarriedOut({ registry, state }: Loaded): boolean {
  const last = state.carriedOut;
  return registry !== null && last !== null && formatCarriedOut({ ...last, registry }) === formatCarriedOut(last);
}

function crlNote({ crl }: State, now: Instant): string[] {
  if (crl === null || crl.nextUpdate > now) return [];
  return [`The CRL ended on ${formatInstant(crl.nextUpdate)}: nginx refuses every client until npm run reconcile.`];
}
