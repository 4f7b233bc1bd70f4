import { chmodSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bareYaml, edit, Served } from "./support/bare.ts";
import { outsideKey, program, signing } from "./support/outside.ts";
import { Repository } from "./support/repository.ts";

it("a bare repository signs with the program that lies beside git-crypt's key, if it is its owner's alone", async () => {
  using elsewhere = Repository.fresh("version: 1\n");
  const signer = program(elsewhere, "sign", signing(outsideKey(elsewhere, "ec-p256")));
  process.env["GATEHOUSE_CA_SIGNER"] = signer;
  const registry = bareYaml({ alice: "{ groups: [staff] }" }).replace(
    "Test Ltd }",
    "Test Ltd, key: ec-p256, custody: outside }",
  );
  using served = await Served.create(registry).finally(() => delete process.env["GATEHOUSE_CA_SIGNER"]);
  const clone = served.clone();
  edit(clone, `${clone.read("clients.yaml")}  bob: { groups: [guests] }\n`, "Add bob");
  const without = await served.push(clone);
  expect(without.stderr).toContain("nothing here says where");
  writeFileSync(served.at("gatehouse/ca-signer"), `#!/bin/sh\nexec '${signer}' "$@"\n`);
  chmodSync(served.at("gatehouse/ca-signer"), 0o755);
  const open = await served.run();
  expect(open).toMatchObject({ code: 1 });
  expect(served.read("gatehouse/log")).toMatch(/gatehouse\/ca-signer can be read by others[\s\S]*chmod 700 /);
  chmodSync(served.at("gatehouse/ca-signer"), 0o700);
  expect(await served.run()).toMatchObject({ code: 0 });
  const after = served.clone();
  expect(after.git("log", "-1", "--format=%s")).toBe("Issue 1\n");
});
