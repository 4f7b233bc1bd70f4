import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { blocking, reconcileHere } from "./support/in-process.ts";
import type { Repository } from "./support/repository.ts";
import { Story } from "./support/story.ts";

const RENEWAL = "2027-11-10T12:00:00Z";

describe("the envelopes of pki/renewals", () => {
  let story: Story;
  let repository: Repository;
  let before: string;
  let path: string;

  beforeAll(async () => {
    const clients = { alice: "{ groups: [staff] }", rita: "{ groups: [staff], key: rsa-3072 }" };
    story = await Story.begin(clients, { on: "2026-11-21T12:00:00Z" });
    before = story.newest("alice");
    await story.on(RENEWAL).reconcile();
    repository = story.repository;
    repository.commit("Renew");
    path = `pki/renewals/${before}.p7m`;
  });
  afterAll(() => story?.[Symbol.dispose]());
  beforeEach(() => {
    repository.git("checkout", "--quiet", "--", "pki/renewals", "pki/nginx");
  });

  test.each(["alice", "rita"])("hold the next key and certificate of %s for the last one's key alone", (name) => {
    const [old = "", next = ""] = story.serials(name);
    const key = repository.at(`pki/private/by_serial/${old}.key`);
    const args = ["cms", "-decrypt", "-inform", "PEM", "-in", repository.at(`pki/renewals/${old}.p7m`), "-inkey", key];
    const opened = execFileSync("openssl", [...args, "-recip", repository.at(`pki/certs_by_serial/${old}.pem`)]);
    const wanted = repository.read(`pki/private/by_serial/${next}.key`) + repository.read(`pki/issued/${name}.crt`);
    expect(opened.toString().replaceAll("\r\n", "\n")).toBe(wanted);
  });

  test("are right as reconcile leaves them, and a second run changes nothing", async () => {
    expect(await blocking(repository, RENEWAL)).toEqual([]);
    expect((await reconcileHere(repository, RENEWAL)).changes).toEqual([]);
  });

  test.each<[string, string, (text: string) => string | null]>([
    ["is gone", "Missing", () => null],
    ["is cut short", "Drifted", (text) => text.slice(0, 400)],
    ["is another client's", "Drifted", (text) => text.replace("identity: alice", "identity: rita")],
    ["is of an older successor", "Drifted", (text) => text.replace(/^certificate: ../m, "certificate: 40")],
    ["holds the marks of a merge", "Drifted", (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`],
  ])("one that %s is found without a secret, and made again", async (_what, reason, change) => {
    const text = change(repository.read(path));
    if (text === null) rmSync(repository.at(path));
    else repository.write(path, text);
    expect(await blocking(repository, RENEWAL)).toContain(`${reason} ${path}`);
    const { changes } = await reconcileHere(repository, RENEWAL);
    expect(changes).toContainEqual(expect.objectContaining({ kind: "file", path, reason }));
    expect(repository.read(path)).toMatch(/^identity: alice\n/);
    expect(await blocking(repository, RENEWAL)).toEqual([]);
  });

  test("one that nothing calls for is taken away", async () => {
    const stray = `pki/renewals/${story.newest("alice")}.p7m`;
    repository.write(stray, repository.read(path));
    expect(await blocking(repository, RENEWAL)).toEqual([`Stray ${stray}`]);
    await reconcileHere(repository, RENEWAL);
    expect(repository.list("pki/renewals").map((file) => `pki/renewals/${file}`)).not.toContain(stray);
  });

  test("a locked clone plans them, and says what it lacks to make one", async () => {
    using clone = repository.clone();
    expect(await blocking(clone, RENEWAL)).toEqual([]);
    rmSync(clone.at(path));
    const ran = await clone.run("reconcile", "--now", RENEWAL);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/locked/) });
    expect(clone.list("pki/renewals")).toHaveLength(1);
  });

  test("are gone when the predecessors have ended", async () => {
    using later = story.copy();
    later.on("2027-11-21T13:00:00Z");
    await later.reconcile();
    expect(later.repository.list("pki/renewals")).toEqual([]);
    expect(later.repository.read("pki/nginx/renewals.map")).not.toMatch(/^s:/m);
  });
});
