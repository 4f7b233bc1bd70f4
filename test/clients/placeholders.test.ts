import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleFiles } from "../../scripts/clients/bundle.ts";
import { SYSTEMS } from "../../scripts/clients/files.ts";
import { CLIENT_KINDS } from "../../scripts/clients/index.ts";
import { sh } from "../e2e/support/bundles.ts";
import { Scratch } from "../e2e/support/scratch.ts";
import { input, textOf } from "./bundle-samples.ts";

/** A word of ours that something else is to take the place of. */
const PLACEHOLDER = /@[A-Z_]+@/;
/** These know the word, and are no text that it stands in. */
const PROGRAMS = /\/(?:install\.sh|renew\.sh|files)$/;

describe("no placeholder is left", () => {
  const every = [...CLIENT_KINDS.map((kind) => [kind] as const), CLIENT_KINDS];

  test.each(every.map((kinds) => [kinds.join(" "), kinds] as const))("in what people read of %s", async (_, kinds) => {
    for (const name of ["alice", "bob", "carol"]) {
      const readme = await textOf("README", name, kinds);
      expect(readme).not.toMatch(PLACEHOLDER);
      expect(await textOf("bundle.conf", name, kinds)).not.toMatch(PLACEHOLDER);
    }
  });

  test("and what is written for a system names that system's directory", async () => {
    expect(await textOf("README", "alice", ["pip"])).toContain(" PIP_CONFIG_FILE=/etc/gatehouse-client/pip/");
    expect(await textOf("README", "alice", ["pkg", "curl"])).toContain("curl -K /usr/local/etc/gatehouse-client/curl/");
    expect(await textOf("README", "alice", ["pkg", "apt"])).toContain("is written for Linux");
  });

  test.each(SYSTEMS)("in what is installed on %s, of all kinds", async (system) => {
    using scratch = new Scratch("placeholder");
    const given = await input("alice", CLIENT_KINDS);
    const [install, renew] = ["install", "renew"].map((one) => readFileSync(`scripts/clients/${one}.sh`, "utf8"));
    const scripts = { install: install ?? "", renew: renew ?? "" };
    for (const { path, mode, data } of bundleFiles({ ...given, scripts }))
      chmodSync(scratch.write(join("bundle", path), Buffer.from(data).toString()), mode);
    mkdirSync(scratch.at("root/etc"), { recursive: true });
    const { code, said } = sh(
      ["dash"],
      scratch.at("bundle/alice/install.sh"),
      "--root",
      scratch.at("root"),
      "--system",
      system,
    );
    expect(said + code).not.toMatch(PLACEHOLDER);
    const all = readdirSync(scratch.at("root"), { recursive: true, withFileTypes: true });
    const files = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      expect(file).not.toMatch(PLACEHOLDER);
      if (!PROGRAMS.test(file)) expect(`${file}: ${readFileSync(file, "latin1")}`).not.toMatch(PLACEHOLDER);
    }
  });
});
