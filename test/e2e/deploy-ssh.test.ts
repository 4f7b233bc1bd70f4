import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { chapters } from "./support/chapters.ts";
import { begin, carryOut, deployed, PKG, Place, registryAt, type Wanted } from "./support/deployed.ts";
import { CHECKOUT, type Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";
import { Sshd } from "./support/sshd.ts";

const RECEIVE = join(CHECKOUT, "scripts/deploy/server/receive");

let scratch: Scratch;
let place: Place;
let sshd: Sshd;
let repository: Repository;
let command: string;

beforeAll(async () => {
  scratch = new Scratch("ssh");
  place = await Place.make(scratch.at("gatehouse"));
  command = `sh ${RECEIVE} -d ${place.directory}`;
  sshd = await Sshd.start(scratch, command);
  repository = await begin((beside) => registryAt(beside, place, way()));
});
afterAll(() => {
  for (const one of [place, sshd, repository, scratch]) one[Symbol.dispose]();
});

const way = (port = sshd.port, more = ""): Wanted => ({
  deploy: `to: ssh, host: "${sshd.user}@127.0.0.1:${port}"${more}`,
});
const trusted = () => ({ GATEHOUSE_SSH_CONFIG: sshd.client("deploy", "host") });

const chapter = chapters("a server behind ssh goes through all that becomes of it, from its first release on");

chapter("a release goes through ssh to a key that may do nothing else, and is there the second time", async () => {
  const first = await deployed(repository, [], trusted());
  expect(first, first.stderr).toMatchObject({ code: 0, servers: [{ name: PKG, state: "active" }] });
  expect(place.current).toBe(first.servers[0]?.release);
  expect(await place.status(repository, "alice", "/pkg/file.txt")).toBe(200);
  expect(await place.status(repository, null, "/pkg/file.txt")).toBe(400);
  const second = await deployed(repository, [], trusted());
  expect(second).toMatchObject({ code: 0, servers: [{ state: "unchanged", release: place.current }] });
});

chapter("--dry-run asks the server and changes nothing; then the change comes; --rollback takes it back", async () => {
  const before = place.current;
  const yaml = registryAt((name) => repository.beside(name), place, {
    ...way(),
    server: "    names: [pkg.example.com, second.example]\n",
  });
  await carryOut(repository, yaml);
  const asked = await deployed(repository, ["--dry-run"], trusted());
  expect(asked).toMatchObject({ code: 0, servers: [{ state: "unchanged", message: /would be activated/ }] });
  expect(place.current).toBe(before);
  expect(await deployed(repository, [], trusted())).toMatchObject({ code: 0, servers: [{ state: "active" }] });
  const back = await deployed(repository, ["--rollback"], trusted());
  expect(back).toMatchObject({ code: 0, servers: [{ state: "rolled back", release: place.current }] });
  expect(place.current).toMatch(/\+/);
});

for (const [what, key, host, message] of [
  ["whose host key is not known", "deploy", null, /host key .* not known here.*ssh-keyscan -p \d+ 127\.0\.0\.1/],
  ["with another host key than the known one", "deploy", "stranger", /shows another host key/],
  ["that does not know our key", "stranger", "host", /does not take our key.*restrict,command=/],
] as const)
  chapter(`a server ${what} gets nothing`, async () => {
    const before = place.current;
    const { code, servers } = await deployed(repository, [], { GATEHOUSE_SSH_CONFIG: sshd.client(key, host) });
    expect(servers).toMatchObject([{ state: "unreachable", release: null, message: expect.stringMatching(message) }]);
    expect(code).toBe(1);
    expect(place.current).toBe(before);
  });

chapter("the deploy key gets no shell, and no word but the four", () => {
  const target = ["-F", sshd.client("deploy", "host"), "-p", String(sshd.port), `${sshd.user}@127.0.0.1`];
  const flag = scratch.at("broken-in");
  for (const words of [[`touch ${flag}`], [`status; touch ${flag}`], [`status $(touch ${flag})`], []]) {
    const { status, stdout } = spawnSync("ssh", [...target, ...words], { encoding: "utf8", input: "" });
    expect(status).not.toBe(0);
    expect(stdout).not.toMatch(/^active/m);
  }
  expect(existsSync(flag)).toBe(false);
  expect(spawnSync("ssh", [...target, "status"], { encoding: "utf8", input: "" }).stdout).toMatch(/^active \S+ commit/);
});

chapter("what answers and is not receive is called by its name", async () => {
  sshd.permit("echo Welcome to the shell");
  const { code, servers } = await deployed(repository, [], trusted());
  sshd.permit(command);
  expect(servers).toMatchObject([
    { state: "failed", message: expect.stringContaining("not gatehouse's receive (it says: Welcome") },
  ]);
  expect(code).toBe(1);
});

chapter("a server where nobody listens is unreachable", async () => {
  await carryOut(
    repository,
    registryAt((name) => repository.beside(name), place, way(1)),
  );
  const { code, servers } = await deployed(repository, [], trusted());
  expect(servers).toMatchObject([{ state: "unreachable", message: /Connection refused/ }]);
  expect(code).toBe(1);
});
