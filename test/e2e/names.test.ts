import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../scripts/flows/bundle/index.ts";
import { guardRange } from "../../scripts/guard/range.ts";
import { GIVEN_NAME, NAME, RESERVED_NAMES } from "../../scripts/model/layout.ts";
import { parseInstant } from "../../scripts/model/time.ts";
import { checkRegistry } from "../../scripts/read/registry.ts";
import { blocking, publishHere } from "./support/in-process.ts";
import { readCrl, serialOf } from "./support/judges.ts";
import { CHECKOUT, clientsYaml, NOON, Repository } from "./support/repository.ts";

const LATER = "2026-11-22T12:00:00Z";
const at = (text: string) => parseInstant(text) ?? 0;

/** Whatever these letters make, and what programs have taken for something else than a name. */
const LETTERS = "abz019.._-".split("");
const ODD = ["0", "1e3", "0x10", "null", "true", "a.", "a..b", "x.crt", "x.key", "x.req", "by_serial", "a.tmp", "con"];
const ODDER = [
  "a".repeat(63),
  `${"a".repeat(62)}.`,
  "a-",
  "a_",
  "a-.b",
  "a._",
  "index.txt",
  "registry.yaml",
  "~",
  "-a",
];
const words = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 20 });
const candidates = [
  ...new Set([...ODD, ...ODDER, "web1.example.com.", ...fc.sample(words, { numRuns: 300, seed: 7 })]),
];

const accepted = (name: string): boolean => {
  const bytes = Buffer.from(clientsYaml({ [JSON.stringify(name)]: "{ groups: [staff] }" }));
  return checkRegistry(bytes, { now: at(NOON), hasRequest: () => true, hasSigning: () => true }).ok;
};
const good = candidates.filter(accepted);

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ leaver: "{ groups: [guests] }" }));
});
afterAll(() => ready?.[Symbol.dispose]());

describe("names that the registry accepts", () => {
  it("are neither few nor all", () => {
    expect(good.length).toBeGreaterThan(60);
    expect(good.length).toBeLessThan(candidates.length);
    expect(good.every((name) => GIVEN_NAME.test(name) && NAME.test(name))).toBe(true);
    expect(good).not.toContain("web1.example.com.");
  });

  it("survive plan, reconcile --commit, guard, check and bundle, and hold up nobody's revocation", async () => {
    using twin = ready.copy();
    const leaver = serialOf(twin, "leaver");
    const clients = good.map((name) => [JSON.stringify(name), "{ groups: [staff] }"]);
    twin.write("clients.yaml", clientsYaml(Object.fromEntries(clients)));
    expect(await publishHere(twin, LATER)).toMatchObject({ committed: true, plan: { refusals: [] } });
    expect(readCrl(twin).entries.has(leaver)).toBe(true);
    expect(twin.git("status", "--porcelain")).toBe("");
    expect(await guardRange(twin.root, "HEAD~1..HEAD", { remote: null, now: at(LATER) })).toEqual([]);
    expect(await blocking(twin, LATER)).toEqual([]);
    const rest = { kinds: null, recipient: null, serverCa: null, compat: false, passphrase: async () => "" };
    const out = twin.beside("out");
    mkdirSync(out);
    for (const name of good.slice(0, 40)) {
      const written = await bundle({ root: twin.root, now: at(LATER), name, out, ...rest });
      expect(written.map(({ path }) => path)).toEqual([`${out}/${name}.tar`]);
    }
  });
});

describe("a name with a dot at its end", () => {
  it("is refused where it stands, with the name that was meant", () => {
    const bytes = Buffer.from(clientsYaml({ alice: "{}", "web1.example.com.": "{ groups: [staff] }" }));
    const { problems } = checkRegistry(bytes, { now: at(NOON), hasRequest: () => true, hasSigning: () => true });
    expect(problems).toEqual([
      expect.objectContaining({
        line: 14,
        column: 3,
        message: 'clients: "web1.example.com." is no name: a dot may not be its last character',
        hint: "did you mean web1.example.com?",
      }),
    ]);
  });

  it("that was carried out by an earlier version stays readable, and is revoked and committed like any other", async () => {
    using twin = Repository.fresh(clientsYaml({ alice: "{ groups: [staff] }", web1x: "{ groups: [staff] }" }));
    expect(await twin.run("start", "--now", NOON)).toMatchObject({ code: 0 });
    const serial = serialOf(twin, "web1x");
    const certificate = `pki/certs_by_serial/${serial}.pem`;
    for (const path of [certificate, "pki/registry.yaml"]) twin.write(path, twin.read(path).replace("web1x", "web1."));
    for (const [from, to] of [
      ["issued/web1x.crt", "issued/web1..crt"],
      ["private/web1x.key", "private/web1..key"],
    ])
      execFileSync("mv", [twin.at(`pki/${from}`), twin.at(`pki/${to}`)]);
    twin.write("clients.yaml", clientsYaml({ alice: "{ groups: [staff] }" }));
    const { plan, committed } = await publishHere(twin, LATER);
    expect(plan.refusals).toEqual([]);
    expect(committed).toBe(true);
    expect([...readCrl(twin).entries.keys()]).toEqual([serial]);
    expect(twin.list("pki/issued")).toEqual(["alice.crt", "pkg.example.com.crt"]);
  });

  it("keeps nothing waiting while clients.yaml still has it: what was carried out goes on and is committed", async () => {
    using twin = Repository.fresh(clientsYaml({ web1x: "{ groups: [staff], lifetime: 40d }" }));
    expect(await twin.run("start", "--now", NOON)).toMatchObject({ code: 0 });
    const certificate = `pki/certs_by_serial/${serialOf(twin, "web1x")}.pem`;
    for (const path of [certificate, "pki/registry.yaml", "clients.yaml"])
      twin.write(path, twin.read(path).replace("web1x", "web1."));
    for (const [from, to] of [
      ["issued/web1x.crt", "issued/web1..crt"],
      ["private/web1x.key", "private/web1..key"],
    ])
      execFileSync("mv", [twin.at(`pki/${from}`), twin.at(`pki/${to}`)]);
    const { plan, committed } = await publishHere(twin, "2026-12-20T12:00:00Z");
    expect(plan.refusals.map(({ code }) => code)).toEqual(["InvalidRegistry"]);
    expect(committed).toBe(true);
    expect(twin.git("ls-files", "pki/issued")).toContain("pki/issued/web1..crt");
  });
});

describe("the same grammar in programs without Node", () => {
  const names = [...candidates, "A", "a b", "", "a/b"];
  const shell = (file: string, pattern: RegExp) =>
    pattern.exec(readFileSync(`${CHECKOUT}scripts/${file}`, "utf8"))?.[1] ?? "";

  it("renew.sh reads every name that may be in a bundle", () => {
    const pattern = shell("clients/renew.sh", /^name=\$\(value name '(.*)'\)$/m);
    const input = good.map((name) => `${name}\n`).join("");
    const read = execFileSync("grep", ["-x", "-e", pattern], { input, encoding: "utf8" });
    expect(read).toBe(input);
  });

  it("activate takes the names that NAME takes, and no other", () => {
    const condition = shell("deploy/server/activate", /^\t\$1 == "server" \{ good = (.*) \}$/m);
    const input = names.map((name) => `server ${name}\n`).join("");
    const read = execFileSync("awk", [condition], { input, encoding: "utf8" });
    expect(read).toBe(
      names
        .filter((name) => NAME.test(name))
        .map((name) => `server ${name}\n`)
        .join(""),
    );
  });

  it("nothing reserved is a name", () => {
    expect(RESERVED_NAMES.filter(accepted)).toEqual([]);
  });
});
