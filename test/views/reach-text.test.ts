import { expect, it } from "vitest";
import { reachText } from "../../scripts/views/reach-text.ts";
import { PLAIN } from "../../scripts/views/style.ts";
import { client, NOW, registry } from "./status/status-samples.ts";

const view = { style: PLAIN, width: 80 };

it("says for each repository and service how many reach it, and who", () => {
  const clients = registry({
    amy: client(),
    bob: client({ groups: ["subscribers"] }),
    out: client({ suspended: true }),
  });
  expect(reachText(clients, NOW, view)).toMatchInlineSnapshot(`
    "repository    type     at              who
    packages-dev  pkg      /packages-dev/  1 client: amy
    bookworm      apt      /debian/        2 clients: amy and bob
    postgres      service  db.example.com  1 client: amy
    "
  `);
});

it("says nobody where nobody does", () => {
  expect(reachText(registry({}), NOW, view).match(/nobody/g)).toHaveLength(3);
});

it("names a few of many, within 80 columns", () => {
  const many = registry(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`client-number-${n}`, client()])));
  const lines = reachText(many, NOW, view).split("\n");
  expect(lines.join(" ").replace(/\s+/g, " ")).toContain("5,000 clients: client-number-0, client-number-1,");
  expect(lines.join(" ").replace(/\s+/g, " ")).toContain("and 4,990 more");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

it("says what to do when there is nothing to reach", () => {
  const empty = registry({}, { repositories: new Map(), services: new Map() });
  expect(reachText(empty, NOW, view)).toContain("add them to clients.yaml");
});
