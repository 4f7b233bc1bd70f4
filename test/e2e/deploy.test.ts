import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { self } from "../../scripts/system/holder.ts";
import { chapters } from "./support/chapters.ts";
import {
  begin,
  CLIENTS,
  carryOut,
  deploy,
  deployed,
  keep,
  PKG,
  Place,
  registryAt,
  type Wanted,
} from "./support/deployed.ts";
import type { Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

const ID = /^\d{8}T\d{6}Z-[0-9a-f]{12}$/;

describe("a server on this machine", () => {
  let scratch: Scratch;
  let place: Place;
  let repository: Repository;
  let bob: ReturnType<typeof keep>;
  const registry = (wanted: Wanted = {}) => registryAt((name) => repository.beside(name), place, wanted);
  const admitted = async (client: string | null, path: string) => place.status(repository, client, path);

  beforeAll(async () => {
    scratch = new Scratch("place");
    place = await Place.make(scratch.at("gatehouse"));
    repository = await begin((beside) => registryAt(beside, place));
  });
  afterAll(() => {
    place[Symbol.dispose]();
    repository[Symbol.dispose]();
    scratch[Symbol.dispose]();
  });

  const chapter = chapters("goes through all that becomes of it, from its first release on");

  chapter("takes its first release, and serves", async () => {
    const { code, servers, stderr } = await deployed(repository);
    expect(servers, stderr).toEqual([
      { name: PKG, release: expect.stringMatching(ID), state: "active", message: "activated" },
    ]);
    expect(code).toBe(0);
    expect(place.current).toBe(servers[0]?.release);
    expect(stderr).toMatch(new RegExp(`^${PKG}: activate: `, "m"));
    expect(await admitted("alice", "/pkg/file.txt")).toBe(200);
    expect(await admitted("bob", "/pkg/file.txt")).toBe(403);
    expect(await admitted(null, "/pkg/file.txt")).toBe(400);
  });

  chapter("has it already the second time, and people see a table", async () => {
    const { code, stdout } = await deploy(repository);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^server +state +release and what happened$/m);
    expect(stdout).toMatch(new RegExp(`^${PKG} +unchanged +${place.current}: serves it already$`, "m"));
  });

  chapter("is only asked by --dry-run", async () => {
    const before = place.current;
    bob = keep(repository, "bob");
    await carryOut(repository, registry({ clients: { alice: CLIENTS.alice } }));
    const { code, servers } = await deployed(repository, ["--dry-run"]);
    expect(servers).toMatchObject([{ state: "unchanged", message: /would be activated/ }]);
    expect(code).toBe(0);
    expect(place.current).toBe(before);
    expect(await place.status(repository, bob, "/files/file.txt")).toBe(200);
    expect(readdirSync(join(place.directory, "releases"))).toEqual([before]);
  });

  chapter("lets a client that was removed in no more", async () => {
    expect(await deployed(repository)).toMatchObject({ code: 0, servers: [{ state: "active" }] });
    expect(await admitted("alice", "/files/file.txt")).toBe(200);
    expect(await place.status(repository, bob, "/files/file.txt")).toBe(400);
  });

  chapter("says that what is not committed, or not carried out, is not deployed", async () => {
    repository.write("clients.yaml", registry({ clients: { ...CLIENTS, carol: "{ groups: [staff] }" } }));
    const dirty = await deployed(repository);
    expect(dirty.stderr).toContain("changes that are not committed; HEAD (");
    expect(dirty.servers).toMatchObject([{ state: "unchanged" }]);
    repository.commit("Ask for more");
    const pending = await deployed(repository);
    expect(pending.stderr).toContain("asks for more than was carried out");
    expect(pending.servers).toMatchObject([{ state: "active" }]);
    expect(await admitted("alice", "/pkg/file.txt")).toBe(200);
  });

  chapter("goes back with --rollback in its configuration, and in nothing else", async () => {
    const alice = keep(repository, "alice");
    const widened = registry({ clients: { carol: "{ groups: [staff] }" } });
    await carryOut(
      repository,
      widened.replace("redirect: []", "redirect: []\n    names: [pkg.example.com, second.example]"),
    );
    expect(await deployed(repository)).toMatchObject({ code: 0, servers: [{ state: "active" }] });
    expect(await place.status(repository, "carol", "/pkg/file.txt", "second.example")).toBe(200);
    const back = await deployed(repository, ["--rollback"]);
    expect(back).toMatchObject({ code: 0, servers: [{ state: "rolled back", message: /configuration of/ }] });
    await expect(place.status(repository, "carol", "/pkg/file.txt", "second.example")).rejects.toThrow(/TLS|SSL|alert/);
    expect(await admitted("carol", "/pkg/file.txt")).toBe(200);
    expect(await place.status(repository, alice, "/pkg/file.txt")).toBe(400);
  });

  chapter("refuses a release whose directories are not there, names one, and serves on", async () => {
    const before = place.current;
    await carryOut(repository, registry({ roots: ["www/pkg", "www/gone"] }));
    const { code, servers } = await deployed(repository);
    expect(servers).toMatchObject([
      { state: "failed", message: expect.stringContaining(repository.beside("www/gone")) },
    ]);
    expect(code).toBe(1);
    expect(place.current).toBe(before);
    expect(await admitted(null, "/pkg/file.txt")).toBe(400);
  });

  chapter("does not get what somebody edited in the commit", async () => {
    await carryOut(repository, registry());
    const path = `pki/nginx/servers/${PKG}.conf`;
    repository.write(path, repository.read(path).replace(/return 403;/g, "return 200;"));
    repository.commit("Edit state");
    const { code, servers } = await deployed(repository);
    expect(servers).toMatchObject([{ state: "failed", message: expect.stringContaining(`${path} in this commit`) }]);
    expect(code).toBe(1);
    repository.git("revert", "--no-edit", "HEAD");
    expect(await deployed(repository)).toMatchObject({ code: 0, servers: [{ state: "active" }] });
  });

  chapter("removes what a killed run left where keys had been, and leaves nothing itself", async () => {
    const left = mkdtempSync("/dev/shm/gatehouse-deploy-");
    const gone = spawnSync("true").pid;
    writeFileSync(join(left, "holder.json"), JSON.stringify({ ...self("deploy", 0), pid: gone }));
    const mine = mkdtempSync("/dev/shm/gatehouse-deploy-");
    writeFileSync(join(mine, "holder.json"), JSON.stringify(self("deploy", 0)));
    await deployed(repository);
    expect(existsSync(left)).toBe(false);
    expect(existsSync(mine)).toBe(true);
    rmSync(mine, { recursive: true });
  });
});

describe("a canary", () => {
  let scratch: Scratch;
  let place: Place;
  let repository: Repository;
  const registry = (url: string) =>
    registryAt((name) => repository.beside(name), place, {
      deploy: `to: local, directory: ${place.directory}, canary: bob`,
      server: url === "" ? "" : `    url: ${url}\n`,
    });

  beforeAll(async () => {
    scratch = new Scratch("canary");
    place = await Place.make(scratch.at("gatehouse"));
    repository = await begin((beside) =>
      registryAt(beside, place, { deploy: `to: local, directory: ${place.directory}, canary: bob` }),
    );
  });
  afterAll(() => {
    place[Symbol.dispose]();
    repository[Symbol.dispose]();
    scratch[Symbol.dispose]();
  });

  const chapter = chapters("goes through all that becomes of it");

  chapter("that is let in is told of", async () => {
    const { servers, code } = await deployed(repository);
    expect(servers).toMatchObject([{ state: "active", message: "activated; canary bob is let in" }]);
    expect(code).toBe(0);
  });

  chapter("that is not takes the release back", async () => {
    await carryOut(repository, registry(`https://other.example:${place.port}`));
    const { servers, code } = await deployed(repository);
    expect(servers).toMatchObject([
      { state: "rolled back", message: /^canary bob gets no answer: .*; the configuration/ },
    ]);
    expect(servers[0]?.release).toMatch(/\+/);
    expect(code).toBe(1);
    expect(await place.status(repository, "bob", "/files/file.txt")).toBe(200);
  });

  chapter("without a certificate is not tried, and stops nothing", async () => {
    const yaml = registryAt((name) => repository.beside(name), place, {
      deploy: `to: local, directory: ${place.directory}, canary: bob`,
      clients: { ...CLIENTS, bob: "{ groups: [guests], expires: 2026-01-01 }" },
    });
    await carryOut(repository, yaml);
    const { servers, code } = await deployed(repository);
    expect(servers).toMatchObject([{ state: "active", message: /canary bob was not tried: it reaches no repository/ }]);
    expect(code).toBe(0);
  });
});
