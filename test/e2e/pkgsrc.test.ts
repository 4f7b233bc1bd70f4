import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect } from "vitest";
import { Field, HOST } from "./clients/field.ts";
import { chapters } from "./support/chapters.ts";
import { run } from "./support/curl.ts";
import { until } from "./support/ports.ts";
import { runProgram } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";
import { TunnelClient } from "./support/tunnel.ts";

let scratch: Scratch;
let field: Field;
let machine: string;
let bridge: TunnelClient;

const conf = () => readFileSync(`${machine}/usr/pkg/etc/pkg_install.conf`, "utf8");
const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(conf())?.[1] ?? "";
const port = () => Number(/^accept = 127\.0\.0\.1:(\d+)$/m.exec(configuration())?.[1]);
const configuration = () => readFileSync(`${machine}/etc/gatehouse-client/pkgsrc/stunnel.conf`, "utf8");

/** As pkg_add's fetch library asks: plain HTTP, to the proxy that http_proxy names. */
const fetched = async (url: string) => {
  const proxy = ["--proxy", `http://127.0.0.1:${port()}/`];
  const { stdout } = await run("curl", ["-q", "-s", "--noproxy", "", "-m", "5", ...proxy, "-w", "\n%{http_code}", url]);
  return stdout.split("\n");
};

beforeAll(async () => {
  scratch = new Scratch("pkgsrc");
  scratch.write("www/packages/All/pkg_summary.txt", "PKGNAME=hello-1.0\n");
  field = await Field.open(scratch, {
    repositories: { packages: "{ type: pkgsrc, path: /netbsd/10/, root: @WWW@/packages }" },
  });
  machine = await field.machine("alice", "pkgsrc");
  bridge = await TunnelClient.start(scratch, "bridge", configuration());
  await until("the bridge", async () => ((await fetched(`http://${HOST}/`)).at(-1) === "000" ? undefined : true));
});
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]();
  await field?.[Symbol.asyncDispose]();
  scratch?.[Symbol.dispose]();
});

const chapter = chapters("a machine with a bundle for pkgsrc comes to its packages, until it is removed");

chapter("PKG_PATH through the bridge leads to the packages, with the client's certificate", async () => {
  expect(setting("PKG_PATH")).toBe(`http://${HOST}/netbsd/10/All`);
  expect(await fetched(`${setting("PKG_PATH")}/pkg_summary.txt`)).toEqual(["PKGNAME=hello-1.0", "", "200"]);
  expect(await field.record("pkg_summary.txt")).toMatchObject({ client: "alice" });
});

chapter("the bridge goes to the server, whatever name is asked for, and gets nothing under others' names", async () => {
  expect((await fetched("http://other.example.com/netbsd/10/All/pkg_summary.txt")).at(-1)).toBe("421");
});

chapter("a server that cannot show the name in its certificate gets nothing", async () => {
  const other = configuration().replace(/^checkHost = .*$/m, "checkHost = other.example.com");
  const free = other.replace(/^accept = .*$/m, `accept = 127.0.0.1:${port() + 1}`);
  await using wary = await TunnelClient.start(scratch, "wary", free);
  const { stdout } = await run("curl", ["-s", "-m", "5", "-w", "%{http_code}", `http://127.0.0.1:${port() + 1}/`]);
  expect(stdout).toBe("000");
  await until("the reason", () => /Subject checks failed|No matching host name/.test(wary.said) || undefined);
});

chapter("a package that our signer signed verifies against the anchor alone", async () => {
  const yaml = field.repository.read("clients.yaml");
  field.repository.write("clients.yaml", `${yaml}signers:\n  build01: { repository: packages }\n`);
  const { code, stderr } = await field.repository.run("reconcile");
  expect(code, stderr).toBe(0);
  const [crt, key] = [field.repository.at("pki/issued/build01.crt"), field.repository.at("pki/private/build01.key")];
  const hash = scratch.write("hash", `pkgsrc\nversion: 1\npkgname: hello-1.0\nhash: ${"0".repeat(128)}\n`);
  const signature = scratch.at("signature.p7");
  // What pkg_admin x509-sign-package makes of +PKG_HASH: detached PKCS#7, PEM, of what is between.
  const sign = ["smime", "-sign", "-binary", "-outform", "PEM", "-in", hash, "-signer", crt, "-inkey", key];
  execFileSync("openssl", [...sign, "-certfile", crt, "-out", signature], { stdio: "ignore" });
  const anchor = setting("CERTIFICATE_ANCHOR_PKGS");
  const verify = (file: string, trust: string) =>
    spawnSync("openssl", [
      ...["smime", "-verify", "-binary", "-inform", "PEM", "-in", signature, "-content", file, "-CAfile", trust],
      ...["-no-CApath", "-no-CAstore", "-purpose", "any"],
    ]).status;
  expect(anchor).toBe(`${machine}/etc/gatehouse-client/ca.pem`);
  expect(verify(hash, anchor)).toBe(0);
  expect(verify(scratch.write("changed", "hash: 1\n"), anchor)).not.toBe(0);
  const { stdout } = await runProgram("openssl", ["x509", "-in", crt, "-noout", "-ext", "extendedKeyUsage"]);
  expect(stdout.split("\n")[1]?.trim()).toBe("Code Signing, E-mail Protection");
  expect(setting("VERIFIED_INSTALLATION")).toBe("always");
});

chapter("who was removed gets nothing through the bridge any more", async () => {
  await field.admit("bob");
  expect((await fetched(`${setting("PKG_PATH")}/pkg_summary.txt`)).at(-1)).toMatch(/^4/);
});

chapter("after a renewal the bridge is told, and only the bridge", async () => {
  const hook = readFileSync(`${machine}/etc/gatehouse-client/renewed.d/gatehouse-pkgsrc`, "utf8");
  const file = scratch.at("hook");
  writeFileSync(file, hook.replaceAll("/var/run/gatehouse-pkgsrc.pid", scratch.at("bridge.pid")));
  const times = () => bridge.said.split("Configuration successful").length;
  const before = times();
  expect((await runProgram("dash", [file])).code).toBe(0);
  await until("the reload", () => times() > before || undefined);
  // A pid that another program has by now.
  writeFileSync(file, hook.replaceAll("/var/run/gatehouse-pkgsrc.pid", scratch.write("stale.pid", `${process.pid}\n`)));
  expect((await runProgram("dash", [file])).code).toBe(0);
});
