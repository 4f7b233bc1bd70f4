import fc from "fast-check";
import { expect, test } from "vitest";
import { reach } from "../../scripts/model/access.ts";
import type { Registry } from "../../scripts/model/registry.ts";
import { renderNginx } from "../../scripts/servers/nginx/files.ts";
import { Rendered } from "./nginx-reader.ts";
import { serial } from "./nginx-samples.ts";
import { admissions, registries as of } from "./random.ts";

const registries = of("nginx");

test("no client reaches a repository that the registry does not give it, and each reaches those that it does", () => {
  fc.assert(
    fc.property(registries, admissions, (given, admitted) => {
      const rendered = new Rendered(renderNginx({ registry: given, admitted, issuedServers: ["all", "some"] }));
      for (const [name, { repositories: served }] of given.servers) {
        for (const one of admitted) {
          const allowed = reach(given, one.client, 0).repositories.filter((repository) => served.includes(repository));
          const { paths, home } = rendered.reach(name, one.serial);
          expect(paths).toEqual(allowed);
          const all = reach(given, one.client, 0).repositories;
          const wanted = given.clients.get(one.client)?.home ?? (all.length === 1 ? all[0] : undefined) ?? "";
          expect(home).toBe(allowed.includes(wanted) ? wanted : null);
        }
        const unlisted = rendered.reach(name, serial(99));
        expect(unlisted).toEqual({ paths: [], home: null });
      }
    }),
    { numRuns: 150 },
  );
});

const shuffled = <K, V>(map: ReadonlyMap<K, V>) =>
  fc.shuffledSubarray([...map], { minLength: map.size }).map((entries) => new Map(entries));

test("the order of the registry and of the certificates changes no byte", () => {
  const pairs = fc.tuple(registries, admissions).chain(([given, admitted]) =>
    fc.record({
      given: fc.constant({ registry: given, admitted }),
      registry: fc
        .record({
          repositories: shuffled(given.repositories),
          groups: shuffled(given.groups),
          clients: shuffled(given.clients),
          servers: shuffled(given.servers),
        })
        .map((sections): Registry => ({ ...given, ...sections })),
      admitted: fc.shuffledSubarray(admitted, { minLength: admitted.length }),
    }),
  );
  fc.assert(
    fc.property(pairs, ({ given, ...other }) => {
      const issuedServers = ["all", "some"];
      const again = renderNginx({ ...other, issuedServers: [...issuedServers].reverse() });
      expect(again).toEqual(renderNginx({ ...given, issuedServers }));
    }),
    { numRuns: 50 },
  );
});
