import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Scratch } from "../e2e/support/scratch.ts";
import { filesOf, lines, rendered, SIGNING, said, textOf } from "./kinds-samples.ts";

describe("pip and npm", () => {
  test("have a file for each repository of files, which names no other index", async () => {
    expect(lines(await textOf("pip", "@ETC@/pip/images.conf"))).toEqual([
      "[global]",
      "index-url = https://pkg.example.com/images/simple/",
      "client-cert = @ETC@/pip/client.pem",
      "cert = @ETC@/server-ca.pem",
    ]);
    expect((await filesOf("pip")).get("@ETC@/pip/client.pem")).toEqual({ who: "600 root", is: "credential:combined" });
    expect(lines(await textOf("npm", "@ETC@/npm/rpms.npmrc"))).toEqual([
      "registry=https://pkg.example.com/rpms/",
      "//pkg.example.com/rpms/:certfile=@ETC@/fullchain.pem",
      "//pkg.example.com/rpms/:keyfile=@ETC@/key.pem",
      "cafile=@ETC@/server-ca.pem",
    ]);
  });
});

describe("dnf", () => {
  test("has the options of dnf.conf(5), and checks packages where there is an OpenPGP key", async () => {
    const access = ["sslcacert=@ETC@/server-ca.pem", "sslclientcert=@ETC@/fullchain.pem", "sslclientkey=@ETC@/key.pem"];
    expect(lines(await textOf("dnf", "/etc/yum.repos.d/gatehouse-rpms.repo"))).toEqual([
      "[gatehouse-rpms]",
      "name=rpms",
      "baseurl=https://pkg.example.com/rpms/",
      "enabled=1",
      "sslverify=1",
      ...access,
      "gpgcheck=1",
      "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-gatehouse-rpms",
    ]);
    const images = await textOf("dnf", "/etc/yum.repos.d/gatehouse-images.repo");
    expect(images).toContain("baseurl=https://pkg.example.com/images/ https://apt.example.com:8443/images/\n");
    // Without a key it is dnf's own setting that decides.
    expect(images).not.toContain("gpgcheck");
  });
});

describe("apk", () => {
  test("has its certificate where apk looks, its repositories, and a key under the name that signatures give", async () => {
    const files = await filesOf("apk");
    expect(files.get("/etc/apk/cert.key")).toEqual({ who: "600 root", is: "credential:key" });
    expect(files.get("/etc/apk/cert.pem")?.is).toBe("credential:fullchain");
    expect(files.get("/etc/apk/ca.pem")?.is).toBe("credential:server-ca");
    expect(files.get("/etc/apk/keys/images.pub")?.is).toBe(SIGNING["pki/signing/images.pub"]);
    expect(files.has("/etc/apk/keys/rpms.gpg")).toBe(false);
    expect(lines(await textOf("apk", "/etc/apk/repositories.d/gatehouse.list"))).toEqual([
      "https://pkg.example.com/images",
      "https://apt.example.com:8443/images",
      "https://pkg.example.com/rpms",
    ]);
  });
});

describe("docker", () => {
  test("has a directory for each host and port, for docker and for podman", async () => {
    const files = await filesOf("docker");
    for (const directory of ["/etc/docker/certs.d", "/etc/containers/certs.d"]) {
      expect(files.get(`${directory}/apt.example.com:8443/client.key`)).toEqual({
        who: "600 root",
        is: "credential:key",
      });
      expect(files.get(`${directory}/pkg.example.com/client.cert`)?.is).toBe("credential:fullchain");
      expect(files.get(`${directory}/pkg.example.com/ca.crt`)?.is).toBe("credential:server-ca");
      expect(files.has(`${directory}/known.example.com/ca.crt`)).toBe(false);
    }
  });
});

describe("pacman", () => {
  test("has sections with servers, and demands signatures where there is an OpenPGP key", async () => {
    expect(lines(await textOf("pacman", "@ETC@/pacman/repositories.conf"))).toEqual([
      "[options]",
      "XferCommand = @ETC@/pacman/fetch %u %o",
      "",
      "[images]",
      "SigLevel = Optional",
      "Server = https://pkg.example.com/images/$arch",
      "Server = https://apt.example.com:8443/images/$arch",
      "",
      "[rpms]",
      "SigLevel = Required",
      "Server = https://pkg.example.com/rpms/$arch",
    ]);
    expect((await filesOf("pacman")).get("@ETC@/pacman/rpms.gpg")?.is).toBe(SIGNING["pki/signing/rpms.gpg"]);
  });

  test("shows the certificate to our servers and to no other", async () => {
    using scratch = new Scratch("pacman");
    const [fetch, calls] = [scratch.write("fetch", await textOf("pacman", "@ETC@/pacman/fetch")), scratch.at("calls")];
    writeFileSync(scratch.at("curl"), `#!/bin/sh\nprintf '%s\\n' "$*" >>${calls}\n`, { mode: 0o755 });
    const run = (url: string) =>
      execFileSync("sh", [fetch, url, "a file"], { env: { PATH: `${scratch.path}:${process.env["PATH"]}` } });
    run("https://pkg.example.com/images/x86_64/images.db");
    run("https://mirror.example.org/core.db");
    run("https://pkg.example.com.evil.example/images/x");
    const calledWith = execFileSync("cat", [join(scratch.path, "calls")], { encoding: "utf8" })
      .trim()
      .split("\n");
    const always = "--fail --silent --show-error --continue-at - --output a file";
    const ours = "--proto =https --cert @ETC@/fullchain.pem --key @ETC@/key.pem --cacert @ETC@/server-ca.pem";
    expect(calledWith).toEqual([
      `${always} ${ours} -- https://pkg.example.com/images/x86_64/images.db`,
      `${always} --location -- https://mirror.example.org/core.db`,
      `${always} --location -- https://pkg.example.com.evil.example/images/x`,
    ]);
  });
});

const KINDS = ["pkg", "apt", "pip", "npm", "dnf", "apk", "docker", "pacman"] as const;

test.each(KINDS)("%s has nothing for a client that reaches nothing", async (kind) => {
  expect(await rendered(kind, "carol")).toEqual({ files: [], notes: [] });
});

test.each(KINDS)("%s names no CA where the system trusts every server", async (kind) => {
  const trusted = (yaml: string) =>
    yaml
      .replace(
        "com: { repositories: [packages, ports",
        "com: { certificate: { file: /c, key: /k }, repositories: [packages, ports",
      )
      .replace("{ listen: [8443]", "{ certificate: { file: /c, key: /k }, listen: [8443]");
  const { files } = await rendered(kind, "alice", trusted);
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect(`${file.path} ${said(file)}`).not.toMatch(/server-ca|CAInfo|ca\.pem|ca\.crt/);
});
