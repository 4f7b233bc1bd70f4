import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Software } from "../../scripts/model/registry.ts";
import { Host, SERVER, World } from "./support/activation.ts";
import { until } from "./support/ports.ts";
import type { Made } from "./support/release.ts";

/** Configurations by hand, as small as they get: what releases for these servers hold comes in a later version. */
const apache = (world: World, run: string) => `
ServerName ${SERVER}
User www-data
Group www-data
PidFile ${run}/apache.pid
DefaultRuntimeDir ${run}
ErrorLog ${run}/error.log
${["mpm_event", "authz_core", "alias", "ssl"].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
SSLSessionCache none
Listen 127.0.0.1:${world.tls}
IncludeOptional generation.conf
<VirtualHost 127.0.0.1:${world.tls}>
  ServerName ${SERVER}
  SSLEngine on
  SSLCertificateFile ../issued/${SERVER}.crt
  SSLCertificateKeyFile ../private/${SERVER}.key
  SSLCACertificateFile ../ca.crt
  SSLCARevocationFile ../crl.pem
  SSLCARevocationCheck chain
  SSLVerifyClient require
  Alias /packages ${world.www}
  <Directory ${world.www}>
    Require all granted
  </Directory>
</VirtualHost>
`;

const stunnel = (world: World, run: string, current: string) => `
pid = ${run}/stunnel.pid
output = ${run}/error.log
cert = ${current}/issued/${SERVER}.crt
key = ${current}/private/${SERVER}.key
CAfile = ${current}/ca.crt
CRLfile = ${current}/crl.pem
[service]
accept = 127.0.0.1:${world.tls}
connect = 127.0.0.1:9
verifyChain = yes
include = ${current}/stunnel/generation
`;

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

const release = (software: Software, commit: number, pki: string, file: string, text: string): Made => {
  const edit = (files: Map<string, string>) => {
    for (const path of [...files.keys()]) if (path.startsWith("nginx/")) files.delete(path);
    files.set(`${software}/${file}`, text);
  };
  return world.release(commit, { pki, edit, manifest: { software } });
};

const stop = async (pidFile: string) => {
  const pid = Number(execFileSync("cat", [pidFile], { encoding: "utf8" }));
  process.kill(pid, "SIGTERM");
  await until("its end", () => {
    const { status }: SpawnSyncReturns<Buffer> = spawnSync("kill", ["-0", String(pid)]);
    return status === 0 ? undefined : true;
  });
};

test("Apache takes a release, and refuses one that it cannot read", async () => {
  const at = world.scratch.at("apache");
  const program = `apache2 -d ${at}/gatehouse/current/apache -f ${at}/gatehouse/current/apache/httpd.conf -k`;
  await using host = new Host(world, "apache", {
    START: `${program} start`,
    RELOAD: `${program} graceful`,
    PREFIX: "",
  });
  // Where it does not run, `-k graceful` starts it.
  const text = apache(world, `${at}/run`);
  const first = release("apache", 0, world.before, "httpd.conf", text);
  try {
    expect((await host.activate("install", first.path)).last).toBe(`active ${first.id}`);
    expect([await host.status(world.alice), await host.status(world.frank)]).toEqual([200, 200]);
    const second = release("apache", 1, world.after, "httpd.conf", text);
    expect((await host.activate("install", second.path)).last).toBe(`active ${second.id}`);
    expect(await host.status(world.alice)).toBe(200);
    await expect(host.status(world.frank)).rejects.toThrow();
    const bad = release("apache", 2, world.after, "httpd.conf", `${text}Oops\n`);
    expect((await host.activate("install", bad.path)).last).toMatch(
      /^failed .*test fails: .*Oops.*nothing was switched/,
    );
    const open = release("apache", 2, world.after, "httpd.conf", text.replace("Client require", "Client none"));
    expect((await host.activate("install", open.path)).last).toMatch(/^rolled-back .* gives 404, not refused/);
    expect(host.remains()).toEqual([]);
  } finally {
    await stop(`${at}/run/apache.pid`);
  }
});

test("stunnel takes a release, and refuses one that it cannot read", async () => {
  const at = world.scratch.at("stunnel");
  const current = `${at}/gatehouse/current`;
  const START = `stunnel4 ${current}/stunnel/stunnel.conf`;
  await using host = new Host(world, "stunnel", {
    START,
    RELOAD: `kill -HUP $(cat ${at}/run/stunnel.pid)`,
    PREFIX: "",
  });
  const text = stunnel(world, `${at}/run`, current);
  const first = release("stunnel", 0, world.before, "stunnel.conf", text);
  try {
    expect((await host.activate("install", first.path)).last).toBe(`active ${first.id}`);
    const second = release("stunnel", 1, world.after, "stunnel.conf", text);
    expect((await host.activate("install", second.path)).last).toBe(`active ${second.id}`);
    const bad = release("stunnel", 2, world.after, "stunnel.conf", `${text}oops = 1\n`);
    expect((await host.activate("install", bad.path)).last).toMatch(
      /^failed .*test fails: .*oops.*nothing was switched/,
    );
    expect(host.remains()).toEqual([]);
  } finally {
    await stop(`${at}/run/stunnel.pid`);
  }
});
