import { describe, expect, it } from "vitest";
import { formatCarriedOut, parseCarriedOut } from "../../scripts/model/canonical.ts";
import { compareDefinitions } from "../../scripts/plan/definitions.ts";
import {
  clientOf,
  groupOf,
  registryOf,
  repositoryOf,
  type Sections,
  serverOf,
  signerOf,
} from "../support/plan-builders.ts";

const service = { sni: "db.example.com", connect: "127.0.0.1:5432" };
const SECTIONS: Sections = {
  repositories: { alpha: repositoryOf("alpha"), beta: repositoryOf("beta") },
  services: { db: service },
  groups: { staff: groupOf(["alpha"], { sensitive: true }) },
  clients: { alice: clientOf() },
  servers: {
    s1: serverOf({
      certificate: { file: "/a", key: "/b", ca: null },
      deploy: { to: "ssh", host: "h", directory: null, canary: null },
    }),
  },
  signers: { build: signerOf() },
};
const BEFORE = registryOf(SECTIONS);

describe("a definition changes with", () => {
  it.each<[sentence: string, change: Sections, expected: string[]]>([
    [
      "a repository's root",
      { repositories: { ...SECTIONS.repositories, beta: repositoryOf("beta", { root: "/srv/x" }) } },
      ["repositories beta changes root"],
    ],
    [
      "a repository's path and type",
      { repositories: { ...SECTIONS.repositories, beta: repositoryOf("beta", { path: "/x/", type: "pkg" }) } },
      ["repositories beta changes type, path"],
    ],
    [
      "a repository that comes and one that goes",
      { repositories: { alpha: repositoryOf("alpha"), gamma: repositoryOf("gamma") } },
      ["repositories beta is removed", "repositories gamma is added"],
    ],
    [
      "a service's backend",
      { services: { db: { ...service, connect: "10.0.0.1:5432" } } },
      ["services db changes connect"],
    ],
    ["a group's sensitivity", { groups: { staff: groupOf(["alpha"]) } }, ["groups staff changes sensitive"]],
    [
      "a server's names",
      { servers: { s1: { ...(SECTIONS.servers?.["s1"] ?? serverOf()), names: ["x.example.com"] } } },
      ["servers s1 changes names"],
    ],
    [
      "a server's deploy target",
      {
        servers: {
          s1: {
            ...(SECTIONS.servers?.["s1"] ?? serverOf()),
            deploy: { to: "ssh", host: "other", directory: null, canary: null },
          },
        },
      },
      ["servers s1 changes deploy"],
    ],
    [
      "a signer's repository",
      { signers: { build: signerOf({ repository: "alpha" }) } },
      ["signers build changes repository"],
    ],
    ["the authority's name", { authority: { commonName: "X" } }, ["authority changes common_name"]],
    ["the CRL's lifetime", { crl: { renewBefore: 1 } }, ["crl changes renew_before"]],
    [
      "limits, sections in the order of the file's description",
      { limits: { lose: 30 }, services: {}, authority: { country: "DE" } },
      ["authority changes country", "limits changes lose", "services db is removed"],
    ],
  ])("%s", (_, change, expected) => {
    const changes = compareDefinitions(BEFORE, registryOf({ ...SECTIONS, ...change }));
    expect(changes.map(({ message }) => message)).toEqual(expected);
  });
});

describe("no definition changes with", () => {
  it.each<[sentence: string, change: Sections]>([
    ["a client", { clients: { bob: clientOf() } }],
    ["what a group reaches: that is access", { groups: { staff: groupOf(["beta"], { sensitive: true }) } }],
    [
      "how long a server's certificate lasts",
      {
        servers: {
          s1: { ...(SECTIONS.servers?.["s1"] ?? serverOf()), lifetime: 5, renewBefore: 1, key: "rsa-3072", overlap: 3 },
        },
      },
    ],
    [
      "the order of a server's repositories",
      { servers: { s1: { ...(SECTIONS.servers?.["s1"] ?? serverOf()), repositories: ["beta", "alpha"] } } },
    ],
    ["the order of the file", { repositories: { beta: repositoryOf("beta"), alpha: repositoryOf("alpha") } }],
  ])("%s", (_, change) => {
    expect(compareDefinitions(BEFORE, registryOf({ ...SECTIONS, ...change }))).toEqual([]);
  });

  it("the way through pki/registry.yaml", () => {
    const { registry } = parseCarriedOut(formatCarriedOut({ registry: BEFORE, format: 1, version: "1", number: 1 }));
    expect(compareDefinitions(registry, BEFORE)).toEqual([]);
  });

  it("nothing to compare with", () => {
    expect(compareDefinitions(null, BEFORE)).toEqual([]);
  });
});
