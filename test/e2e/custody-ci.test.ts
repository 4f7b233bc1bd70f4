import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { verdict } from "./support/judges.ts";
import { outsideKey, outsideYaml, program, signing } from "./support/outside.ts";
import { CHECKOUT, environment, Repository, runProgram, type Variables } from "./support/repository.ts";
import { SoftToken } from "./support/softhsm.ts";

const SECRET = "t0p-secret-of-ci";

/** What a forge's job has beside git-crypt's key, by where the authority's key is. */
const ways: readonly (readonly [string, (repository: Repository) => Variables])[] = [
  [
    "a file that the job wrote, with a passphrase",
    (repository) => {
      const pass = repository.beside("pass");
      writeFileSync(pass, SECRET);
      const key = outsideKey(repository, "ec-p256", ["-aes256", "-pass", `file:${pass}`]);
      return { GATEHOUSE_CA_KEY_FILE: key, GATEHOUSE_CA_PASSPHRASE: SECRET };
    },
  ],
  [
    "a signing program",
    (repository) => ({
      GATEHOUSE_CA_SIGNER: program(repository, "sign", signing(outsideKey(repository, "ec-p256"))),
      // Of the workflow, where nothing is set.
      GATEHOUSE_CA_KEY_URI: "",
      GATEHOUSE_CA_PASSPHRASE: "",
    }),
  ],
  [
    "a token",
    (repository) => {
      const token = new SoftToken(repository, SECRET);
      token.key("ec-p256", "ca", "01");
      const uri = token.uri("object=ca");
      return { ...token.variables, GATEHOUSE_CA_KEY_URI: uri, GATEHOUSE_CA_PASSPHRASE: SECRET };
    },
  ],
];

it.each(ways)("main's job reconciles, commits and pushes with %s, and its log has no secret", async (_, variables) => {
  using home = Repository.fresh(outsideYaml("ec-p256", { alice: "{ groups: [staff] }" }));
  const line = `node '${join(CHECKOUT, "scripts/reconcile.ts")}' --root .`;
  home.write("package.json", JSON.stringify({ private: true, scripts: { reconcile: line } }));
  const own = variables(home);
  const { code } = await home.runWith(own, "start");
  expect(code).toBe(0);
  home.settle("Make the authority");
  home.write("clients.yaml", outsideYaml("ec-p256", { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" }));
  home.commit("Admit bob");
  home.git("config", "receive.denyCurrentBranch", "ignore");
  using runner = home.clone();
  const key = readFileSync(home.exportKey()).toString("base64");
  const job = ["-c", 'cd "$1" && exec node "$2"', "sh", runner.root, join(CHECKOUT, "scripts/ci/reconcile.ts")];
  const ran = await runProgram("sh", job, { ...own, GATEHOUSE_KEY: key });
  expect(ran).toMatchObject({ code: 0 });
  expect((ran.stdout + ran.stderr).includes(SECRET)).toBe(false);
  using after = home.clone();
  expect(verdict(after, "pki/issued/bob.crt", new Date().toISOString().replace(/\.\d+Z/, "Z"))).toBe("OK");
  expect(
    execFileSync("git", ["log", "-1", "--format=%s"], { cwd: after.root, env: environment(), encoding: "utf8" }),
  ).toBe("Issue 1\n");
});
