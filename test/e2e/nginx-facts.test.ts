import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, group } from "../servers/nginx-samples.ts";
import { admitOnly, type Member } from "./support/crowd.ts";
import { KNOWN } from "./support/known.ts";
import { testConfiguration } from "./support/nginx.ts";
import { Siege } from "./support/siege.ts";
import { APT } from "./support/siege-registry.ts";

const RESERVED = ["include", "hostnames", "volatile", "default"];

test.each(KNOWN)("a test shows what becomes of this: %s", (_, file, title) => {
  const name = file.startsWith("support/") ? `${file}.ts` : `${file}.test.ts`;
  expect(readFileSync(new URL(name, import.meta.url), "utf8")).toContain(title);
});

describe("the maps", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test("every certificate of a client has a key of its own", () => {
    const map = readFileSync(siege.site.at("nginx/clients.map"), "utf8");
    const keys = [...map.matchAll(/^(\S+) "(.+)";$/gm)].map(([, key = "", name = ""]) => ({ key, name }));
    const keyOf = (who: string) => `s:${siege.credentials(who).serial}`;
    expect(
      keys
        .filter(({ name }) => name === "rita")
        .map(({ key }) => key)
        .sort(),
    ).toEqual([keyOf("rita"), keyOf("rita anew")].sort());
    expect(new Set(keys.map(({ key }) => key.toLowerCase())).size).toBe(keys.length);
  });

  test("no user line, and nothing else about which another user's nginx would warn", () => {
    expect(readFileSync(siege.site.conf, "utf8")).not.toMatch(/^\s*user\b/m);
  });

  const refusal = async (registry: string) => {
    siege.site.repository.write("clients.yaml", registry);
    const { code, stderr } = await siege.site.repository.run("plan");
    siege.site.repository.write("clients.yaml", siege.yaml());
    return { code, stderr };
  };

  test.each(RESERVED)("names that are words of nginx's maps: the registry refuses %s", async (name) => {
    const registry = siege.yaml().replace("  alice:", `  ${name}:`);
    expect(await refusal(registry)).toEqual({ code: 1, stderr: expect.stringMatching(`${name}.*reserved`) });
  });

  test("one name on two servers: the registry refuses it", async () => {
    const registry = siege.yaml().replace("www.example.com", APT);
    expect(await refusal(registry)).toEqual({ code: 1, stderr: expect.stringContaining(APT) });
  });

  test("names that are words of nginx's maps: the gates would hold with them all the same", async () => {
    const serials = ["alice", "bob", "frank", "otto"].map((name) => siege.credentials(name).serial);
    const members = RESERVED.map(
      (name, n): Member => ({ name, serial: serials[n] ?? "", client: client({ groups: [name] }) }),
    );
    await admitOnly(siege.site, members, (registry) => ({
      ...registry,
      groups: new Map(RESERVED.map((name) => [name, group([name === "default" ? "debian" : "packages"])])),
    }));
    expect(testConfiguration(siege.scratch.at("trial"), siege.site.conf)).toEqual({ code: 0, said: "" });
    await siege.reload();
    const status = async (as: string, target: string) => (await siege.ask({ client: as, target })).status;
    for (const as of ["alice", "bob", "frank"]) {
      expect([as, await status(as, "/packages/file.txt"), await status(as, "/debian/file.txt")]).toEqual([
        as,
        200,
        403,
      ]);
    }
    expect([await status("otto", "/packages/file.txt"), await status("otto", "/debian/file.txt")]).toEqual([403, 200]);
    expect(await status("rita", "/packages/file.txt")).toBe(403);
    await siege.change({});
  });
});
