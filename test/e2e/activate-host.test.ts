import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, SERVER, World } from "./support/activation.ts";
import { chapters } from "./support/chapters.ts";
import { ForeignHost, SHOP } from "./support/foreign.ts";
import { Nginx } from "./support/nginx.ts";
import { ask } from "./support/request.ts";
import { Scratch } from "./support/scratch.ts";

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

describe("a host whose nginx has another site", () => {
  const INCLUDE = `nginx/include/${SERVER}.conf`;
  let scratch: Scratch;
  let shop: ForeignHost;
  let host: Host;
  let nginx: Nginx | undefined;

  /** Lines that a host's own directories call for, and what more a release has. */
  const release = (commit: number, pki: string, more = "") => {
    const edit = (files: Map<string, string>) => {
      const text = (files.get(INCLUDE) ?? "").replace("/var/log/nginx/gatehouse.log", "access.log");
      const marker = text.includes("generation*.conf") ? "" : "include gatehouse/nginx/generation*.conf;\n";
      files.set(INCLUDE, `${text}${marker}${more}`);
    };
    return world.release(commit, { pki, edit });
  };
  const shopAnswers = async () => {
    const theirs = { port: world.tls, sni: SHOP, ca: shop.authority.certificate, as: shop.customer };
    return (await ask({ ...theirs, target: "/file.txt" })).body === "shop\n";
  };

  beforeAll(() => {
    scratch = new Scratch("include");
    const line = `include gatehouse/${INCLUDE};`;
    const hashes = "map_hash_bucket_size 1024;";
    const current = world.scratch.at("include/gatehouse/current");
    shop = new ForeignHost(scratch, current, world.tls, line, world.alice.serial, hashes);
    const nginxHere = `nginx -p ${scratch.at("run")} -c ${shop.conf}`;
    host = new Host(world, "include", {
      VARIANT: "include",
      TEST: `${nginxHere} -t`,
      RELOAD: `${nginxHere} -s reload`,
      PREFIX: "",
    });
    mkdirSync(scratch.at("run"));
  });
  afterAll(async () => {
    await nginx?.stop();
    await host?.[Symbol.asyncDispose]();
    scratch?.[Symbol.dispose]();
  });

  const chapter = chapters("takes our releases without harm to it");

  chapter("takes releases beside it", async () => {
    const first = release(0, world.before);
    expect((await host.activate("install", first.path)).last).toMatch(/^failed .*Start the server/);
    nginx = await Nginx.start(scratch.at("run"), shop.conf, world.tls);
    expect((await host.activate("install", first.path)).last).toBe(`active ${first.id}`);
    expect([await host.status(world.frank), await shopAnswers()]).toEqual([200, true]);
    const second = release(1, world.after);
    expect((await host.activate("install", second.path)).last).toBe(`active ${second.id}`);
    expect([await host.status(world.alice), await host.status(world.frank), await shopAnswers()]).toEqual([
      200,
      400,
      true,
    ]);
  });

  chapter("refuses a broken one without a switch", async () => {
    const before = host.link("current");
    expect((await host.activate("install", release(2, world.after, "oops;\n").path)).last).toMatch(
      /^failed .*unknown directive "oops" .*nothing was switched/,
    );
    expect(host.link("current")).toBe(before);
  });

  chapter("goes back when only the two together are wrong", async () => {
    const good = host.link("good");
    const more = `server { listen 127.0.0.1:${world.tls} ssl default_server; server_name x.example; ssl_reject_handshake on; }\n`;
    const bad = release(3, world.after, more);
    expect((await host.activate("install", bad.path)).last).toMatch(
      new RegExp(`^rolled-back ${good}[+]${bad.id} the server's own test fails: .*duplicate default server`),
    );
    expect([await host.status(world.alice), await shopAnswers()]).toEqual([200, true]);
    expect([host.link("current"), host.link("good")]).toEqual(Array(2).fill(await host.generation()));
    expect(host.remains()).toEqual([]);
  });
});

test("a full disk stops a release, and not the server", async () => {
  const first = world.release(0);
  const mounted = world.scratch.at("full/gatehouse");
  mkdirSync(mounted, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", mounted]);
  const host = await Host.serving(world, "full", first);
  try {
    const filler = `${mounted}/filler`;
    const space = () => Number(/(\d+)\s+\d+%/.exec(execFileSync("df", ["-k", mounted], { encoding: "utf8" }))?.[1]);
    const whole = space();
    const outcomes = new Set<string>();
    let commit = 1;
    for (const left of [0, 32, 96]) {
      commit += 1;
      writeFileSync(filler, Buffer.alloc(Math.max(0, space() - left) * 1024));
      const release = world.release(commit, { pki: world.after });
      const { last } = await host.activate("install", release.path);
      outcomes.add(last.split(" ")[0] ?? "");
      // Between two file systems in memory, cp of coreutils 9.1 cuts a file short without a word: its hash tells.
      if (last.startsWith("failed")) expect(last).toMatch(/disk full|No space|is not what its manifest says/);
      expect([await host.status(world.alice), host.link("current")]).toEqual([200, await host.generation()]);
      rmSync(filler);
      const again = await host.activate("install", release.path);
      expect(again.last).toMatch(new RegExp(`^(?:active|unchanged) ${release.id}$`));
      expect(host.remains()).toEqual([]);
    }
    expect(outcomes).toContain("failed");
    expect(whole).toBeGreaterThan(200);
  } finally {
    await host.stop();
    execFileSync("umount", [mounted]);
  }
});

describe("a host with little on it", () => {
  /** PATH with busybox, nginx and openssl, and no curl; and without some of busybox's. */
  const bare = (name: string, ...absent: readonly string[]): string => {
    const directory = world.scratch.at(`bare-${name}`);
    mkdirSync(directory);
    for (const applet of execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n")) {
      if (!absent.includes(applet)) symlinkSync("/bin/busybox", `${directory}/${applet}`);
    }
    symlinkSync("/usr/bin/openssl", `${directory}/openssl`);
    return directory;
  };

  test.each([
    ["wget and openssl", []],
    ["nc and openssl, also for hashes", ["wget", "sha256sum", "timeout"]],
  ])("does with %s", async (name, absent) => {
    await using host = await Host.serving(world, "bare", world.release(0), {}, "busybox");
    const PATH = bare(name.slice(0, 2), ...absent);
    const next = world.release(1);
    expect((await host.run("activate", ["install", next.path], { PATH })).last).toBe(`active ${next.id}`);
    const open = (files: Map<string, string>) => {
      const conf = files.get("nginx/nginx.conf") ?? "";
      files.set("nginx/nginx.conf", conf.replace("ssl_verify_client on;", "ssl_verify_client optional;"));
    };
    const bad = await host.run("activate", ["install", world.release(2, { edit: open }).path], { PATH });
    expect(bad.last).toMatch(/^rolled-back .* gives 403, not 400/);
  });

  test("starts the server where it is told how", async () => {
    const started = world.scratch.at("started");
    const nginx = `nginx -p ${started}/run -c ${started}/gatehouse/current/nginx/nginx.conf`;
    await using host = new Host(world, "started", { START: nginx });
    const first = world.release(0);
    try {
      expect((await host.activate("install", first.path)).last).toBe(`active ${first.id}`);
      expect(await host.status(world.alice)).toBe(200);
    } finally {
      execFileSync("nginx", [...nginx.split(" ").slice(1), "-s", "stop"], { stdio: "ignore" });
    }
  });

  test("keeps the marker on a socket that has no port", async () => {
    const MARKER = `unix:${world.scratch.at("marker")}`;
    await using host = await Host.serving(world, "socket", world.release(0), { MARKER });
    const next = world.release(1);
    expect((await host.activate("install", next.path)).last).toBe(`active ${next.id}`);
  });

  test("says where the server's own key is to be put, which no release has", async () => {
    await using host = new Host(world, "key");
    const { path } = world.release(0, { edit: (files) => files.delete(`private/${SERVER}.key`) });
    expect((await host.activate("install", path)).last).toContain(
      `put it into ${host.directory}/private/${SERVER}.key`,
    );
    mkdirSync(`${host.directory}/private`);
    writeFileSync(`${host.directory}/private/${SERVER}.key`, readFileSync(`${world.before}/private/${SERVER}.key`));
    expect((await host.activate("check", path)).last).toMatch(/^active /);
  });
});
