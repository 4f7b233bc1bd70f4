import { expect, test } from "vitest";
import { type ClientContext, clientContext } from "../../scripts/clients/context.ts";
import type { ClientFile } from "../../scripts/clients/files.ts";
import { stunnel } from "../../scripts/clients/stunnel.ts";
import { portOf } from "../../scripts/clients/tunnel.ts";
import { NOW, sampleContext, sampleRegistry } from "./samples.ts";

const registry = (services: string, servers: string) => `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
services:
${services}groups: { all: { services: [db] } }
clients: { alice: { groups: [all] } }
servers:
${servers}`;
const DB = '  db: { sni: db.example.com, connect: "127.0.0.1:5432" }\n';
const ONE = "  a.example.com: { software: stunnel }\n";

async function context(services: string, servers: string): Promise<ClientContext> {
  const yaml = registry(services, servers);
  const names = [...services.matchAll(/^ {2}(\S+):/gm)].map(([, name]) => name).join(", ");
  const read = await sampleRegistry(yaml.replace("services: [db]", `services: [${names}]`));
  return clientContext({ registry: read, name: "alice", key: "managed", now: NOW, signing: () => Buffer.of() });
}

function textOf(files: readonly ClientFile[], end: string): string {
  const content = files.find(({ path }) => path.endsWith(end))?.content;
  return content !== undefined && "text" in content ? content.text : "";
}

const sectionOf = (text: string, name: string) =>
  new RegExp(`^\\[${name}\\]\\n((?:.+\\n)*)`, "m").exec(text)?.[1] ?? "";
const conf = (given: ClientContext) => textOf(stunnel(given).files, "stunnel.conf");

test("a service is a section: its own port on loopback, the server's name checked, our CA", async () => {
  const text = conf(await sampleContext("alice"));
  expect(text).toMatch(/^; Made by Gatehouse/);
  expect(sectionOf(text, "db").split("\n")).toEqual([
    "accept = 127.0.0.1:5432",
    "connect = tunnel.example.com:5000",
    "failover = prio",
    "sni = db.example.com",
    "CAfile = @ETC@/server-ca.pem",
    "checkHost = tunnel.example.com",
    "",
  ]);
  expect(text).toMatch(/^verifyChain = yes$/m);
});

test("who reaches no service has no file", async () => {
  expect(stunnel(await sampleContext("bob"))).toEqual({ files: [], notes: [] });
});

test("all servers of a service are tried in their order, and each of their DNS names is good", async () => {
  const servers = `${ONE}  b.example.com: { software: stunnel, names: [b.example.com, 192.0.2.7], listen: [8443] }\n`;
  const lines = sectionOf(conf(await context(DB, servers)), "db").split("\n");
  expect(lines.filter((line) => line.startsWith("connect"))).toEqual([
    "connect = a.example.com:443",
    "connect = b.example.com:8443",
  ]);
  expect(lines.filter((line) => line.startsWith("check"))).toEqual([
    "checkHost = a.example.com",
    "checkHost = b.example.com",
  ]);
});

test("servers of another kind of certificate than the first are left out: a section knows one CA", async () => {
  const public_ = "{ software: stunnel, certificate: { file: /c, key: /k } }";
  const text = conf(await context(DB, `  a.example.com: ${public_}\n  b.example.com: { software: stunnel }\n`));
  expect(sectionOf(text, "db")).toContain("CApath = /etc/ssl/certs");
  expect(sectionOf(text, "db")).not.toMatch(/[ =]b\.example\.com/);
});

test("a server without a DNS name is known by its address, and not tried beside one that has a name", async () => {
  const [bare, named] = [
    "  a.example.com: { software: stunnel, names: [192.0.2.7] }\n",
    "  b.example.com: { software: stunnel }\n",
  ];
  const [one, other] = [await context(DB, bare + named), await context(DB, named + bare)].map((each) =>
    sectionOf(conf(each), "db"),
  );
  expect(one).toMatch(/connect = 192\.0\.2\.7:443\n(?!connect)[\s\S]*checkIP = 192\.0\.2\.7\n$/);
  expect(other).toMatch(/connect = b\.example\.com:443\n(?!connect)[\s\S]*checkHost = b\.example\.com\n$/);
});

test("IPv6 addresses have no brackets", async () => {
  const text = conf(await context(DB, '  a.example.com: { software: stunnel, names: ["2001:db8::1"] }\n'));
  expect(sectionOf(text, "db")).toContain("connect = 2001:db8::1:443\n");
  expect(sectionOf(text, "db")).toContain("checkIP = 2001:db8::1\n");
});

test("ports stay when other services come: but for one of the same port that comes before", async () => {
  const port = (text: string, name: string) => Number(/:(\d+)$/m.exec(sectionOf(text, name))?.[1]);
  const ssh = '  ssh: { sni: ssh.example.com, connect: "127.0.0.1:22" }\n';
  const log = '  log: { sni: log.example.com, connect: "127.0.0.1:5432" }\n';
  const few = conf(await context(DB + ssh, ONE));
  const more = conf(await context(DB + ssh + log, ONE));
  expect([port(few, "db"), port(few, "ssh")]).toEqual([5432, portOf("ssh")]);
  expect([port(more, "db"), port(more, "ssh"), port(more, "log")]).toEqual([5432, portOf("ssh"), portOf("log")]);
  expect(portOf("ssh")).toBeGreaterThanOrEqual(20_000);
  expect(portOf("ssh")).toBeLessThan(30_000);
});

test("a renewal reaches it, and systemd can start it", async () => {
  const { files, notes } = stunnel(await sampleContext("alice"));
  const hook = files.find(({ path }) => path === "@ETC@/renewed.d/gatehouse-stunnel");
  expect(hook?.mode).toBe(0o755);
  const unit = files.find(({ path }) => path === "/etc/systemd/system/gatehouse-stunnel.service");
  expect(unit?.systems).toEqual(["linux"]);
  expect(notes).toContain("db is at 127.0.0.1:5432");
});
