import fc from "fast-check";
import type { Registry, Software } from "../../scripts/model/registry.ts";
import { client, group, registry, repository, serial, server } from "./nginx-samples.ts";

/** Names that are parts of one another, or that a careless pattern would take for one another. */
const GROUPS = ["a", "ab", "a.b", "a-b", "axb", "b", "staff", "staff.x", "constructor"];
/** Repositories, and services of the same names. */
export const OFFERED = ["r", "r1", "r.1", "rx1", "r-1"];
const CLIENTS = ["alice", "bob", "carol", "dave", "toString"];

const some = <T>(values: readonly T[]) =>
  fc.subarray([...values]).chain((few) => fc.shuffledSubarray(few, { minLength: few.length }));

/** Two servers, `all` and `some`, of what they offer, that run this. */
export function registries(software: Software): fc.Arbitrary<Registry> {
  return fc
    .record({
      groups: fc.array(some(OFFERED), { minLength: GROUPS.length, maxLength: GROUPS.length }),
      clients: fc.array(
        fc.record({
          groups: some(GROUPS),
          home: fc.option(fc.constantFrom(...OFFERED)),
          suspended: fc.boolean(),
          revoked: fc.option(fc.constant("keyCompromise" as const)),
        }),
        { minLength: CLIENTS.length, maxLength: CLIENTS.length },
      ),
      served: some(OFFERED),
    })
    .map(({ groups, clients, served }) => {
      const on = (name: string, offered: readonly string[]) =>
        server({ software, names: [`${name}.example.com`], repositories: offered, services: offered });
      const services = OFFERED.map((name) => [name, { sni: `${name}.example.net`, connect: "127.0.0.1:1" }] as const);
      return {
        ...registry({
          repositories: Object.fromEntries(
            OFFERED.map((name) => [name, repository({ path: `/${name}/`, root: `/srv/${name}` })]),
          ),
          groups: Object.fromEntries(
            GROUPS.map((name, n) => [name, { ...group(groups[n] ?? []), services: groups[n] ?? [] }]),
          ),
          clients: Object.fromEntries(CLIENTS.map((name, n) => [name, client(clients[n] ?? {})])),
          servers: { all: on("all", OFFERED), some: on("some", served) },
        }),
        services: new Map(services),
      };
    });
}

/** Certificates of clients, of names that are no clients, some clients with two. */
export const admissions = some(
  Array.from({ length: 12 }, (_, n) => ({ serial: serial(n + 1), client: [...CLIENTS, "ghost"][n % 6] ?? "" })),
);
