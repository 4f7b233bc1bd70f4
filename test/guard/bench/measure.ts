// What the guard costs, by hand: node test/guard/bench/measure.ts. Seconds; the first run of each warms the caches.
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseKeyFile } from "../../../scripts/vault/key-file.ts";
import { seal } from "../../../scripts/vault/seal.ts";
import { type Entry, entry, Stage } from "../support/stage.ts";

const COMMAND = new URL("../../../scripts/guard.ts", import.meta.url).pathname;
const RULES = readFileSync(new URL("../../../.gitattributes", import.meta.url), "utf8");
const cache = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));

/** git-crypt's key file (format 2) with fresh keys. */
function keyFile(): Buffer {
  const number = (value: number) => Buffer.from([0, 0, 0, value]);
  const field = (id: number, data: Buffer) => Buffer.concat([number(id), number(data.length), data]);
  const fields = [field(1, number(0)), field(3, randomBytes(32)), field(5, randomBytes(64)), number(0)];
  return Buffer.concat([Buffer.from("\0GITCRYPTKEY", "latin1"), number(2), number(0), ...fields]);
}

function measure(name: string, entries: readonly Entry[], prepare: (stage: Stage) => void = () => {}): void {
  const stage = new Stage();
  stage.add([entry(".gitattributes", RULES)]);
  stage.clear();
  stage.add([entry(".gitattributes", RULES)]);
  stage.commit("rules");
  stage.git("checkout", "--quiet", "--force", "main");
  prepare(stage);
  stage.add(entries);
  const seconds = [0, 1, 2, 3].map(() => {
    const start = performance.now();
    const env = { ...process.env, NODE_COMPILE_CACHE: cache };
    const { status, stdout } = spawnSync(process.execPath, [COMMAND], { cwd: stage.root, env, encoding: "utf8" });
    if (status !== 0) process.stdout.write(`${name}: exit ${status}: ${stdout.slice(0, 300)}\n`);
    return (performance.now() - start) / 1000;
  });
  const [first = 0, ...rest] = seconds;
  process.stdout.write(`${name}: ${Math.min(...rest).toFixed(3)} s (first run ${first.toFixed(3)} s)\n`);
  stage.remove();
}

function certificates(count: number): Entry[] {
  const args = "req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -days 3".split(" ");
  const pem = spawnSync("openssl", args, { encoding: "utf8" }).stdout;
  const lines = pem.split("\n");
  // Other bytes in the signature make another file; nobody checks it here.
  return Array.from({ length: count }, (_, index) => {
    const text = lines.with(-4, randomBytes(48).toString("base64")).join("\n");
    return entry(`certificates/${index}.pem`, text);
  });
}

const key = parseKeyFile(keyFile());
const plaintext = () =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
const keys = Array.from({ length: 2000 }, (_, index) =>
  entry(`pki/private/by_serial/${index}.key`, seal(key, Buffer.from(plaintext()))),
);

measure("one staged file", [entry("a", "text\n")]);
measure("10,000 staged certificates", certificates(10_000));
measure("2,000 sealed keys, verified", keys, (stage) => stage.provideKey(join(stage.root, ".git/git-crypt/keys"), key));
const line = '2026-11-21T12:00:00Z host nginx[1]: 10.0.0.1 GET /a/b/c?x=1 200 deadbeef "curl/8.0"\n';
measure("a log of 6 MB", [entry("a.log", line.repeat(Math.ceil(6e6 / line.length)))]);
rmSync(cache, { recursive: true, force: true });
