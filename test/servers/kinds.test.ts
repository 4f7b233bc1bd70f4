import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SOFTWARE } from "../../scripts/model/registry.ts";
import { SERVER_KINDS } from "../../scripts/servers/all-kinds.ts";
import { quote as inApache } from "../../scripts/servers/apache/text.ts";
import { quote as inNginx } from "../../scripts/servers/nginx/text.ts";
import { CHECKOUT } from "../e2e/support/repository.ts";

const read = (path: string) => readFileSync(join(CHECKOUT, path), "utf8");

/** What no compiler holds to the list of kinds. */
describe.each(SOFTWARE)("%s", (software) => {
  it("is taken by activate, tested, asked which release it serves, and has a service", () => {
    const activate = read("scripts/deploy/server/activate");
    expect(activate).toContain(`software (${SOFTWARE.join("|")})$`);
    for (const name of ["write_marker", "service_name", "test_candidate"]) {
      const body = activate.slice(activate.indexOf(`\n${name}() {\n`)).split("\n}\n")[0];
      expect(body).toMatch(new RegExp(`^\\s*${software}(?:-[\\w*]+)?\\)`, "m"));
    }
    expect(read(`scripts/deploy/server/gatehouse-${software}.service`)).toContain(`current/${software}`.slice(0, 8));
  });

  it("has a page that the README leads to, and derived files that git does not merge", () => {
    const page = software === "nginx" ? "docs/server.md" : `docs/${software}.md`;
    expect(existsSync(join(CHECKOUT, page))).toBe(true);
    expect(read("README.md")).toContain(`](${page})`);
    expect(read(".gitattributes").split("\n")).toContain(`pki/${software}/** -merge`);
  });

  it("has nothing that follows time but lists and what holds them", () => {
    const { followsTime } = SERVER_KINDS[software];
    expect(
      ["servers/pkg.example.com.conf", "repositories/a.conf", "crl.pem"].filter((path) => followsTime.test(path)),
    ).toEqual([]);
  });
});

it("an error about a string of Apache's does not speak of nginx", () => {
  expect(() => inApache('a"b')).toThrow('not fit for an Apache configuration: "a\\"b"');
  expect(() => inNginx('a"b')).toThrow('not fit for an nginx configuration: "a\\"b"');
});
