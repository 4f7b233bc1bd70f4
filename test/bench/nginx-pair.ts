import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DIR, path } from "../../scripts/model/layout.ts";
import { serverSettings } from "../../scripts/servers/nginx/settings.ts";
import { block } from "../../scripts/servers/nginx/text.ts";
import { childEnvironment, requireProgram } from "../../scripts/system/programs.ts";
import { pathFor, SERVER } from "./repository.ts";
import type { Prepared, Workplace } from "./workplace.ts";

/** One nginx with one worker, on the first core: what limits the load is nginx. */
export interface Running {
  readonly port: number;
  /** Nanoseconds of processor time that the worker has taken; null where the system does not tell. */
  cpu(): number | null;
  /** Peak memory of the worker, MB. */
  peak(): number | null;
  stop(): Promise<void>;
}

export interface Pair {
  /** As rendered. */
  readonly ours: Running;
  /**
   * The same nginx with ssl_verify_client alone: the same kind of listener, TLS settings, CRL, sendfile, files and
   * disable_symlinks; the log as nginx has it by default (combined, unbuffered).
   */
  readonly plain: Running;
}

/** Without an affinity on its system, nginx says so and goes on. */
const ONE_WORKER = ["worker_processes 1;", "worker_cpu_affinity 01;"];

export async function startPair(workplace: Workplace, prepared: Prepared): Promise<Pair> {
  const nginx = makeRelease(workplace, prepared);
  writeFileSync(join(nginx, "plain.conf"), plainConfiguration(prepared));
  const ours = await start(workplace.directory("ours"), join(nginx, "ours.conf"), prepared.ports.tls);
  try {
    return { ours, plain: await start(workplace.directory("plain"), join(nginx, "plain.conf"), prepared.ports.plain) };
  } catch (error) {
    await ours.stop();
    throw error;
  }
}

/** Ours alone. */
export function startOurs(workplace: Workplace, prepared: Prepared): Promise<Running> {
  return start(workplace.directory("ours"), join(makeRelease(workplace, prepared), "ours.conf"), prepared.ports.tls);
}

/** The release's directory of nginx. */
function makeRelease(workplace: Workplace, prepared: Prepared): string {
  const release = workplace.directory("release");
  copyRelease(prepared.root, release);
  const nginx = join(release, "nginx");
  const conf = readFileSync(join(nginx, "nginx.conf"), "utf8");
  const single = conf.replace("worker_processes auto;", ONE_WORKER.join("\n"));
  if (single === conf) throw new Error("nginx.conf does not say worker_processes auto");
  writeFileSync(join(nginx, "ours.conf"), single);
  return nginx;
}

/** What a release holds: nginx/ and the certificates of that one server. */
function copyRelease(root: string, release: string): void {
  const files = ["pki/ca.crt", "pki/crl.pem", DIR.nginx, path.issued(SERVER), path.key(SERVER)];
  for (const file of files) cpSync(join(root, file), join(release, file.slice("pki/".length)), { recursive: true });
}

function plainConfiguration({ ports, www }: Prepared): string {
  const location = pathFor("");
  const server = block("server", [
    `listen 127.0.0.1:${ports.plain} ssl;`,
    `server_name ${SERVER};`,
    `ssl_certificate ../issued/${SERVER}.crt;`,
    `ssl_certificate_key ../private/${SERVER}.key;`,
    ...block(`location ^~ ${location}`, [
      `alias ${www}${location};`,
      "disable_symlinks if_not_owner from=$document_root;",
    ]),
  ]);
  const http = [
    "default_type application/octet-stream;",
    "sendfile on;",
    "tcp_nopush on;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name}_temp;`),
    ...serverSettings("../"),
    "access_log access.log combined;",
    ...server,
  ];
  const lines = [...ONE_WORKER, "pid nginx.pid;", "error_log error.log info;"];
  return [...lines, ...block("events", ["worker_connections 1024;"]), ...block("http", http), ""].join("\n");
}

const PATIENCE = 15_000;

async function start(prefix: string, conf: string, port: number): Promise<Running> {
  mkdirSync(prefix, { recursive: true });
  const args = ["-e", "stderr", "-p", `${prefix}/`, "-c", conf, "-g", "daemon off;"];
  const child = spawn(requireProgram("nginx"), args, { stdio: ["ignore", "ignore", "pipe"], env: childEnvironment() });
  const kill = () => child.kill("SIGTERM");
  process.once("exit", kill);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(0, 4000);
  });
  const gone = new Promise<void>((done) => child.once("close", () => done()));
  const stop = async () => {
    kill();
    await gone;
    process.off("exit", kill);
  };
  for (const end = performance.now() + PATIENCE; !contents(join(prefix, "nginx.pid")); await sleep(20)) {
    if (child.exitCode === null && performance.now() < end) continue;
    await stop();
    throw new Error(`nginx does not run: ${said}`);
  }
  const worker = () => contents(`/proc/${child.pid}/task/${child.pid}/children`).trim().split(" ")[0] ?? "";
  return {
    port,
    cpu: () => numberIn(contents(`/proc/${worker()}/schedstat`), /^(\d+) /),
    peak: () => kilobytes(numberIn(contents(`/proc/${worker()}/status`), /^VmHWM:\s+(\d+) kB$/m)),
    stop,
  };
}

function contents(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function numberIn(text: string, pattern: RegExp): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

const kilobytes = (count: number | null) => (count === null ? null : (count * 1024) / 1e6);
