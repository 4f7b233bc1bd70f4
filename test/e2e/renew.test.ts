import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SHELLS } from "./support/bundles.ts";
import { type Field, type Machine, withoutCurl } from "./support/field.ts";
import { answer, Machines, stopping } from "./support/renewing.ts";
import { CHECKOUT } from "./support/repository.ts";

let field: Field;
let machines: Machines;
const machine = (name: string) => machines.get(name);
const fresh = (name: string) => machines.fresh(name);
beforeAll(async () => {
  machines = await Machines.install();
  field = machines.field;
});
afterAll(() => field?.[Symbol.asyncDispose]());

describe.each(Object.entries(SHELLS))("renew.sh under %s", (_name, shell) => {
  test.each(["alice", "rita"])("gives %s the next key and certificate, and is quiet afterwards", async (name) => {
    const client = fresh(name);
    const before = { key: client.read("key.pem"), serial: client.serial };
    const ran = await client.renew([], {}, shell);
    expect(ran).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining(`${name} has a new certificate`),
    });
    expect(client.serial).toBe(field.story.newest(name));
    expect(client.serial).not.toBe(before.serial);
    expect(client.paired).toBe(true);
    expect(client.read("key.pem")).not.toBe(before.key);
    expect(statSync(client.etc("key.pem")).mode & 0o777).toBe(0o600);
    expect(statSync(client.etc("fullchain.pem")).mode & 0o777).toBe(0o644);
    expect(client.read("bundle.conf")).toContain(`serial=${client.serial}\n`);
    expect(client.get(field.port)).toMatch(/^served\n200/);
    expect(await client.renew([], {}, shell)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(readdirSync(client.etc(".")).filter((file) => /^\.(?:new|renewing|unfinished|link)/.test(file))).toEqual([]);
  });

  test("gives a request's client its certificate for the key that it has", async () => {
    const client = fresh("quinn");
    const key = client.read("key.pem");
    expect(await client.renew([], {}, shell)).toMatchObject({ code: 0, stderr: "" });
    expect(client.serial).toBe(field.story.newest("quinn"));
    expect({ paired: client.paired, key: client.read("key.pem") }).toEqual({ paired: true, key });
  });
});

describe("renew.sh", () => {
  test("renews with openssl alone where there is no curl", async () => {
    const client = fresh("bella");
    const shell = ["/usr/bin/dash"];
    expect(await client.renew([], { PATH: withoutCurl(field.at("without-curl")) }, shell)).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect({ serial: client.serial, paired: client.paired }).toEqual({
      serial: field.story.newest("bella"),
      paired: true,
    });
  });

  test("says nothing before the certificate's window, whatever becomes of asking", async () => {
    const client = fresh("young");
    expect(await client.renew()).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const nowhere = client.read("bundle.conf").replace(/localhost:\d+/, "localhost:1");
    writeFileSync(client.etc("bundle.conf"), nowhere);
    expect(await client.renew()).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const asked = await client.renew(["--force"]);
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
  });

  test("keeps what it has where a key cannot be enveloped to, and says when it gets late", async () => {
    const client = fresh("edna");
    expect(await client.renew()).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const longer = client.read("bundle.conf").replace(/renew-before=\d+/, `renew-before=${60 * 86_400}`);
    writeFileSync(client.etc("bundle.conf"), longer);
    const late = await client.renew();
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no newer certificate") });
    expect(client.get(field.port)).toMatch(/^served\n200/);
  });

  test("rewrites the copies that other programs have, with their modes, and runs the hooks", async () => {
    const client = fresh("alice");
    appendFileSync(client.etc("files"), "linux 0400 _apt credential:key /etc/apt/gatehouse/key.pem\n");
    appendFileSync(client.etc("files"), "linux 0600 root credential:combined @ETC@/combined.pem\n");
    appendFileSync(client.etc("files"), "freebsd 0600 root credential:key /etc/elsewhere.pem\n");
    mkdirSync(join(client.root, "etc/apt/gatehouse"), { recursive: true });
    writeFileSync(join(client.root, "etc/apt/gatehouse/key.pem"), "old\n");
    writeFileSync(client.etc("combined.pem"), "old\n");
    mkdirSync(client.etc("renewed.d"), { recursive: true });
    writeFileSync(client.etc("renewed.d/note"), '#!/bin/sh\necho "$PWD" >hooked\n', { mode: 0o755 });
    expect(await client.renew()).toMatchObject({ code: 0, stderr: "" });
    const copy = join(client.root, "etc/apt/gatehouse/key.pem");
    expect(readFileSync(copy, "utf8")).toBe(client.read("key.pem"));
    expect(statSync(copy)).toMatchObject({ mode: 0o100400, uid: process.getuid?.() === 0 ? 4242 : process.getuid?.() });
    expect(client.read("combined.pem")).toBe(client.read("key.pem") + client.read("fullchain.pem"));
    expect(existsSync(join(client.root, "etc/elsewhere.pem"))).toBe(false);
    expect(client.read("hooked")).toBe(`${client.etc(".").replace(/\/\.?$/, "")}\n`);
  });

  test("tries again what a hook could not do, and renews meanwhile all the same", async () => {
    const client = fresh("alice");
    mkdirSync(client.etc("renewed.d"), { recursive: true });
    writeFileSync(client.etc("renewed.d/reload"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    expect(await client.renew()).toMatchObject({ code: 1, stderr: expect.stringContaining("renewed.d/reload failed") });
    expect({ serial: client.serial, paired: client.paired }).toEqual({
      serial: field.story.newest("alice"),
      paired: true,
    });
    expect((await client.renew()).code).toBe(1);
    writeFileSync(client.etc("renewed.d/reload"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    expect(await client.renew()).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("leaves what install.sh can go on from: the same bundle keeps the newer key, uninstalling leaves nothing", async () => {
    const client = fresh("alice");
    expect((await client.renew()).code).toBe(0);
    const { serial } = client;
    const again = client.reinstall(machine("alice").bundle);
    expect(again).toMatchObject({ code: 0 });
    expect({ serial: client.serial, paired: client.paired }).toEqual({ serial, paired: true });
    const other = fresh("bella");
    expect((await other.renew()).code).toBe(0);
    expect(other.uninstall().said).not.toContain("not empty");
    expect(existsSync(other.etc("."))).toBe(false);
  });

  test("does nothing while another run is at it, and takes over from one that is gone", async () => {
    const client = fresh("alice");
    symlinkSync(String(process.pid), client.etc(".renewing"));
    expect(await client.renew()).toMatchObject({ code: 0, stdout: "" });
    expect(client.serial).toBe(machine("alice").serial);
    rmSync(client.etc(".renewing"));
    symlinkSync("999999999", client.etc(".renewing"));
    expect((await client.renew()).code).toBe(0);
    expect(client.serial).toBe(field.story.newest("alice"));
  });

  test("is stopped before every step in turn: key and certificate always belong together, and the next run goes on", async () => {
    const run = stopping(field.at("shims"));
    const whole = fresh("alice");
    expect((await run(whole, 0)).code).toBe(0);
    const steps = Number(readFileSync(join(whole.root, "count"), "utf8"));
    expect(steps).toBeGreaterThan(15);
    const lane = async (first: number) => {
      for (let fatal = first; fatal <= steps; fatal += 3) {
        const client = fresh("alice");
        expect(await run(client, fatal), `step ${fatal}`).toMatchObject({ signal: "SIGKILL" });
        expect(client.paired, `step ${fatal}`).toBe(true);
        // Before that mark nothing but leftovers is new; they are looked at now and then.
        if (!existsSync(client.etc(".unfinished")) && fatal % 6 !== 0) continue;
        expect(await client.renew(), `after step ${fatal}`).toMatchObject({ code: 0, stderr: "" });
        const after = {
          paired: client.paired,
          serial: client.serial,
          unfinished: existsSync(client.etc(".unfinished")),
        };
        expect(after, `after step ${fatal}`).toEqual({ paired: true, serial: whole.serial, unfinished: false });
        expect(client.read("installed").split("\n").sort()).toEqual(whole.read("installed").split("\n").sort());
      }
    };
    await Promise.all([1, 2, 3].map(lane));
  });
});

describe("what a server hands out", () => {
  const ask = (client: Machine, path?: string, ...argv: readonly string[]) =>
    answer(client, field.port, path, "--cert", client.etc("fullchain.pem"), "--key", client.etc("key.pem"), ...argv);

  test("is the envelope for the certificate that was presented, kept nowhere", () => {
    const client = machine("alice");
    const said = ask(client);
    expect(said).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\nCache-Control: no-store\r\n/);
    expect(field.story.repository.read(`pki/renewals/${client.serial}.p7m`)).toContain(said.split("\r\n\r\n")[1]);
    expect(field.story.repository.read(`pki/renewals/${client.serial}.p7m`)).toMatch(
      new RegExp(
        `^identity: alice\npredecessor: ${client.serial}\ncertificate: ${field.story.newest("alice")}\n-----BEGIN CMS-`,
      ),
    );
  });

  test("is never chosen by anything that a client says", () => {
    const usual = ask(machine("alice")).split("\r\n\r\n")[1];
    const other = machine("rita").serial;
    for (const path of [`/.gatehouse/certificate?serial=${other}`, `/x/../.gatehouse/certificate?${other}`])
      expect(ask(machine("alice"), path, "-H", `X-SSL-Client-Serial: ${other}`).split("\r\n\r\n")[1]).toBe(usual);
    expect(ask(machine("alice"), `/.gatehouse/certificate/${other}`)).toMatch(/^HTTP\/1.1 404/);
    expect(ask(machine("alice"), "/.gatehouse/certificate", "-X", "POST")).toMatch(/^HTTP\/1.1 405/);
  });

  test("is nothing, 204, where the certificate is the newest", () => {
    expect(ask(machine("young"))).toMatch(/^HTTP\/1.1 204 No Content\r\n[\s\S]*Cache-Control: no-store/);
  });

  test("is refused to whoever has no certificate", () => {
    expect(answer(machine("alice"), field.port)).toMatch(/^HTTP\/1.1 400/);
  });

  test("is not written to git in a form that the guard refuses", () => {
    const { repository } = field.story;
    repository.commit("Renew");
    const argv = [join(CHECKOUT, "scripts/guard.ts"), "--root", repository.root, "--audit"];
    const guard = spawnSync(process.execPath, argv, { encoding: "utf8" });
    expect({ status: guard.status, said: guard.stdout + guard.stderr }).toMatchObject({ status: 0 });
    expect(repository.git("show", "--stat", "HEAD")).toContain("pki/renewals/");
  });
});

// Last: these change the registry.
describe("somebody who may not", () => {
  test("is told so, keeps what there is, and is offered no key", async () => {
    const clients = ["held", "lost", "gone"].map((name) => fresh(name));
    const serials = clients.map(({ serial }) => serial);
    const offered = () => field.story.repository.list("pki/renewals").map((file) => file.replace(".p7m", ""));
    for (const serial of serials) expect(offered()).toContain(serial);
    const before = new Date((field.story.instant + 1800) * 1000).toISOString();
    field.story.later(3599).edit({
      held: "{ groups: [guests], suspended: true }",
      lost: `{ groups: [guests], reissue: { before: "${before}", reason: keyCompromise } }`,
      gone: null,
    });
    await field.story.reconcile();
    for (const serial of serials) expect(offered()).not.toContain(serial);
    for (const serial of serials) expect(field.story.repository.read("pki/nginx/renewals.map")).not.toContain(serial);
    await field.serve();
    for (const client of clients) {
      const ran = await client.renew();
      expect(ran).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/answers 40[03]: .*revoked/) });
      expect(ran.stderr).toContain("the present certificate is kept");
      expect(client.paired).toBe(true);
    }
    expect(clients.map(({ serial }) => serial)).toEqual(serials);
    // The reissued client's new key is in no envelope: whoever stole the old one must not get it.
    expect(field.story.repository.list("pki/renewals").join()).not.toContain(field.story.newest("lost"));
    await field.story.insistOnSoundness();
  });
});
