import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SAMPLE_AUTHORITY } from "../../scripts/model/registry.ts";
import { CHECKOUT, clientsYaml, NOON, Repository } from "./support/repository.ts";
import { startAtTerminal, type Typed } from "./support/terminal.ts";

const SAMPLE = readFileSync(`${CHECKOUT}clients.yaml`, "utf8");
const [NAME, OWNER] = ["Name of the authority [", "Organization ["];
const SHORT = SAMPLE.replace(/^clients:\n(?: .*\n)+/m, "clients:\n  alice: { groups: [staff] }\n");

const made = (repository: Repository) => repository.list("pki").includes("ca.crt");
const at = (repository: Repository, typed: Typed) => startAtTerminal(repository, typed, ["--now", NOON]);

describe("the first npm start at a terminal", () => {
  it("asks for name and organization, and writes them into clients.yaml, every other character as it was", async () => {
    using repository = Repository.fresh(SHORT);
    const typed: Typed = [
      [NAME, "Müller: Pakete & Söhne #1\r"],
      [OWNER, "Acme\r"],
    ];
    const { code, screen } = await at(repository, typed);
    expect({ code, screen }).toMatchObject({ code: 0 });
    const expected = SHORT.replace("Example Packages CA", '"Müller: Pakete & Söhne #1"').replace(
      "organization: Example Ltd",
      "organization: Acme",
    );
    expect(repository.read("clients.yaml")).toBe(expected);
    expect(screen).toContain("Authority  CN=Müller: Pakete & Söhne #1, O=Acme");
    expect(screen).not.toContain("--anew");
    const again = await at(repository, []);
    expect(again).toMatchObject({ code: 0 });
    expect(again.screen).not.toContain(NAME);
  });

  it("takes the sample's for Enter, changes nothing, and says how to begin anew", async () => {
    using repository = Repository.fresh(SHORT);
    const { code, screen } = await at(repository, [
      [NAME, "\r"],
      [OWNER, "   \r"],
    ]);
    expect({ code, screen }).toMatchObject({ code: 0 });
    expect(repository.read("clients.yaml")).toBe(SHORT);
    expect(screen).toContain("This authority has the sample's name: CN=Example Packages CA, O=Example Ltd.");
    expect(screen).toContain("npm start -- --anew");
  });

  it.each([
    ["too long", `${"x".repeat(65)}\r`, "may have 64 characters at most"],
    ["with a quote and a line of YAML", `x"\\n  key: rsa-3072\r`, "must be text without quotes"],
    ["with a tab", "a\tb\r", "U+0009"],
    ["that is not UTF-8", Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0d]), "this is not UTF-8"],
    ["that turns the screen", "a\u202eb\r", "U+202E"],
  ])("asks again after a name %s", async (_, keys, words) => {
    using repository = Repository.fresh(SHORT);
    const { code, screen } = await at(repository, [
      [NAME, keys],
      [NAME, "Good CA\r"],
      [OWNER, "Good Ltd\r"],
    ]);
    expect({ code, screen }).toMatchObject({ code: 0, screen: expect.stringContaining(words) });
    expect(screen).toContain("Authority  CN=Good CA, O=Good Ltd");
  });

  it.each([
    ["Ctrl-C", "\u0003", 130],
    ["Ctrl-D", "\u0004", 1],
    ["Ctrl-C after half a name", "Half\u0003", 130],
  ])("makes nothing after %s", async (_, keys, expected) => {
    using repository = Repository.fresh(SHORT);
    const { code, screen } = await at(repository, [[NAME, keys]]);
    expect({ code, screen }).toMatchObject({ code: expected });
    expect(screen).not.toContain("    at ");
    expect(made(repository)).toBe(false);
    expect(repository.read("clients.yaml")).toBe(SHORT);
    expect(repository.git("status", "--porcelain")).toBe("");
  });

  it("edits a section in one line, too, and refuses what it cannot edit", async () => {
    using flow = Repository.fresh(
      clientsYaml({}).replace(
        "common_name: Test CA, organization: Test Ltd, key: ec-p256",
        "organization: 'Example Ltd', common_name: Example Packages CA",
      ),
    );
    const typed: Typed = [
      [NAME, "One, Two\r"],
      [OWNER, "Three\r"],
    ];
    expect(await at(flow, typed)).toMatchObject({ code: 0 });
    expect(flow.read("clients.yaml")).toContain('authority: { organization: Three, common_name: "One, Two" }');
    using odd = Repository.fresh(
      SHORT.replace("common_name: Example Packages CA", "common_name: >-\n    Example Packages\n    CA"),
    );
    const { code, screen } = await at(odd, typed);
    expect({ code, screen }).toMatchObject({
      code: 1,
      screen: expect.stringContaining("authority.common_name is written in"),
    });
    expect(made(odd)).toBe(false);
  });

  it("asks nothing where the names are somebody's own, or an authority is lost", async () => {
    using own = Repository.fresh(clientsYaml({}));
    const { code, screen } = await at(own, []);
    expect({ code, asked: screen.includes(NAME) }).toEqual({ code: 0, asked: false });
    using lost = Repository.fresh(SHORT);
    expect(await lost.run("start", "--now", NOON)).toMatchObject({ code: 0 });
    lost.commit("Make the authority");
    lost.git("rm", "-r", "--quiet", "pki");
    const after = await at(lost, []);
    expect({ code: after.code, asked: after.screen.includes(NAME) }).toEqual({ code: 1, asked: false });
    expect(after.screen).toContain("git checkout HEAD -- pki");
  });
});

describe("without a terminal", () => {
  it("npm start goes on with the sample's name, and says so plainly", async () => {
    using repository = Repository.fresh(SHORT);
    const { code, stderr } = await repository.run("start", "--now", NOON);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/Next:\n1\. This authority has the sample's name/);
    expect(stderr).toContain("npm start -- --anew");
    expect(repository.read("clients.yaml")).toBe(SHORT);
  });

  it("the sample is the one that this repository has", () => {
    expect(SAMPLE).toContain(`common_name: ${SAMPLE_AUTHORITY.commonName}\n`);
    expect(SAMPLE).toContain(`organization: ${SAMPLE_AUTHORITY.organization} #`);
  });
});
