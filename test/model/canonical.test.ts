import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import {
  canonicalRegistry,
  FORMAT,
  formatCarriedOut,
  headOfCarriedOut,
  nextCarriedOut,
  parseCanonicalRegistry,
  parseCarriedOut,
} from "../../scripts/model/canonical.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { EVERYTHING, registryOf } from "../read/registry/samples.ts";
import { registries } from "../support/registries.ts";

const backwards = <T>(map: ReadonlyMap<string, T>) => new Map([...map].reverse());

describe("the canonical registry", () => {
  test("is read back as it was written, lists without an order sorted", () => {
    fc.assert(
      fc.property(registries, (registry) => {
        const written = canonicalRegistry(registry);
        const back = parseCanonicalRegistry(written);
        expect(canonicalRegistry(back)).toBe(written);
        const { groups, clients, servers, ...rest } = registry;
        expect(back).toMatchObject(rest);
        for (const [key, client] of clients)
          expect(back.clients.get(key)).toEqual({ ...client, groups: client.groups.toSorted() });
        for (const [key, group] of groups)
          expect(back.groups.get(key)).toMatchObject({ repositories: group.repositories.toSorted() });
        for (const [key, server] of servers)
          expect(back.servers.get(key)).toMatchObject({ names: server.names, deploy: server.deploy });
        expect([...back.clients.keys()]).toEqual([...clients.keys()].toSorted());
      }),
    );
  });

  test("is the same whatever the order in the file", () => {
    fc.assert(
      fc.property(registries, (registry) => {
        const other = {
          ...registry,
          clients: new Map(
            [...backwards(registry.clients)].map(([key, client]) => [
              key,
              { ...client, groups: client.groups.toReversed() },
            ]),
          ),
          groups: backwards(registry.groups),
          servers: backwards(registry.servers),
          repositories: backwards(registry.repositories),
        };
        expect(canonicalRegistry(other)).toBe(canonicalRegistry(registry));
      }),
    );
  });

  test("is ASCII with one line for each entry and a newline at its end", () => {
    const written = canonicalRegistry(registryOf(EVERYTHING));
    expect(written).toMatch(/^[\n\x20-\x7e]*\n$/);
    expect(written).toMatch(/^"zoe":\{"groups":\["nobody","staff"\],.*"organization":"Zo\\u00eb & Co".*\},?$/m);
    for (const key of ["2020", "adam", "laptop7", "mallory", "dev", "deb", "a.example", "build01"]) {
      expect(written.split("\n").filter((line) => line.startsWith(`"${key}":`))).toHaveLength(1);
    }
  });
});

describe("what was carried out", () => {
  const carriedOut = { format: FORMAT, version: "1.2.3", number: 7, registry: registryOf(EVERYTHING) };
  const written = formatCarriedOut(carriedOut);

  test("begins with a comment, is YAML, and is read back", () => {
    expect(written.split("\n")[0]).toBe("# The registry as last carried out. Written by reconcile; do not edit.");
    expect(parseYaml(written)).toEqual(JSON.parse(written.slice(written.indexOf("\n"))));
    const back = parseCarriedOut(written);
    expect(back.version).toBe("1.2.3");
    expect(formatCarriedOut(back)).toBe(written);
  });

  test("of a time before there were numbers is read, and written as it was", () => {
    const before = written.replace('"number":7,', "");
    expect(parseCarriedOut(before).number).toBe(0);
    expect(formatCarriedOut(parseCarriedOut(before))).toBe(before);
  });

  test.each([
    ["now", {}],
    ["before there were formats", { format: 0 }],
    ["before there were numbers", { format: 0, number: 0 }],
  ])("says of itself what it is without being read: %s", (_, changed) => {
    const { registry, ...head } = { ...carriedOut, ...changed };
    expect(headOfCarriedOut(formatCarriedOut({ registry, ...head }))).toEqual(head);
    const large = {
      ...registry,
      groups: new Map([["g".repeat(60), { repositories: [], services: [], sensitive: false }]]),
    };
    expect(headOfCarriedOut(formatCarriedOut({ registry: large, ...head }))).toEqual(head);
  });

  test("is still read after the highest number", () => {
    const highest = parseCarriedOut(written.replace('"number":7', `"number":${Number.MAX_SAFE_INTEGER}`));
    const next = formatCarriedOut(nextCarriedOut(highest, carriedOut.registry, "1.2.4"));
    expect(parseCarriedOut(next).version).toBe("1.2.4");
  });

  test.each([
    "",
    "# no more",
    "# c\n{}",
    '# c\n{"version":1,"registry":{\n',
    '# c\n{"version":"1"}\n',
    "{".repeat(1000),
  ])("has no head where it is %j", (content) => expect(headOfCarriedOut(content)).toBeNull());

  test("of a time before there were formats is read, and written as it was", () => {
    const before = written.replace('"format":1,', "");
    expect(parseCarriedOut(before)).toEqual({ ...parseCarriedOut(written), format: 0 });
    expect(formatCarriedOut(parseCarriedOut(before))).toBe(before);
    expect(nextCarriedOut(parseCarriedOut(before), carriedOut.registry, "1.2.3")).toMatchObject({
      format: 1,
      number: 8,
    });
  });

  test("of a later format is refused, with what to do", () => {
    const later = written.replace('"format":1,', '"format":2,');
    expect(() => parseCarriedOut(later)).toThrow(
      "format 2, which a later version of Gatehouse wrote; this one knows 1",
    );
  });

  test.each([
    ["another number at its end", written.replace(/\}\n$/, ',"number":9}\n')],
    ["its number at its end alone", written.replace('"number":7,', "").replace(/\}\n$/, ',"number":7}\n')],
    ["a long first line", written.replace("# ", `# ${"x".repeat(500)}`)],
    ["white space in its head", written.replace('"number":7,', '"number":7, ')],
  ])("is refused where its head alone would say something else: %s", (_, content) => {
    expect(() => parseCarriedOut(content)).toThrow("what it says of itself is not at its beginning");
  });

  test("has another number as soon as anything in it changes, and else the same", () => {
    const { registry, version, number } = carriedOut;
    const lower = { ...registry, limits: { ...registry.limits, lose: 3 } };
    expect(nextCarriedOut(carriedOut, registry, version)).toEqual(carriedOut);
    expect(nextCarriedOut(carriedOut, lower, version).number).toBe(number + 1);
    expect(nextCarriedOut(carriedOut, registry, "1.2.4").number).toBe(number + 1);
    expect(nextCarriedOut(null, registry, version).number).toBe(1);
  });

  const adam = /^"adam":.*\n/m.exec(written)?.[0] ?? "";

  test.each([
    ["nothing", "", "no comment"],
    ["the marks of a conflict", written.replace('"zoe"', '<<<<<<< HEAD\n"zoe"'), "merge conflict"],
    ["a line cut short", written.slice(0, 900), "cut short"],
    ["an entry twice", written.replace(adam, adam + adam), "twice"],
    ["an entry as __proto__", written.replace('"adam":', '"__proto__":'), "name"],
    ["a name that leaves its directory", written.replace('"adam":', '"../adam":'), "name"],
    ["a field too many", written.replace('"csr":true', '"csr":true,"admin":true'), "fields"],
    ["a field too few", written.replace('"csr":true,', ""), "fields"],
    ["a field of another name", written.replace('"csr":true', '"csx":true'), "just the fields"],
    ["text for a number", written.replace('"lifetime":7776000', '"lifetime":"90d"'), "number"],
    ["a negative number", written.replace('"lifetime":7776000', '"lifetime":-1'), "number"],
    ["an unknown reason", written.replace('"revoked":"keyCompromise"', '"revoked":"no"'), "keyCompromise"],
    ["a section too few", written.replace(/"signers":\{\n.*\n\}/, '"x":{}'), "just the fields"],
    ["a list for an object", written.replace(/"signers":\{\n.*\n\}/, '"signers":[]'), "object"],
    ["an impossible instant", written.replace("2027-06-30", "2027-06-31"), "instant"],
  ])("is refused with %s", (_, tampered, why) => {
    expect(tampered).not.toBe(written);
    expect(() => parseCarriedOut(tampered)).toThrow(UserError);
    expect(() => parseCarriedOut(tampered)).toThrow(why);
  });

  test("is refused, never more than refused, after any change of a few bytes", () => {
    fc.assert(
      fc.property(fc.nat(written.length), fc.nat(9), fc.string(), (at, length, put) => {
        try {
          parseCarriedOut(written.slice(0, at) + put + written.slice(at + length));
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
