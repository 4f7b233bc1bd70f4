import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { path, REGISTRY_FILE } from "../../scripts/model/layout.ts";
import { choosePorts } from "../../scripts/serve/ports.ts";
import { requireProgram } from "../../scripts/system/programs.ts";
import { openVault } from "../../scripts/vault/vault.ts";
import type { RowSpec } from "./index.ts";
import { type Measured, median, runPeer, runScript } from "./measure.ts";
import { pathFor, SERVER } from "./repository.ts";
import type { Prepared, Workplace } from "./workplace.ts";

const ROUNDS = 5;

/** The way without a forge: what somebody who pushes waits for, everything included. */
export const PUSH_ROWS: readonly RowSpec[] = [
  {
    row: "push",
    what: (size) => `git push until nginx admits the new client, ${size(1_000)} clients`,
    targets: [{ of: "value", at: "most", figure: 5 }],
    measure: async (workplace) => {
      const place = await prepare(workplace);
      try {
        const rounds: { readonly ours: number; readonly plain: number }[] = [];
        for (let count = 0; count <= ROUNDS; count += 1) {
          const round = await pushNewcomer(place, `newcomer${count}`);
          if (count > 0) rounds.push(round);
        }
        const middle = (by: (round: (typeof rounds)[number]) => number) => by(median(rounds, by));
        return {
          value: middle(({ ours }) => ours),
          unit: "s",
          peer: { what: "git push without hooks, nginx -s reload", value: middle(({ plain }) => plain) },
        };
      } finally {
        await stop(place);
      }
    },
  },
];

interface Place {
  readonly root: string;
  /** With hooks, and without. */
  readonly bare: string;
  readonly plain: string;
  readonly host: string;
  readonly port: number;
}

/** A clone of 1,000 clients that has been pushed to a bare repository, and an nginx that serves what was deployed. */
async function prepare(workplace: Workplace): Promise<Place> {
  const prepared = await workplace.prepared(workplace.size(1_000));
  const root = join(workplace.directory("push"), "clone");
  cpSync(prepared.root, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const [bare, plain] = [join(root, "..", "server.git"), join(root, "..", "plain.git")];
  const host = workplace.directory("host");
  const { tls: port, plain: marker } = await choosePorts(null);
  await writeHost(prepared, host, marker);
  const registry = readFileSync(join(root, REGISTRY_FILE), "utf8").replace(
    `listen: ["127.0.0.1:${prepared.ports.tls}"]`,
    `listen: ["127.0.0.1:${port}"], deploy: { to: local, directory: ${join(host, "server")} }`,
  );
  writeFileSync(join(root, REGISTRY_FILE), registry);
  await runScript("reconcile", "--root", root);
  await git(root, "add", "--all");
  await git(root, "commit", "--quiet", "--message=Deploy");
  await runScript("create", "--root", root, "--bare", bare);
  await runPeer("git-crypt", ["export-key", join(bare, "gatehouse", "key")], { GIT_DIR: join(root, ".git") });
  await git(root, "push", "--quiet", bare, "HEAD:main");
  await runPeer("git", ["clone", "--quiet", "--bare", bare, plain]);
  return { root, bare, plain, host, port };
}

async function writeHost({ www }: Prepared, host: string, marker: number): Promise<void> {
  const prefix = join(host, "prefix");
  const server = join(host, "server");
  for (const directory of [prefix, server]) mkdirSync(directory, { mode: 0o755 });
  for (let index = 0; index < 20; index += 1)
    mkdirSync(join(www, `repo${String(index).padStart(2, "0")}`), { recursive: true });
  writeFileSync(join(www, pathFor("hello")), "hello\n");
  const conf = [
    `PREFIX='${prefix}'`,
    `MARKER=127.0.0.1:${marker}`,
    `START="'${requireProgram("nginx")}' -p '${prefix}' -c '${join(server, "current/nginx/nginx.conf")}'"`,
  ];
  writeFileSync(join(server, "activate.conf"), `${conf.join("\n")}\n`, { mode: 0o644 });
}

/** Seconds of both ways, with one client more. */
async function pushNewcomer({ root, bare, plain, host, port }: Place, name: string) {
  const file = join(root, REGISTRY_FILE);
  writeFileSync(file, `${readFileSync(file, "utf8")}  ${name}: { groups: [group00], contact: ${name}@example.com }\n`);
  await git(root, "commit", "--quiet", "--all", `--message=Add ${name}`);
  const conf = join(host, "server/current/nginx/nginx.conf");
  const reload = ["-p", join(host, "prefix"), "-c", conf, "-s", "reload"];
  const pushed = await git(root, "push", "--quiet", plain, "HEAD:main");
  const reloaded = await runPeer(requireProgram("nginx"), reload);
  const ours = await git(root, "push", "--quiet", bare, "HEAD:main");
  await git(root, "pull", "--quiet", bare, "main");
  const answer = await runPeer(requireProgram("curl"), curlArguments(root, host, port, name));
  if (answer.stdout !== "hello\n") throw new Error(`nginx does not admit ${name}: ${answer.stdout}`);
  return { ours: ours.seconds + answer.seconds, plain: pushed.seconds + reloaded.seconds + answer.seconds };
}

function curlArguments(root: string, host: string, port: number, name: string): string[] {
  const key = join(host, `${name}.key`);
  writeFileSync(key, openVault(root, {}).read(path.key(name)), { mode: 0o600 });
  const credentials = ["--cert", join(root, path.issued(name)), "--key", key, "--cacert", join(root, "pki/ca.crt")];
  const resolve = ["--resolve", `${SERVER}:${port}:127.0.0.1`];
  return [
    "-sS",
    "--fail",
    "--max-time",
    "10",
    ...credentials,
    ...resolve,
    `https://${SERVER}:${port}${pathFor("hello")}`,
  ];
}

function git(root: string, ...args: readonly string[]): Promise<Measured> {
  const identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "core.hooksPath=/dev/null"];
  return runPeer("git", ["-C", root, ...identity, ...args]);
}

/** nginx made itself a daemon. */
async function stop({ host }: Place): Promise<void> {
  const file = join(host, "prefix", "nginx.pid");
  if (!existsSync(file)) return;
  process.kill(Number(readFileSync(file, "utf8")), "SIGTERM");
  for (const end = performance.now() + 10_000; existsSync(file) && performance.now() < end; ) await sleep(50);
}
