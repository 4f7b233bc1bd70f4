import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { portOf } from "../../scripts/clients/tunnel.ts";
import { PATIENCE } from "../support/patience.ts";
import { unpacked } from "./support/bundles.ts";
import { begin, deployed } from "./support/deployed.ts";
import { freePorts, until } from "./support/ports.ts";
import { type Repository, runProgram } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";
import { Greeter, TunnelClient, TunnelPlace } from "./support/tunnel.ts";

const SQL = ["-h", "127.0.0.1", "-U", "postgres", "-d", "postgres", "-X", "-A", "-t"];

/** The servers' machine has its programs on 127.0.0.2, so that clients may have the same ports on 127.0.0.1. */
let scratch: Scratch;
let place: TunnelPlace;
let repository: Repository;
let client: TunnelClient;
let ports: { readonly postgres: number; readonly redis: number; readonly echo: number; readonly down: number };
let echo: Greeter;
const programs: ChildProcess[] = [];

const registry = () => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
services:
  postgres: { sni: postgres.example.com, connect: "127.0.0.2:${ports.postgres}" }
  redis: { sni: redis.example.com, connect: "127.0.0.2:${ports.redis}" }
  replica: { sni: replica.example.com, connect: "127.0.0.2:${ports.postgres}" }
  echo: { sni: echo.example.com, connect: "127.0.0.1:${ports.echo}" }
groups:
  staff: { services: [postgres, redis, replica] }
  others: { services: [echo] }
servers:
  down.example.com: { software: stunnel, url: "https://localhost:${ports.down}", listen: [${ports.down}] }
  tun.example.com:
    software: stunnel
    url: https://localhost:${place.port}
    listen: ["127.0.0.1:${place.port}"]
    deploy: { to: local, directory: ${place.directory} }
clients: { alice: { groups: [staff] }, bob: { groups: [others] } }
`;

/** The configuration in a client's bundle, as install.sh would put it, with the credentials beside. */
async function bundled(name: string): Promise<string> {
  const directory = await unpacked(repository, name);
  const text = readFileSync(`${directory}/etc/stunnel/stunnel.conf`, "utf8");
  return text.replaceAll("/etc/gatehouse-client/", `${directory}/`).replaceAll("@ETC@/", `${directory}/`);
}

/** What PostgreSQL answers at this port, or nothing. */
const asked = async (port: number, sql: string) =>
  (await runProgram("psql", [...SQL, "-p", String(port), "-c", sql])).stdout;

function start(program: string, argv: readonly string[]): void {
  programs.push(spawn(program, argv, { stdio: "ignore" }));
}

beforeAll(async () => {
  scratch = new Scratch("tunnels");
  place = await TunnelPlace.make(scratch.at("gatehouse"));
  const [postgres = 0, redis = 0, echoing = 0, down = 0] = await freePorts(4);
  ports = { postgres, redis, echo: echoing, down };
  echo = new Greeter("echo", echoing);
  const data = scratch.at("postgres");
  mkdirSync(data);
  execFileSync("chown", ["postgres", data]);
  const bin = execFileSync("pg_config", ["--bindir"], { encoding: "utf8" }).trim();
  const as = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];
  execFileSync("setpriv", [...as, `${bin}/initdb`, "-D", data, "-A", "trust", "-N"], { cwd: data, stdio: "ignore" });
  const settings = ["listen_addresses=127.0.0.2", "unix_socket_directories=", "fsync=off"].flatMap((one) => [
    "-c",
    one,
  ]);
  start("setpriv", [...as, `${bin}/postgres`, "-D", data, "-p", String(postgres), ...settings]);
  const quiet = ["--save", "", "--appendonly", "no", "--dir", scratch.path];
  start("redis-server", ["--bind", "127.0.0.2", "--port", String(redis), ...quiet]);
  repository = await begin(registry);
  const { servers, stderr } = await deployed(repository, ["--only", "tun.example.com"]);
  expect(servers, stderr).toMatchObject([{ state: "active" }]);
  client = await TunnelClient.start(scratch, "alice", await bundled("alice"));
  await until("PostgreSQL", async () => ((await asked(ports.postgres, "select 1")) === "1\n" ? true : undefined));
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await place?.[Symbol.asyncDispose]();
  await echo?.[Symbol.asyncDispose]();
  for (const program of programs) {
    const ended = new Promise((done) => program.once("exit", done));
    program.kill("SIGINT");
    await ended;
  }
  repository?.[Symbol.dispose]();
  scratch?.[Symbol.dispose]();
});

test("PostgreSQL answers at its own port on loopback, past a server that is down", async () => {
  expect(await asked(ports.postgres, "select 6 * 7")).toBe("42\n");
  expect(client.said).toMatch(new RegExp(`connect .*:${ports.down}: Connection refused`));
});

test("a large answer comes through whole", async () => {
  const many = "select sum(length(repeat(md5(n::text), 64))) from generate_series(1, 2000) n";
  const rows = await asked(ports.postgres, "select repeat(md5(n::text), 64) from generate_series(1, 2000) n");
  expect(rows.length).toBe(2000 * (64 * 32 + 1));
  expect(await asked(ports.postgres, many)).toBe(`${2000 * 64 * 32}\n`);
});

test("Redis answers at its own port on loopback", async () => {
  const redis = (...words: readonly string[]) =>
    runProgram("redis-cli", ["-h", "127.0.0.1", "-p", String(ports.redis), ...words]);
  await until("Redis", async () => ((await redis("SET", "key", "value")).stdout === "OK\n" ? true : undefined));
  expect((await redis("GET", "key")).stdout).toBe("value\n");
});

test("a second service with the same port is at one that goes by its name", async () => {
  expect(await asked(portOf("replica"), "select 1")).toBe("1\n");
});

test("a client has sections for its own services only, and the server refuses it the others", async () => {
  const text = await bundled("alice");
  expect([...text.matchAll(/^\[(.*)\]$/gm)].map(([, name]) => name)).toEqual(["postgres", "redis", "replica"]);
  const [port = 0] = await freePorts(1);
  const forged = text
    .slice(0, text.indexOf("[redis]"))
    .replace("[postgres]", "[echo]")
    .replace("sni = postgres.example.com", "sni = echo.example.com")
    .replace(/^accept = .*$/m, `accept = 127.0.0.1:${port}`);
  await using forger = await TunnelClient.start(scratch, "forger", forged);
  expect(await said(port)).toBe("");
  await until("the alert", () => /alert bad certificate/.test(forger.said) || undefined);
});

test("a server that is none of the service's is not believed, though our authority knows it", async () => {
  const text = (await bundled("alice")).replaceAll(/^checkHost = tun\..*\n/gm, "");
  const [port = 0] = await freePorts(1);
  const section = text.slice(0, text.indexOf("[redis]")).replace(/^accept = .*$/m, `accept = 127.0.0.1:${port}`);
  await using wary = await TunnelClient.start(scratch, "wary", section);
  expect(await said(port)).toBe("");
  await until("the reason", () => /Subject checks failed|No matching host name/.test(wary.said) || undefined);
});

test("what stunnel says of its own configuration is no warning", () => {
  expect(client.said.split("\n").filter((line) => /LOG[0-4]\[ui\]/.test(line))).toEqual([]);
});

/** What comes over a connection until it ends. */
function said(port: number): Promise<string> {
  return new Promise((done) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.on("data", (data) => {
      text += String(data);
    });
    socket.on("error", () => {});
    socket.once("close", () => done(text));
  });
}
