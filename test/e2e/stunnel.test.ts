import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROGRAMS } from "./support/activation.ts";
import { chapters } from "./support/chapters.ts";
import { begin, carryOut, deployed, keep } from "./support/deployed.ts";
import { freePorts, until } from "./support/ports.ts";
import { type Repository, runProgram } from "./support/repository.ts";
import { renegotiating, sClient } from "./support/s-client.ts";
import { Scratch } from "./support/scratch.ts";
import { Greeter, knock, TunnelPlace } from "./support/tunnel.ts";

const SERVER = "tun.example.com";
const DB = "db.example.com";
const LOG = "log.example.com";
const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

interface Wanted {
  readonly clients: string;
  readonly services?: string;
  readonly staff?: string;
}

/** One server through its life: two services, and clients of both, of one, of none. */
describe("a stunnel of ours", () => {
  let scratch: Scratch;
  let place: TunnelPlace;
  let repository: Repository;
  let ports: readonly number[];
  let greeters: readonly Greeter[];
  const kept = new Map<string, { readonly cert: string; readonly key: string; readonly serial: string }>();

  const registry = ({ clients, staff = "db, log", services = "" }: Wanted): string => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
limits: { lose: 100% }
services:
  db: { sni: ${DB}, connect: "127.0.0.1:${ports[0]}" }
${services || `  log: { sni: ${LOG}, connect: "127.0.0.1:${ports[1]}" }\n`}groups:
  staff: { services: [${staff}] }
  ops: { services: [${staff.includes("log") ? "log" : ""}] }
  others: {}
servers:
  ${SERVER}:
    software: stunnel
    listen: ["127.0.0.1:${place.port}", "[::1]:${place.port}"]
    deploy: { to: local, directory: ${place.directory} }
clients: { ${clients} }
`;
  const BEFORE =
    "alice: { groups: [staff] }, bob: { groups: [ops] }, carol: { groups: [staff] }, dave: { groups: [others] }";

  const as = (name: string) => {
    const there = kept.get(name);
    if (there !== undefined) return there;
    const { certificate: cert, key } = keep(repository, name);
    const own = { cert, key, serial: "" };
    kept.set(name, own);
    return own;
  };
  const seen = (name: string | null, sni: string, tls: (typeof VERSIONS)[number] = "TLSv1.3") =>
    knock({ port: place.port, sni, as: name === null ? null : as(name), tls });
  const activate = async (...words: readonly string[]) => {
    const { stdout, stderr } = await runProgram("sh", [`${PROGRAMS}activate`, "-d", place.directory, ...words]);
    return { last: stdout.trimEnd().split("\n").at(-1) ?? "", stderr };
  };
  const session = (name: string, sni: string, tls: (typeof VERSIONS)[number], file: "keep" | "resume") =>
    sClient({
      ...{ port: place.port, sni, as: as(name), tls, request: "quit\n" },
      [file]: scratch.at(`${name}-${tls}.session`),
    });

  beforeAll(async () => {
    scratch = new Scratch("stunnel");
    ports = await freePorts(2);
    place = await TunnelPlace.make(scratch.at("gatehouse"), [`chroot = ${scratch.at("gatehouse")}`]);
    // Inside, the file that it was started with is at the same path.
    execFileSync("sh", ["-c", `mkdir -p "$1$1" && rmdir "$1$1" && ln -s / "$1$1"`, "sh", place.directory]);
    greeters = [new Greeter("database", ports[0] ?? 0), new Greeter("logs", ports[1] ?? 0)];
    repository = await begin(() => registry({ clients: BEFORE }));
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
    for (const greeter of greeters ?? []) await greeter[Symbol.asyncDispose]();
    repository?.[Symbol.dispose]();
    scratch?.[Symbol.dispose]();
  });

  const chapter = chapters("keeps every client to its services, through all that becomes of it");

  chapter("takes its first release", async () => {
    const { servers, stderr } = await deployed(repository);
    expect(servers, stderr).toMatchObject([{ name: SERVER, state: "active", message: "activated" }]);
    expect(await activate("status")).toMatchObject({ last: expect.stringContaining(`active ${servers[0]?.release}`) });
  });

  for (const tls of VERSIONS)
    chapter(`lets each client to its services and to nothing else, over ${tls}`, async () => {
      const table: Record<string, readonly string[]> = {};
      for (const name of ["alice", "bob", "carol", "dave", null]) {
        table[name ?? "nobody"] = await Promise.all([DB, LOG, SERVER, ""].map((sni) => seen(name, sni, tls)));
      }
      const no = "refused";
      expect(table).toEqual({
        alice: ["database", "logs", no, no],
        bob: [no, "logs", no, no],
        carol: ["database", "logs", no, no],
        dave: [no, no, no, no],
        nobody: [no, no, no, no],
      });
    });

  chapter("listens on IPv6 as well, with the same rights", async () => {
    const at = (name: string) => knock({ host: "::1", port: place.port, sni: DB, as: as(name) });
    expect(await Promise.all([at("alice"), at("bob")])).toEqual(["database", "refused"]);
  });

  chapter("names nobody but the authority to who has no certificate", async () => {
    const asked = ["s_client", "-connect", `127.0.0.1:${place.port}`, "-servername", DB];
    const { stdout } = await runProgram("openssl", asked);
    const [, names = ""] =
      /^Acceptable client certificate CA names\n([\s\S]*?)\n(?:Requested|Client)/m.exec(stdout) ?? [];
    expect(names).toBe("CN = Test CA, O = Test Ltd");
  });

  chapter("speaks nothing below TLS 1.2, and does not renegotiate", async () => {
    const { cert, key } = as("alice");
    const base = ["s_client", "-connect", `127.0.0.1:${place.port}`, "-servername", DB, "-cert", cert, "-key", key];
    const old = await runProgram("openssl", [...base, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    expect(old.stderr).toMatch(/alert protocol version/);
    const again = await renegotiating(place.port, DB, as("alice"));
    expect(again).toContain("RENEGOTIATING");
    expect(again).toMatch(/no renegotiation|handshake failure/);
  });

  for (const tls of VERSIONS)
    chapter(`a session of one service opens no other, over ${tls}`, async () => {
      expect(await session("bob", LOG, tls, "keep")).toContain("logs");
      const said = await session("bob", DB, tls, "resume").catch(String);
      expect(said).not.toContain("database");
      expect(await session("alice", DB, tls, "keep")).toContain("database");
    });

  chapter("nobody finds a program or a file of the machine in its root", () => {
    expect(readlinkSync(`/proc/${place.pid}/root`)).toBe(place.directory);
  });

  chapter("takes a reload: who was removed, revoked or moved is out, who is new is in", async () => {
    const erin = "erin: { groups: [staff] }";
    for (const name of ["alice", "bob", "carol", "dave"]) as(name);
    const { pid } = place;
    await carryOut(
      repository,
      registry({
        clients: `alice: { groups: [ops] }, carol: { revoked: keyCompromise }, dave: { groups: [staff] }, ${erin}`,
      }),
    );
    const { servers, stderr } = await deployed(repository);
    expect(servers, stderr).toMatchObject([{ state: "active" }]);
    expect(place.pid).toBe(pid);
    const names = ["alice", "bob", "carol", "dave", "erin"];
    const table = await Promise.all(names.map((name) => Promise.all([DB, LOG].map((sni) => seen(name, sni)))));
    expect(Object.fromEntries(names.map((name, n) => [name, table[n]]))).toEqual({
      alice: ["refused", "logs"],
      bob: ["refused", "refused"],
      carol: ["refused", "refused"],
      dave: ["database", "logs"],
      erin: ["database", "logs"],
    });
  });

  for (const tls of VERSIONS)
    chapter(`a session from before does not get past that, over ${tls}`, async () => {
      expect(await session("alice", DB, tls, "resume").catch(String)).not.toContain("database");
      expect(await session("bob", LOG, tls, "resume").catch(String)).not.toContain("logs");
    });

  chapter("the CRL counts even where the certificate is still pinned", async () => {
    const gate = `${place.directory}/current/stunnel/gates/db.pem`;
    const before = readFileSync(gate, "utf8");
    const carol = readFileSync(as("carol").cert, "utf8").replaceAll(" CERTIFICATE", " TRUSTED CERTIFICATE");
    const reload = async () => {
      const { length } = place.log;
      process.kill(place.pid, "SIGHUP");
      await until("the reload", () => place.log.slice(length).includes("Configuration successful") || undefined);
    };
    writeFileSync(gate, before + carol);
    try {
      await reload();
      expect(await seen("carol", DB)).toBe("refused");
      expect(place.log).toMatch(/certificate revoked/);
    } finally {
      writeFileSync(gate, before);
      await reload();
    }
  });

  chapter("a service that is gone opens to nobody when the configuration is taken back", async () => {
    const clients = "dave: { groups: [staff] }, erin: { groups: [staff] }";
    await carryOut(repository, registry({ clients, services: " \n", staff: "db" }).replace(/^ \n/m, ""));
    const { servers, stderr } = await deployed(repository);
    expect(servers, stderr).toMatchObject([{ state: "active" }]);
    expect([await seen("dave", DB), await seen("dave", LOG)]).toEqual(["database", "refused"]);
    expect(existsSync(`${place.directory}/current/stunnel/gates/log.pem`)).toBe(false);
    expect((await activate("rollback")).last).toMatch(/^active /);
    expect([await seen("dave", DB), await seen("dave", LOG)]).toEqual(["database", "refused"]);
  });

  chapter("a configuration that stunnel does not take is refused before anything is switched", async () => {
    const current = readlinkSync(`${place.directory}/current`);
    const bad = scratch.at("bad");
    cpSync(`${place.directory}/${current}`, bad, { recursive: true });
    const gate = `${bad}/stunnel/gates/db.pem`;
    writeFileSync(gate, readFileSync(gate, "utf8").replace("-----END CERTIFICATE-----", ""));
    expect((await activate("check", bad)).last).toMatch(/^failed /);
    expect(readlinkSync(`${place.directory}/current`)).toBe(current);
  });
});

test("a chroot and another user: numbers, for there is no /etc/passwd in there, and reloads go on", async () => {
  using scratch = new Scratch("jail");
  const directory = scratch.at("gatehouse");
  const jail = [`chroot = ${directory}`, "setuid = 65534", "setgid = 65534"];
  await using place = await TunnelPlace.make(directory, jail);
  execFileSync("sh", ["-c", `mkdir -p "$1$1" && rmdir "$1$1" && ln -s / "$1$1"`, "sh", directory]);
  const [port = 0] = await freePorts(1);
  await using _greeter = new Greeter("database", port);
  using repository = await begin(
    () => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
services: { db: { sni: ${DB}, connect: "127.0.0.1:${port}" } }
groups: { staff: { services: [db] } }
servers: { ${SERVER}: { software: stunnel, listen: ["127.0.0.1:${place.port}"], deploy: { to: local, directory: ${directory} } } }
clients: { alice: { groups: [staff] } }
`,
  );
  // Whoever activates owns what stunnel reads at each reload.
  execFileSync("chown", ["-R", "65534:65534", `${directory}/run`]);
  const { servers, stderr } = await deployed(repository);
  expect(servers, stderr).toMatchObject([{ state: "active" }]);
  execFileSync("chown", ["-R", "65534:65534", `${directory}/releases`]);
  const status = readFileSync(`/proc/${place.pid}/status`, "utf8");
  expect(status).toMatch(/^Uid:\t65534\t65534\t65534/m);
  expect(status).toMatch(/^Groups:\s*(?:65534)?\s*$/m);
  process.kill(place.pid, "SIGHUP");
  await until("the reload", () => place.log.split("Configuration successful").length > 2 || undefined);
  const { certificate: cert, key } = keep(repository, "alice");
  expect(await knock({ port: place.port, sni: DB, as: { cert, key } })).toBe("database");
});
