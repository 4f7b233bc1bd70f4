import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import { Field, HOST } from "./field.ts";
import { npmRegistry } from "./packages.ts";

/** npm asks for its document as `/@example%2fhello`. */
const SCOPED = "@example/hello";

test.each(["nginx", "apache"] as const)("npm installs a package with a scope from %s", async (software) => {
  using scratch = new Scratch("scope");
  await using field = await Field.open(scratch, {
    software,
    repositories: { node: "{ type: files, path: /node/, root: @WWW@/node }" },
  });
  npmRegistry(scratch.at("www/node"), `https://${HOST}:${field.port}/node/`, SCOPED);
  const root = await field.machine("alice", "npm");
  const own = ["--userconfig", join(root, "etc/gatehouse-client/npm/node.npmrc"), "--cache", scratch.at("cache")];
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=0"];
  const done = await runProgram("npm", ["install", "--prefix", scratch.at("here"), ...own, ...quiet, SCOPED]);
  expect(done, done.stderr).toMatchObject({ code: 0 });
  expect(existsSync(scratch.at("here/node_modules", SCOPED, "index.js"))).toBe(true);
  expect(await field.record("@example%2fhello")).toMatchObject({ client: "alice", status: "200" });
});
