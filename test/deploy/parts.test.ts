import { describe, expect, test } from "vitest";
import { outcomeOf, parseAnswer } from "../../scripts/deploy/answer.ts";
import { explainSsh, sshArguments } from "../../scripts/deploy/ssh.ts";
import { chooseTargets, unsaid } from "../../scripts/deploy/targets.ts";
import type { Task } from "../../scripts/deploy/transport.ts";
import { type Deploy, sshTarget } from "../../scripts/model/registry.ts";
import type { Release } from "../../scripts/model/release.ts";
import { registryOf, serverOf } from "../support/plan-builders.ts";

const A = "20261121T120000Z-0123456789ab";
const B = "20261120T120000Z-ba9876543210";

const RELEASE: Release = { id: A, server: "a", software: "nginx", commit: "c", time: 0, crl: 1, files: [] };

describe("what activate answers", () => {
  test.each([
    [`noise\nactive ${A}\n`, "install", { state: "active", release: A, message: "activated" }],
    [`unchanged ${A}`, "install", { state: "unchanged", release: A, message: "serves it already" }],
    [
      `rolled-back ${B}+${A} no answer`,
      "install",
      { state: "rolled back", release: `${B}+${A}`, message: "no answer" },
    ],
    ["failed nginx -t: broken", "install", { state: "failed", release: null, message: "nginx -t: broken" }],
    [`active ${A}`, "check", { state: "unchanged", release: A, message: "would be activated" }],
    ["failed older", "check", { state: "failed", release: null, message: "older" }],
    [`active ${B}+${A}`, "rollback", { state: "rolled back", release: `${B}+${A}` }],
    [`active ${B}`, "install", { state: "failed", release: B, message: `was sent ${A}, and says that it has another` }],
    [`rolled-back ${B} in vain`, "rollback", { state: "failed", release: B, message: "in vain" }],
  ] as const)("%j to %s", (stdout, word, expected) => {
    const answer = parseAnswer(stdout);
    const task: Task = word === "rollback" ? { word, release: null } : { word, release: RELEASE };
    expect(answer && outcomeOf("a", task, answer)).toMatchObject({ name: "a", ...expected });
  });

  test.each(["", "active", "active x", `inactive ${A}`, `active ${A}\nbye`, `active ${A}x`])(
    "%j is no answer",
    (stdout) => expect(parseAnswer(stdout)).toBeNull(),
  );
});

describe("ssh", () => {
  test("never asks, wants a known host key, and is given nothing but a word", () => {
    const args = sshArguments(sshTarget("deploy@[2001:db8::1]:2222"), "install", "/etc/ci/ssh");
    expect(args.slice(0, 2)).toEqual(["-F", "/etc/ci/ssh"]);
    expect(args).toEqual(expect.arrayContaining(["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=15"]));
    expect(args.slice(-7)).toEqual(["-p", "2222", "-l", "deploy", "--", "2001:db8::1", "install"]);
  });

  test.each(["-oProxyCommand=x", "a@-b", "a b", "a@b:c", "", "-l@b"])("%j is no place to go to", (text) => {
    expect(() => sshTarget(text)).toThrow("not a host");
  });

  const TARGET = sshTarget("deploy@a.example:2222");
  test.each([
    [
      "No ED25519 host key is known for a.example\nHost key verification failed.",
      "unreachable",
      /ssh-keyscan -p 2222 a/,
    ],
    [
      "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
      "unreachable",
      /in between/,
    ],
    ["deploy@a.example: Permission denied (publickey).", "unreachable", /authorized_keys/],
    ["ssh: connect to host a.example port 2222: Connection refused", "unreachable", /^ssh: connect .* refused$/],
    ["kex_exchange_identification: Connection closed by remote host", "unreachable", /closed/],
    ["command-line: line 0: Bad configuration option: x", "unreachable", /GATEHOUSE_SSH_CONFIG/],
  ])("%j is explained", (stderr, state, message) => {
    const trouble = explainSsh({ exitCode: 255, stdout: "", stderr }, TARGET, 300);
    expect(trouble).toEqual({ state, message: expect.stringMatching(message) });
  });

  test("a server whose words sound like ssh's is not believed: it has answered", () => {
    const said = { exitCode: 1, stdout: "", stderr: "Permission denied" };
    expect(explainSsh(said, TARGET, 300)).toEqual({ state: "failed", message: expect.stringContaining("receive") });
  });

  test("a server that takes too long is unreachable", () => {
    const late = { exitCode: 1, stdout: "", stderr: "", timedOut: true as const };
    expect(explainSsh(late, TARGET, 300)).toMatchObject({ state: "unreachable", message: /300 seconds/ });
  });
});

describe("servers", () => {
  const registryFor = (deploys: Readonly<Record<string, Deploy>>) =>
    registryOf({
      servers: Object.fromEntries(Object.entries(deploys).map(([name, deploy]) => [name, serverOf({ deploy })])),
    });
  const local = (directory: string | null): Deploy => ({ to: "local", directory, canary: null, said: false });

  test("are chosen in the order of the registry", () => {
    const registry = registryFor({ b: local("/b"), a: local("/a"), c: { to: "pull", branch: "c" } });
    expect(chooseTargets(registry, null)).toEqual(["b", "a", "c"]);
    expect(chooseTargets(registry, "c, b")).toEqual(["b", "c"]);
  });

  test("that clients.yaml does not say how to get to are known, and left out where nobody types", () => {
    const registry = registryFor({
      unsaid: local(null),
      alone: { to: "local", directory: null, canary: null, said: true },
      directory: local("/d"),
      canary: { to: "local", directory: null, canary: "alice", said: false },
      other: local(null),
      pull: { to: "pull", branch: "r" },
      ssh: { to: "ssh", host: "h", directory: null, canary: null },
    });
    expect(unsaid(registry)).toEqual(["unsaid", "other"]);
    // Two that are left out may be of one place.
    expect(() => chooseTargets(registry, null)).toThrow("are both deployed to");
    const left = chooseTargets(registry, "unsaid,other,directory,ssh", unsaid(registry));
    expect(left).toEqual(["directory", "ssh"]);
  });

  test("that are none get a suggestion", () => {
    const registry = registryFor({ "pkg.example.com": local(null) });
    expect(() => chooseTargets(registry, "pkg.example.con")).toThrow(
      expect.objectContaining({ hints: expect.arrayContaining(["Did you mean pkg.example.com?"]) }),
    );
  });

  test.each<[string, Deploy, Deploy]>([
    ["directory here", local(null), local(null)],
    ["branch", { to: "pull", branch: "r" }, { to: "pull", branch: "r" }],
    [
      "directory there",
      { to: "ssh", host: "h", directory: "/d", canary: null },
      { to: "ssh", host: "h", directory: "/d", canary: null },
    ],
  ])("of one %s are refused together, and not apart", (_, one, other) => {
    const registry = registryFor({ a: one, b: other });
    expect(() => chooseTargets(registry, null)).toThrow("a and b are both deployed to");
    expect(chooseTargets(registry, "b")).toEqual(["b"]);
  });
});
