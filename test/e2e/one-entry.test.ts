import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SEALED_HEADER } from "../../scripts/vault/seal.ts";
import { findings, publishHere } from "./support/in-process.ts";
import { makeRequest, readCrl, serialOf, serialsOf, verdict } from "./support/judges.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const LATER = "2026-11-22T12:00:00Z";
/** erin's certificate is due for renewal, and so is bob's. */
const DUE = "2026-12-20T12:00:00Z";
const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff], lifetime: 40d }",
  dora: "{ groups: [guests], csr: true }",
  erin: "{ groups: [guests], lifetime: 40d }",
};

let ready: Repository;
beforeAll(async () => {
  ready = Repository.fresh(clientsYaml({ ...CLIENTS, leaver: "{ groups: [staff] }" }));
  ready.git("config", "core.hooksPath", "/dev/null");
  makeRequest(ready, "dora");
  const { code, stderr } = await ready.run("start", "--now", NOON);
  if (code !== 0) throw new Error(stderr);
  ready.commit("Make the authority");
});
afterAll(() => ready?.[Symbol.dispose]());

const key = (name = "bob") => `pki/private/by_serial/${serialOf(ready, name)}.key`;
/** As another key would have sealed it. */
const strange = () => Buffer.concat([SEALED_HEADER, randomBytes(200)]);
const remove = (twin: Repository, path: string) => rmSync(twin.at(path), { recursive: true });

function instead(twin: Repository, path: string, what: (place: string) => unknown): void {
  remove(twin, path);
  what(twin.at(path));
}
const link = (place: string) => symlinkSync("/etc/passwd", place);
function full(twin: Repository, path: string): void {
  instead(twin, path, (place) => mkdirSync(place));
  twin.write(`${path}/file`, "somebody's\n");
}
const fifo = (place: string) => execFileSync("mkfifo", [place]);

/** Into git as it is, past every filter and hook. */
function commitAsIs(twin: Repository, path: string, bytes: Buffer): void {
  const input = { cwd: twin.root, env: environment(), input: bytes };
  const id = execFileSync("git", ["hash-object", "-w", "--no-filters", "--stdin"], input).toString().trim();
  twin.git("update-index", "--cacheinfo", `100644,${id},${path}`);
  twin.git("commit", "--quiet", "--no-verify", "--message=As it is");
  twin.write(path, bytes);
}

interface Spoiling {
  readonly spoil: (twin: Repository) => unknown;
  /** What reconcile says of it; null: it mends this by itself. */
  readonly told: RegExp | null;
}

const REQUEST = "pki/reqs/dora.req";
const WAYS: Readonly<Record<string, Spoiling>> = {
  "a request of garbage": { spoil: (twin) => twin.write(REQUEST, "garbage\n"), told: /BadRequest.*dora\.req/ },
  "a request that is empty": { spoil: (twin) => twin.write(REQUEST, ""), told: /BadRequest.*dora\.req/ },
  "a request with its private key": {
    spoil: (twin) => twin.write(REQUEST, `${twin.read(REQUEST)}${twin.read("pki/private/alice.key")}`),
    told: /dora\.req: a private key in the clear.* It is not committed/,
  },
  "a request of 100 kB": {
    spoil: (twin) => twin.write(REQUEST, `${"x".repeat(100_000)}\n${twin.read(REQUEST)}`),
    told: /dora\.req/,
  },
  "a request that is gone": { spoil: (twin) => remove(twin, REQUEST), told: /BadRequest.*dora\.req: it is not there/ },
  "a symlink for a request": {
    spoil: (twin) => instead(twin, REQUEST, link),
    told: /BadRequest.*dora\.req: is no regular file/,
  },
  "a directory for a request": { spoil: (twin) => full(twin, REQUEST), told: /BadRequest.*dora\.req: is a directory/ },
  "a FIFO for a request": {
    spoil: (twin) => instead(twin, REQUEST, fifo),
    told: /BadRequest.*dora\.req: is no regular/,
  },
  "a request for nobody, of garbage": {
    spoil: (twin) => twin.write("pki/reqs/nobody.req", "garbage\n"),
    told: /nobody\.req: is not what belongs there.* It is not committed/,
  },
  "a symlink for a certificate": {
    spoil: (twin) => instead(twin, "pki/issued/bob.crt", link),
    told: /PathBlocked.*bob\.crt: is no regular file/,
  },
  "a full directory for a certificate": {
    spoil: (twin) => full(twin, "pki/issued/bob.crt"),
    told: /PathBlocked.*bob\.crt: is a directory/,
  },
  "an empty directory for a certificate": {
    spoil: (twin) => instead(twin, "pki/issued/bob.crt", (place) => mkdirSync(place)),
    told: null,
  },
  "a FIFO for a certificate": {
    spoil: (twin) => instead(twin, "pki/issued/bob.crt", fifo),
    told: /PathBlocked.*bob\.crt/,
  },
  "a symlink for a client's key": {
    spoil: (twin) => instead(twin, "pki/private/bob.key", link),
    told: /PathBlocked.*bob\.key/,
  },
  "a full directory for a client's key": {
    spoil: (twin) => full(twin, "pki/private/bob.key"),
    told: /PathBlocked.*bob\.key: is a directory/,
  },
  "a client's key sealed by another": { spoil: (twin) => twin.write("pki/private/bob.key", strange()), told: null },
  "a key that is gone": { spoil: (twin) => remove(twin, key()), told: /KeyLost.*bob's certificate/ },
  "a symlink for a key": { spoil: (twin) => instead(twin, key(), link), told: /PathBlocked.*by_serial/ },
  "a directory for a key": { spoil: (twin) => full(twin, key()), told: /PathBlocked.*by_serial/ },
  "a key sealed by another": {
    spoil: (twin) => twin.write(key(), strange()),
    told: /by_serial.*this clone's key does not open it.* It is not committed/,
  },
  "a key sealed by another in git itself": {
    spoil: (twin) => commitAsIs(twin, key(), strange()),
    told: /by_serial.*It is in git like that already/,
  },
  "a key in the clear in git itself": {
    spoil: (twin) => commitAsIs(twin, key(), Buffer.from(twin.read(key()))),
    told: null,
  },
  "a key cut short": { spoil: (twin) => truncateSync(twin.at(key()), 40), told: null },
  "a symlink among the keys": {
    spoil: (twin) => link(twin.at("pki/private/extra.key")),
    told: /PathBlocked.*extra\.key/,
  },
  "a file that nobody knows": {
    spoil: (twin) => twin.write("pki/notes.txt", "Notes.\n"),
    told: /notes\.txt: does not belong under pki.* It is not committed/,
  },
};

/** leaver is revoked, on the CRL, and committed; the others' certificates stand. */
function insistOnRevocation(twin: Repository, at: string): void {
  const leaver = serialOf(ready, "leaver");
  expect(readCrl(twin).entries.has(leaver)).toBe(true);
  expect(twin.git("ls-tree", "--name-only", "HEAD", `pki/revoked/${leaver}.yaml`)).toContain(leaver);
  expect(twin.git("show", "HEAD:pki/crl.pem")).toBe(twin.read("pki/crl.pem"));
  expect(twin.git("show", "HEAD:clients.yaml")).not.toContain("leaver");
  expect(twin.git("show", "HEAD:pki/nginx/clients.map")).not.toContain(leaver);
  expect(twin.git("show", "HEAD:pki/nginx/clients.map")).toContain(serialOf(twin, "alice"));
  expect(verdict(twin, "pki/issued/alice.crt", at)).toBe("OK");
}

describe("one entry that is spoiled holds up nobody's revocation", () => {
  it.each(Object.entries(WAYS))("%s", async (_, { spoil, told }) => {
    using twin = ready.copy();
    await spoil(twin);
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    const { plan, committed, faults } = await publishHere(twin, LATER);
    const words = [...plan.refusals.map(({ code, message }) => `${code}: ${message}`), ...faults].join("\n");
    if (told !== null) expect(words).toMatch(told);
    else expect(words).toBe("");
    expect(committed).toBe(true);
    insistOnRevocation(twin, LATER);
    // The next run has nothing to do, and nothing more to say.
    const again = await publishHere(twin, LATER);
    expect(again.plan.changes).toEqual([]);
    const found = (await findings(twin, LATER)).filter(({ level }) => level === "block");
    expect(found.map(({ path }) => path).filter((path) => path.includes("leaver"))).toEqual([]);
  });

  it.each(["a key that is gone", "a symlink for a certificate", "a full directory for a client's key"])(
    "%s: nor anybody's renewal",
    async (way) => {
      using twin = ready.copy();
      await WAYS[way]?.spoil(twin);
      twin.write("clients.yaml", clientsYaml(CLIENTS));
      expect(await publishHere(twin, DUE)).toMatchObject({ committed: true });
      insistOnRevocation(twin, DUE);
      expect(serialsOf(twin, "erin")).toHaveLength(2);
      expect(verdict(twin, "pki/issued/erin.crt", DUE)).toBe("OK");
    },
  );

  it.each([
    [
      "an envelope whose key cannot be read",
      (twin: Repository, next: string) => twin.write(next, strange()),
      /KeyLost/,
    ],
    ["a symlink for an envelope", null, /PathBlocked.*p7m/],
  ])("%s waits alone", async (_, spoil, told) => {
    using twin = ready.copy();
    await publishHere(twin, DUE);
    const [first = "", second = ""] = serialsOf(twin, "bob");
    const newest = first === serialOf(ready, "bob") ? second : first;
    const envelope = `pki/renewals/${serialOf(ready, "bob")}.p7m`;
    remove(twin, envelope);
    if (spoil === null) link(twin.at(envelope));
    else spoil(twin, `pki/private/by_serial/${newest}.key`);
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    const { plan, committed, late } = await publishHere(twin, "2026-12-21T12:00:00Z");
    expect([...plan.refusals, ...late].map(({ code, message }) => `${code}: ${message}`).join("\n")).toMatch(told);
    expect(committed).toBe(true);
    insistOnRevocation(twin, "2026-12-21T12:00:00Z");
    expect(twin.list("pki/renewals")).toHaveLength(spoil === null ? 2 : 1);
  });
});

describe("what is more than one entry still stops everything", () => {
  it("keys that git would take in the clear", async () => {
    using twin = ready.copy();
    twin.git("config", "--unset", "filter.git-crypt.process");
    twin.git("config", "--unset", "filter.git-crypt.required");
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, fred: "{ groups: [guests] }" }));
    cpSync(twin.at(".gitattributes"), twin.at("attributes"));
    twin.write(".gitattributes", "");
    await expect(publishHere(twin, LATER)).rejects.toThrow("nothing was committed");
    expect(twin.git("log", "--format=%s", "-1").trim()).toBe("Make the authority");
  });
});
