import { spawn } from "node:child_process";
import { lstatSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { begin, CLIENTS, carryOut, deployed, keep, Place, registryAt, type Wanted } from "./support/deployed.ts";
import { Fetching } from "./support/fetching.ts";
import { freePorts, until } from "./support/ports.ts";
import { CHECKOUT, environment, type Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

/** One server, from commits to requests, and a client that fetches from it in a loop through all that happens. */
let scratch: Scratch;
let place: Place;
let repository: Repository;
let fetching: Fetching;

const registry = (beside: (name: string) => string, wanted: Wanted = {}) =>
  registryAt(beside, place, wanted).replace("path: /pkg/", "path: /packages/");
const carry = (wanted: Wanted = {}) =>
  carryOut(
    repository,
    registry((name) => repository.beside(name), wanted),
  );
const commit = () => repository.git("commit", "--quiet", "--allow-empty", "--message=Another day");
const alice = () => place.status(repository, "alice", "/packages/file.txt");

/** A deploy that ends with all its children as soon as something has come to pass on the server. */
async function killedWhen(what: string, happened: () => boolean): Promise<void> {
  const argv = [join(CHECKOUT, "scripts/deploy.ts"), "--root", repository.root];
  const child = spawn(process.execPath, argv, { env: environment(), stdio: "ignore", detached: true });
  const over = new Promise<NodeJS.Signals | null>((done) => child.once("close", (_code, signal) => done(signal)));
  const watch = setInterval(() => {
    if (child.pid !== undefined && happened()) process.kill(-child.pid, "SIGKILL");
  }, 1);
  try {
    expect(await over, what).toBe("SIGKILL");
  } finally {
    clearInterval(watch);
  }
}

beforeAll(async () => {
  scratch = new Scratch("life");
  place = await Place.make(scratch.at("gatehouse"), "WAIT=10");
  repository = await begin((beside) => registry(beside));
  writeFileSync(join(repository.beside("www/pkg"), "file.txt"), "packages\n");
  expect(await deployed(repository)).toMatchObject({ code: 0, servers: [{ state: "active" }] });
});
beforeEach(() => {
  const { certificate: cert, key } = keep(repository, "alice");
  fetching = new Fetching({
    tls: place.port,
    ca: repository.at("pki/ca.crt"),
    alice: { cert, key, serial: "" },
  });
});
afterEach(async () => {
  await fetching.stop();
});
afterAll(() => {
  for (const one of [place, repository, scratch]) one?.[Symbol.dispose]();
});

/** What the client saw: nothing but what it asked for, and often enough to have seen more. */
async function undisturbed(atLeast: number): Promise<void> {
  await fetching.stop();
  expect(fetching.failures).toEqual([]);
  expect(fetching.requests).toBeGreaterThan(atLeast);
}

test("throughout ten deploys not one request fails, and who was removed on the way is out", async () => {
  const bob = keep(repository, "bob");
  for (let turn = 1; turn <= 10; turn += 1) {
    if (turn === 5) await carry({ clients: { alice: CLIENTS.alice } });
    else commit();
    const { code, servers, stderr } = await deployed(repository);
    expect({ code, servers }, stderr).toMatchObject({
      code: 0,
      servers: [{ state: "active", release: place.current }],
    });
  }
  await undisturbed(100);
  expect(await place.status(repository, bob, "/files/file.txt")).toBe(400);
});

test.each([
  [
    "its turn on the server has begun",
    () => lstatSync(join(place.directory, "lock"), { throwIfNoEntry: false }) !== undefined,
  ],
  ["it has switched", (before: string | null) => place.current !== before],
])("killed when %s, it leaves a server that serves, and the next deploy ends well", async (what, happened) => {
  const before = place.current;
  commit();
  await killedWhen(what, () => happened(before));
  expect(await alice()).toBe(200);
  const { code, servers, stderr } = await deployed(repository);
  expect(code, stderr).toBe(0);
  expect(servers).toMatchObject([{ release: place.current }]);
  expect(place.current).not.toBe(before);
  await undisturbed(10);
});

test("a port that is taken brings the configuration before back, with the newest lists; free again, it is taken up", async () => {
  const [port = 0] = await freePorts(1);
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(port, "127.0.0.1", done));
  const two = `    listen: ["127.0.0.1:${place.port}", "127.0.0.1:${port}"]\n`;
  const add = (text: string) => text.replace(/ {4}listen: .*\n/, two);
  const wanted = { clients: { ...CLIENTS, carol: "{ groups: [staff] }" } };
  await carryOut(repository, add(registry((name) => repository.beside(name), wanted)));
  const refused = await deployed(repository);
  expect(refused).toMatchObject({
    code: 1,
    servers: [{ state: "rolled back", message: /127\.0\.0\.1:\d+ failed .*in use/ }],
  });
  expect(await place.status(repository, "carol", "/packages/file.txt")).toBe(200);
  await new Promise((done) => taken.close(done));
  const again = await until("the port to be free", async () => {
    const { code, servers } = await deployed(repository);
    return code === 0 ? servers : undefined;
  });
  expect(again).toMatchObject([{ state: "active", release: place.current }]);
  await undisturbed(20);
});
