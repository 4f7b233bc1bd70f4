import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Field } from "./field.ts";

const SPEC = `Name: hello-gate
Version: 1.0
Release: 1
Summary: says hello
License: MIT
BuildArch: noarch
%description
Says hello.
%install
mkdir -p %{buildroot}/usr/share/hello-gate
echo hello > %{buildroot}/usr/share/hello-gate/greeting
%files
/usr/share/hello-gate/greeting
`;

function rpmRepository(scratch: Scratch, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const places = ["--define", `_topdir ${scratch.at("rpm")}`, "--define", `_rpmdir ${directory}`];
  execFileSync("rpmbuild", ["-bb", ...places, scratch.write("hello-gate.spec", SPEC)], { stdio: "ignore" });
  execFileSync("createrepo_c", [directory], { stdio: "ignore" });
}

test("real dnf installs a package with an installed bundle, and sees nothing once the client is gone", async () => {
  using scratch = new Scratch("dnf");
  rpmRepository(scratch, scratch.at("www/rpms"));
  await using field = await Field.open(scratch, {
    repositories: { rpms: "{ type: files, path: /rpms/, root: @WWW@/rpms }" },
  });
  const root = await field.machine("alice", "dnf");
  mkdirSync(join(root, "log"));
  const inside = ["reposdir=etc/yum.repos.d", "cachedir=cache", "persistdir=persist", "logdir=log"];
  // The package is not signed: what Debian has dnf demand is not what is tested here.
  const settings = [...inside.map((one) => one.replace("=", `=${root}/`)), "gpgcheck=0", "skip_if_unavailable=0"];
  const fixed = ["-y", `--installroot=${root}`, "--releasever=1", ...settings.map((one) => `--setopt=${one}`)];
  const dnf = (...args: readonly string[]) => runProgram("dnf", [...fixed, "--repo", "gatehouse-rpms", ...args]);
  const done = await dnf("install", "hello-gate");
  expect(done, done.stderr).toMatchObject({ code: 0 });
  expect(readFileSync(join(root, "usr/share/hello-gate/greeting"), "utf8")).toBe("hello\n");
  expect(await field.record(".rpm")).toMatchObject({ client: "alice", status: "200" });
  await field.admit("bob");
  const { code, stdout, stderr } = await dnf("--refresh", "makecache");
  expect(code, stdout + stderr).not.toBe(0);
  expect(stderr).toContain("Status code: 400");
});
