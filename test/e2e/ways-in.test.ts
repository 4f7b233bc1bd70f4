import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guardStaged } from "../../scripts/guard/index.ts";
import { isSealed } from "../../scripts/vault/seal.ts";
import { waysIn } from "../../scripts/vault/way-in.ts";
import { CHECKOUT, clientsYaml, environment, Repository } from "./support/repository.ts";

const PATH = "pki/private/new.key";
const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }" }), null);
});
afterAll(() => ready?.[Symbol.dispose]());

/** Types a line at the top of the repository, with the commands of this checkout and the key in its place. */
function type(repository: Repository, line: string): void {
  const unlock = `'${process.execPath}' '${CHECKOUT}scripts/unlock.ts' --root '${repository.root}'`;
  const text = line.replace("npm run unlock --", "npm run unlock").replace("npm run unlock", unlock);
  const keyed = text.replace("KEYFILE", `'${ready.exportKey()}'`);
  execFileSync("sh", ["-ec", keyed], { cwd: repository.root, env: environment(), stdio: "pipe" });
}

/** Somebody's key as it is in the tree and, by a clone without a filter, in the index. */
function stageInTheClear(repository: Repository): void {
  repository.write(PATH, KEY);
  const id = repository.git("hash-object", "-w", "--no-filters", PATH).trim();
  repository.git("update-index", "--add", "--cacheinfo", `100644,${id},${PATH}`);
}

describe.each<[string, (lock: Repository) => Promise<Repository> | Repository, RegExp]>([
  ["a clone", () => ready.clone(), /&& npm run unlock -- --key-file KEYFILE && git add/],
  [
    "a clone that was locked, and keeps its key",
    async () => {
      const twin = ready.copy();
      expect(await twin.run("lock")).toMatchObject({ code: 0 });
      return twin;
    },
    /&& npm run unlock && git add/,
  ],
])("in %s", (_, arrange, wanted) => {
  let locked: Repository;
  beforeEach(async () => {
    locked = await arrange(ready);
  });

  it("the guard says by which way the key is sealed, and that works", async () => {
    using _repository = locked;
    stageInTheClear(locked);
    const [finding] = (await guardStaged(locked.root)).filter(({ code }) => code === "Plaintext");
    expect(finding?.fix).toMatch(wanted);
    type(locked, finding?.fix ?? "false");
    expect(isSealed(execFileSync("git", ["cat-file", "blob", `:${PATH}`], { cwd: locked.root }))).toBe(true);
  });

  it("deploy names the ways in that all others name", async () => {
    using _repository = locked;
    const { code, stdout } = await locked.run("deploy", "--json", "--build", locked.beside("releases"));
    const [{ message }] = JSON.parse(stdout).servers;
    expect(code).toBe(1);
    for (const way of waysIn(locked.root)) expect(message).toContain(way);
  });
});
