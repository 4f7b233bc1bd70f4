import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  ATTRIBUTE_RULES,
  fileOfOne,
  homeOf,
  isNamed,
  isOfPullRequests,
  isPrivatePlace,
  isState,
  LAYOUT,
  NEVER_MERGED,
  type Place,
  type PlaceName,
  placeOf,
} from "../../scripts/model/layout.ts";

const top = new URL("../../", import.meta.url);
const lines = (path: string) => readFileSync(new URL(path, top), "utf8").split("\n");

const KEYS = { serial: "5F00AB", name: "alice", any: "repo.pub", below: "servers/pkg.conf" } as const;
const PLACES = Object.entries<Place>(LAYOUT) as [PlaceName, Place][];
const pathIn = ({ at, each, suffix }: Place) => (each === null ? at : `${at}/${KEYS[each]}${suffix}`);

describe("every place under pki/", () => {
  test.each(PLACES)("%s is found by a path of it", (name, place) => {
    const key = place.each === null ? "" : KEYS[place.each];
    expect(placeOf(pathIn(place))).toEqual({ place: name, key });
    expect(isNamed({ place: name, key })).toBe(true);
    expect(homeOf(pathIn(place))).toBe(name);
  });

  test.each(PLACES)("%s is state, or comes by pull request, and is not both", (_, place) => {
    expect(isState(pathIn(place))).toBe(!isOfPullRequests(pathIn(place)));
  });

  test.each(PLACES)("%s is private where it lies under pki/private, and nowhere else", (name, { at }) => {
    expect(isPrivatePlace(name)).toBe(`${at}/`.startsWith("pki/private/"));
  });

  test.each(PLACES)("%s stands in pki/README.md", (_, { at, each, suffix }) => {
    if (at === "pki/README.md") return;
    const holder = { serial: `/SERIAL${suffix}`, name: `/NAME${suffix}`, any: "/", below: "/" };
    const said = `${at.slice("pki/".length)}${each === null ? "" : holder[each]}`;
    expect(lines("pki/README.md").some((line) => line.startsWith("| `") && line.includes(`\`${said}\``))).toBe(true);
  });

  test("what reconcile makes anew has its line in .gitattributes, and nothing else has", () => {
    const never = lines(".gitattributes").filter((line) => / -merge$/.test(line) && !line.includes("filter="));
    expect(never).toEqual(NEVER_MERGED.map((pattern) => `${pattern} -merge`));
    const keys = lines(".gitattributes").filter((line) => line.includes("filter="));
    expect(keys).toEqual([ATTRIBUTE_RULES[1]]);
  });
});

test.each([
  ["pki/certs_by_serial/lower.pem", "certificates"],
  ["pki/reqs/Not A Name.req", "requests"],
  ["pki/nginx/servers/two\nlines.conf", "nginx"],
  ["pki/stunnel/two\u2028lines", "stunnel"],
] as const)("%s has the right place and a wrong name", (path, place) => {
  const placed = placeOf(path);
  expect(placed?.place).toBe(place);
  expect(placed !== null && isNamed(placed)).toBe(false);
});

test.each([
  "clients.yaml",
  "pki",
  "pki/",
  "pki/other",
  "pki/revoked",
  "pki/revoked/",
  "pki/revoked/5F.pem",
  "pki/revoked/a/5F.yaml",
  "pki/private/a/b.key",
  "PKI/ca.crt",
  "x/pki/ca.crt",
])("%s has no place", (path) => {
  expect(placeOf(path)).toBeNull();
});

test.each([
  ["pki/reqs/alice.req", "pki/reqs/alice.req"],
  ["pki/reqs/alice.req/x/y", "pki/reqs/alice.req"],
  ["pki/private/by_serial/5F.key", "pki/private/by_serial/5F.key"],
  ["pki/private/alice.key/x", "pki/private/alice.key"],
  ["pki/private/by_serial", null],
  ["pki/private/ca.key", null],
  ["pki/private/ca.key/x", null],
  ["pki/issued/.gitkeep", null],
  ["pki/crl.pem", null],
  ["pki/held/5F.yaml", null],
])("%s is, or stands in the way of, the file of one: %s", (path, own) => {
  expect(fileOfOne(path)).toBe(own);
});
