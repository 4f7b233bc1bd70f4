import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopting, Foreign, SAMPLE } from "./support/adopting.ts";
import { Repository } from "./support/repository.ts";

let foreign: Foreign;
beforeAll(() => {
  foreign = new Foreign();
});
afterAll(() => foreign?.[Symbol.dispose]());

describe("adopt refuses, and writes nothing,", () => {
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    [
      "a line of index.txt without a status",
      () => foreign.withIndex((text) => text.replace(/^R/m, "X")),
      /index\.txt:2:1: begins with "X", not with V, R or E/,
    ],
    [
      "a line whose serial number cannot be read",
      () => foreign.withIndex((text) => text.replace("\t02\t", "\tzz\t")),
      /index\.txt:2:1: has "zz" where the serial number belongs/,
    ],
    [
      "a CRL that is cut short",
      () => foreign.changed((at) => writeFileSync(at("crl.pem"), readFileSync(at("crl.pem"), "utf8").slice(0, 200))),
      /crl\.pem:1:1: .*is cut short/,
    ],
    [
      "a CRL of another CA",
      () => foreign.changed((at) => cpSync(foreign.other().at("crl.pem"), at("crl.pem"))),
      /crl\.pem:1:1: the CRL is (another CA's|not signed by this CA)/,
    ],
    [
      "two CAs",
      () => foreign.changed((at) => cpSync(foreign.other().top, at("other"), { recursive: true })),
      /there is more than one CA here/,
    ],
    [
      "an empty directory",
      () => {
        mkdirSync(foreign.scratch.at("empty"));
        return foreign.scratch.at("empty");
      },
      /no certificate below this directory/,
    ],
    ["a directory that is not there", () => foreign.scratch.at("nowhere"), /is no directory that can be read/],
    [
      "step-ca's, which has two tiers",
      () => foreign.step(),
      /intermediate_ca\.crt:1: O=Step, CN=Step Intermediate is an intermediate CA, issued by O=Step, CN=Step Root .*root_ca\.crt:1/,
    ],
  ];
  it.each(cases)("%s", async (_, directory, said) => {
    const { code, stderr, repository } = await adopting(directory());
    using _repository = repository;
    expect(code).toBe(1);
    expect(stderr).toMatch(said);
    expect(repository.git("status", "--short")).toBe("");
  });

  it("a directory inside the repository", async () => {
    using repository = Repository.fresh(SAMPLE);
    cpSync(foreign.ca.top, repository.at("demoCA"), { recursive: true });
    const { code, stderr } = await repository.run("adopt", repository.at("demoCA"));
    expect({ code, said: stderr.includes("lies in this repository") }).toEqual({ code: 1, said: true });
  });

  it("where clients.yaml is somebody's work", async () => {
    using repository = Repository.fresh(SAMPLE.replace("Example Packages CA", "My CA").replace("Example Ltd", "Mine"));
    const { code, stderr } = await repository.run("adopt", foreign.ca.top);
    expect(code).toBe(1);
    expect(stderr).toContain("mv clients.yaml clients.yaml.mine");
  });
});
