import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Scratch } from "../support/scratch.ts";
import { github } from "./support/github.ts";
import { issuedTo, subjects } from "./support/history.ts";
import { Branch, type House, house } from "./support/house.ts";

let home: House;
beforeAll(async () => {
  home = await house();
});
afterAll(() => home?.[Symbol.dispose]());

/** An ssh private key, as ssh-keygen writes it. */
function sshKey(): string {
  using scratch = new Scratch("ssh-key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ci", "-f", scratch.at("key")]);
  return readFileSync(scratch.at("key"), "utf8").trim();
}

const NEW = Array.from({ length: 10 }, (_, index) => `new${index}`);

describe("main", () => {
  it("that moves while it is carried out is carried out from where it is then, and both pull requests are told so", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    using other = new Branch(home.root);
    const paths = forge.merge(forge.offer(branch.root, branch.admit("carol").commit()));
    const second = forge.offer(other.root, other.admit("dora", "resident09").commit());
    const digest = `sha256:${"0".repeat(64)}`;
    forge.say(1, "github-actions[bot]", `<!-- gatehouse plan -->\nDigest: \`${digest}\`\n`);
    forge.beforePush = () => forge.merge(second);
    const done = await actions.afterPush(paths);
    expect(done?.conclusion, done?.log).toBe("success");
    expect(done?.log).toContain("The remote has moved on; starting over from there.");
    expect([issuedTo(forge, "carol"), issuedTo(forge, "dora")]).toEqual([1, 1]);
    expect(subjects(forge, 1)).toEqual(["Issue 2 | github-actions[bot]"]);
    const now = forge.git("log", "-1", "--format=%B", "main").split("\n").at(-1)?.replace("Digest: ", "");
    expect(forge.comments(1).at(-1)?.body).toContain(
      `**Not the plan that was shown here was carried out.** The comment's digest was \`${digest}\`.`,
    );
    for (const [number, beside] of [
      [1, second],
      [second, 1],
    ] as const)
      expect(forge.comments(number).at(-1)?.body).toMatch(
        new RegExp(`carried out: digest \`${now}\`\\. Carried out with it: #${beside}\\.`),
      );
  });

  it("of ten merges at once issues each certificate once; the run that waited has nothing left to do, nor a quiet day's", async () => {
    using it = await github(home);
    const { forge, actions, branch } = it;
    const numbers = NEW.map((name, index) =>
      forge.offer(
        branch.root,
        branch
          .again()
          .admit(name, `resident${String(index + 1).padStart(2, "0")}`)
          .commit(),
      ),
    );
    const [first = 0, ...rest] = numbers;
    const paths = forge.merge(first);
    forge.beforePush = () => {
      for (const number of rest) forge.merge(number);
    };
    // Meanwhile nine more runs are asked for: the group keeps the newest of those that wait.
    for (const run of ["the first", "the newest"]) {
      const done = await actions.afterPush(paths);
      expect(done?.conclusion, `${run}: ${done?.log}`).toBe("success");
    }
    expect(NEW.map((name) => issuedTo(forge, name))).toEqual(NEW.map(() => 1));
    const quiet = await actions.main("schedule");
    expect(Object.fromEntries(quiet.steps), quiet.log).toMatchObject({ Reconcile: "success", Deploy: "success" });
    expect(subjects(forge, 2)).toEqual(["Issue 10 | github-actions[bot]", "Merge pull request 10 | Tester"]);
  });

  it("ships to the servers that say how, with keys that are there for that alone, and fails when one does not answer", async () => {
    using own = await house(
      null,
      `  edge.example.com: { certificate: { file: /etc/edge.crt, key: /etc/edge.key }, deploy: { to: pull, branch: edge } }
  front.example.com: { deploy: { to: ssh, host: "deploy@front.example.com" } }
`,
    );
    using it = await github(own);
    const [signing, deploying] = [sshKey(), sshKey()];
    const ssh =
      '#!/bin/sh\nwhile [ "$1" != -F ]; do shift; done\ncat "$2" >&2\nstat -c "%a %n" "${2%/*}"/* >&2\nexit 255\n';
    const { forge, actions, branch } = it;
    const done = await actions.afterPush(forge.merge(forge.offer(branch.root, branch.admit("carol").commit())), {
      programs: { ssh },
      environmentSecrets: {
        GATEHOUSE_KEY: own.key,
        GATEHOUSE_SIGNING_KEY: signing,
        GATEHOUSE_SSH_KEY: deploying,
        GATEHOUSE_SSH_KNOWN_HOSTS: "front.example.com ssh-ed25519 AAAA",
      },
    });
    expect(Object.fromEntries(done?.steps ?? []), done?.log).toMatchObject({ Reconcile: "success", Deploy: "failure" });
    for (const name of ["main", "edge"]) expect(forge.git("cat-file", "commit", name)).toContain("BEGIN SSH SIGNATURE");
    expect(done?.log).toMatch(/^ *edge\.example\.com +active /m);
    expect(done?.log).toMatch(/^ *front\.example\.com +failed /m);
    expect(done?.log).not.toMatch(/^ *pkg\.example\.com /m);
    expect(done?.log).toMatch(/ IdentityFile (\S+)\/key\n.* UserKnownHostsFile \1\/known_hosts\n/);
    expect(done?.log).toMatch(/ 600 \S+\/key\n.* 600 \S+\/known_hosts\n/);
    for (const secret of [own.key, signing, deploying].map((text) => text.split("\n")[1] ?? text)) {
      expect(done?.log).not.toContain(secret);
      expect(done?.left(secret)).toBe(false);
    }
  });

  it("renews every day what is near its end", async () => {
    const days = 340 * 86_400_000;
    using old = await house(new Date(Date.now() - days).toISOString().replace(/\.\d+Z$/, "Z"));
    using it = await github(old);
    const done = await it.actions.main("schedule");
    expect(done.conclusion, done.log).toBe("success");
    expect(subjects(it.forge, 1)).toEqual(["Renew 13, sign the CRL | github-actions[bot]"]);
    expect(issuedTo(it.forge, "resident00")).toBe(2);
  });
});
