import { expect, test } from "vitest";
import { parse } from "yaml";
import { inventoryYaml } from "../../scripts/views/deploy-text.ts";
import { registryOf, serverOf } from "../support/plan-builders.ts";

test("the inventory has the servers that are reached by ssh, each by its name, as a YAML parser reads it", () => {
  const registry = registryOf({
    servers: {
      "b.example.com": serverOf({
        deploy: { to: "ssh", host: "deploy@b.internal:2222", directory: "/opt/g", canary: null },
      }),
      "a.example.com": serverOf({
        software: "apache",
        deploy: { to: "ssh", host: "[2001:db8::1]", directory: null, canary: null },
      }),
      no: serverOf({ deploy: { to: "ssh", host: "10", directory: null, canary: null } }),
      "local.example.com": serverOf(),
      "pull.example.com": serverOf({ deploy: { to: "pull", branch: "releases" } }),
    },
  });
  expect(parse(inventoryYaml(registry))).toEqual({
    all: {
      children: {
        gatehouse: {
          hosts: {
            "a.example.com": { ansible_host: "2001:db8::1", gatehouse_software: "apache" },
            "b.example.com": {
              ansible_host: "b.internal",
              ansible_port: 2222,
              ansible_user: "deploy",
              gatehouse_directory: "/opt/g",
              gatehouse_software: "nginx",
            },
            no: { ansible_host: "10", gatehouse_software: "nginx" },
          },
        },
      },
    },
  });
});

test("without such servers the inventory is empty, and still one", () => {
  const registry = registryOf({ servers: { "local.example.com": serverOf() } });
  expect(parse(inventoryYaml(registry))).toEqual({ all: { children: { gatehouse: { hosts: {} } } } });
});
