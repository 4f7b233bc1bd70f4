import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { begin, deploy, deployed, PKG, Place, registryAt } from "./support/deployed.ts";
import type { Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

let scratch: Scratch;
let place: Place;
let repository: Repository;
let other: Place;

/** Whichever test comes first. */
const TAKEN = expect.stringMatching(/^(?:active|unchanged)$/);

beforeAll(async () => {
  scratch = new Scratch("before");
  place = await Place.make(scratch.at("gatehouse"));
  other = await Place.make(scratch.at("other"), "START=");
  const second = `  two.example.com: { listen: ["127.0.0.1:${other.port}"], redirect: [], deploy: { to: local, directory: ${other.directory} } }\n`;
  repository = await begin((beside) => registryAt(beside, place, { servers: second }));
});
afterAll(() => {
  for (const one of [place, other, repository, scratch]) one[Symbol.dispose]();
});

test("one server that fails stops no other, and the exit code is 1", async () => {
  const { code, servers } = await deployed(repository);
  expect(servers).toMatchObject([
    { name: PKG, state: TAKEN },
    { name: "two.example.com", state: "failed", message: /START|Start the server/ },
  ]);
  expect(code).toBe(1);
  expect(await deployed(repository, ["--only", PKG])).toMatchObject({ code: 0, servers: [{ name: PKG }] });
});

test("a name that is no server gets a suggestion", async () => {
  const { code, stderr } = await deploy(repository, ["--only", "two.example.con"]);
  expect(stderr).toContain("Did you mean two.example.com?");
  expect(code).toBe(1);
});

test("a simulation is refused", async () => {
  const { code, stderr } = await deploy(repository, ["--now", "2027-01-01"]);
  expect(stderr).toContain("--now is a simulation");
  expect(code).toBe(1);
});

test("a locked clone says how to unlock it, and deploys with the key from the environment", async () => {
  const key = repository.exportKey();
  using clone = repository.clone();
  const locked = await deployed(clone, ["--only", PKG]);
  expect(locked.servers).toMatchObject([{ state: "failed", message: /the vault is locked.*npm run unlock/ }]);
  expect(locked.code).toBe(1);
  const opened = await deployed(clone, ["--only", PKG], { GATEHOUSE_KEY_FILE: key });
  expect(opened).toMatchObject({ code: 0, servers: [{ state: TAKEN }] });
  const encoded = readFileSync(key).toString("base64");
  const { stderr } = await deploy(clone, ["--only", PKG], { GATEHOUSE_KEY: encoded });
  expect(stderr).not.toContain(encoded.slice(20, 60));
});

test("a shallow clone is refused, with the command that completes it", async () => {
  using clone = repository.clone();
  clone.git("fetch", "--quiet", "--depth=1", `file://${repository.root}`, "main");
  clone.git("reset", "--quiet", "--hard", "FETCH_HEAD");
  const { code, stderr } = await deploy(clone);
  expect(stderr).toContain("this clone is shallow");
  expect(stderr).toContain("git fetch --unshallow");
  expect(code).toBe(1);
});

test("--build writes every release, keys for their owner only, and the same bytes from another clone", async () => {
  const out = scratch.at("build");
  expect(await deployed(repository, ["--build", out])).toMatchObject({
    code: 0,
    servers: [{}, { name: "two.example.com" }],
  });
  expect(readdirSync(out).sort()).toEqual([PKG, "two.example.com"]);
  expect(readdirSync(join(out, PKG, "private"))).toEqual([`${PKG}.key`]);
  expect(readdirSync(join(out, PKG, "nginx/servers"))).toEqual([`${PKG}.conf`]);
  expect(statSync(join(out, PKG, `private/${PKG}.key`)).mode & 0o777).toBe(0o600);
  expect(statSync(join(out, PKG, "private")).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(out, PKG, `private/${PKG}.key`), "utf8")).toBe(repository.read(`pki/private/${PKG}.key`));
  const manifest = readFileSync(join(out, PKG, "manifest"), "utf8");
  using clone = repository.clone();
  const again = await deployed(clone, ["--build", out], { GATEHOUSE_KEY_FILE: repository.exportKey() });
  expect(again.code).toBe(0);
  expect(readFileSync(join(out, PKG, "manifest"), "utf8")).toBe(manifest);
});

test("--build refuses a directory that git would see, and one with something else in it", async () => {
  const inside = await deploy(repository, ["--build", repository.at("out")]);
  expect(inside.stderr).toContain("is inside the repository");
  expect(inside.code).toBe(1);
  repository.write(".git/info/exclude", "ignored/\n");
  expect((await deploy(repository, ["--build", repository.at("ignored")])).code).toBe(0);
  mkdirSync(scratch.at("full", PKG), { recursive: true });
  chmodSync(scratch.at("full"), 0o755);
  const full = await deployed(repository, ["--build", scratch.at("full")]);
  expect(full.servers).toMatchObject([{ state: "failed", message: /is no release/ }, { state: "unchanged" }]);
  expect(full.code).toBe(1);
});
