import { expect, test } from "vitest";
import { type ClientContext, clientContext } from "../../scripts/clients/context.ts";
import type { ClientFile } from "../../scripts/clients/files.ts";
import { pkgsrc } from "../../scripts/clients/pkgsrc.ts";
import { portOf } from "../../scripts/clients/tunnel.ts";
import { NOW, sampleContext, sampleRegistry } from "./samples.ts";

const SIGNED = "signing: pki/signing/packages.pub";

async function context(first: string, second: string, servers: string): Promise<ClientContext> {
  const registry = await sampleRegistry(`version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  nine: { type: pkgsrc, path: /netbsd/9/, root: /srv/nine${first} }
  ten: { type: pkgsrc, path: /netbsd/10/, root: /srv/ten${second} }
groups: { all: { repositories: [nine, ten] } }
clients: { alice: { groups: [all] } }
servers:
${servers}`);
  const signing = () => Buffer.from("ANCHOR\n");
  return clientContext({ registry, name: "alice", key: "managed", now: NOW, signing });
}

const ONE = "  pkg.example.com: {}\n";
const TWO = "  a.example.com: { repositories: [nine] }\n  b.example.com: { repositories: [ten], listen: [8443] }\n";

function find(files: readonly ClientFile[], path: string): string {
  const content = files.find((file) => file.path === path)?.content;
  if (content === undefined) return "";
  return "text" in content ? content.text : "data" in content ? Buffer.from(content.data).toString() : "";
}
const NETBSD = "/etc/pkg_install.conf";
const settings = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("pkg_install.conf has the packages by plain HTTP, for the bridge, our authority as anchor, and refuses the unsigned", async () => {
  const { files, notes } = pkgsrc(await context("", "", ONE));
  expect(settings(find(files, NETBSD))).toEqual([
    "PKG_PATH=http://pkg.example.com/netbsd/9/All;http://pkg.example.com/netbsd/10/All",
    "CERTIFICATE_ANCHOR_PKGS=@ETC@/ca.pem",
    "VERIFIED_INSTALLATION=always",
  ]);
  expect(notes).toContain(`http_proxy=http://127.0.0.1:${portOf("pkg.example.com")}/ pkg_add PACKAGE`);
});

test("each system has it where its pkg_install looks", async () => {
  const { files } = pkgsrc(await context("", "", ONE));
  const places = files
    .filter(({ path }) => path.endsWith("pkg_install.conf"))
    .map(({ path, systems }) => [path, systems]);
  expect(places).toEqual([
    [NETBSD, ["netbsd"]],
    ["/usr/pkg/etc/pkg_install.conf", ["linux", "freebsd"]],
    ["/opt/pkg/etc/pkg_install.conf", ["macos"]],
  ]);
});

test("the bridge has a section for each server, on a port that goes by its name", async () => {
  const { files, notes } = pkgsrc(await context("", "", TWO));
  const text = find(files, "@ETC@/pkgsrc/stunnel.conf");
  for (const [name, port] of [
    ["a.example.com", 443],
    ["b.example.com", 8443],
  ] as const) {
    const lines = [`accept = 127.0.0.1:${portOf(name)}`, `connect = ${name}:${port}`];
    expect(text).toContain(`[${name}]\n${lines.join("\n")}\n`);
    expect(text).toContain(`sni = ${name}\n`);
    expect(text).toContain(`checkHost = ${name}\n`);
  }
  expect(settings(find(files, NETBSD))[0]).toBe("PKG_PATH=http://a.example.com/netbsd/9/All");
  const proxy = `http_proxy=http://127.0.0.1:${portOf("b.example.com")}/`;
  expect(notes).toContain(`From b.example.com: ${proxy} PKG_PATH='http://b.example.com/netbsd/10/All' pkg_add PACKAGE`);
});

test("somebody else's anchor is the anchor, each once; where ours signs too, the README says what to add", async () => {
  const both = pkgsrc(await context(`, ${SIGNED}`, `, ${SIGNED}`, ONE));
  expect(find(both.files, "@ETC@/pkgsrc/anchor.pem")).toBe("ANCHOR\n");
  expect(settings(find(both.files, NETBSD))[1]).toBe("CERTIFICATE_ANCHOR_PKGS=@ETC@/pkgsrc/anchor.pem");
  expect(both.notes.join()).not.toContain("append");
  expect(pkgsrc(await context(`, ${SIGNED}`, "", ONE)).notes.join()).toContain("append @ETC@/ca.pem");
});

test("who reaches no pkgsrc repository has no file", async () => {
  expect(pkgsrc(await sampleContext("bob"))).toEqual({ files: [], notes: [] });
});
