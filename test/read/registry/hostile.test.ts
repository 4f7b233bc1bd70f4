import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CHILD = fileURLToPath(new URL("./hostile-child.ts", import.meta.url));
const MOST = 8 * 1024 * 1024;
const HEAD = "version: 1\nauthority: { common_name: A, organization: B }\n";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hostile-"));
});
afterAll(() => rm(directory, { recursive: true }));

interface Cost {
  readonly seconds: number;
  readonly megabytes: number;
  readonly problems: number;
}

/** In a process of its own, whose memory is what the file costs. */
async function costOf(text: string): Promise<Cost> {
  const file = join(directory, "clients.yaml");
  await writeFile(file, text);
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, file]);
  return JSON.parse(stdout);
}

const fill = (piece: string, length = MOST) => piece.repeat(Math.floor(length / piece.length));
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("");

/** Nine aliases to the level above, forty levels down. */
const laughs = (item: (level: number, above: string) => string) =>
  lines(40, (level) => item(level, level === 0 ? "x" : fill(`*a${level - 1}, `, 9 * `*a${level - 1}, `.length)));

const HOSTILE: readonly (readonly [string, () => string])[] = [
  ["a billion laughs", () => laughs((level, above) => `a${level}: &a${level} [${above}]\n`)],
  [
    "merge keys that laugh",
    () => `clients:\n${laughs((level, above) => `  a${level}: &a${level} { <<: [${above}], k${level}: 1 }\n`)}`,
  ],
  ["empty lists", () => `a: [${fill("[],", MOST - 10)}]`],
  ["open brackets", () => fill("[")],
  ["open braces", () => fill("{a: ")],
  ["one huge scalar", () => `a: ${fill("x", MOST - 10)}`],
  ["one huge scalar over many lines", () => `a:\n${fill("  x\n", MOST - 10)}`],
  ["one huge quoted scalar of escapes", () => `a: "${fill("\\n", MOST - 10)}"`],
  ["one huge block scalar", () => `a: |\n${fill("  xxxx\n", MOST - 10)}`],
  ["a key 100,000 times", () => `clients:\n${fill("  a: {}\n", 800_000)}`],
  ["a quoted key 100,000 times", () => `clients:\n${fill('  "a": {}\n', 1_000_000)}`],
  ["100,000 anchors", () => `clients:\n${lines(100_000, (i) => `  a${i}: &b${i} {}\n`)}`],
  ["100,000 aliases", () => `${HEAD}clients:\n  a: &x {}\n${lines(100_000, (i) => `  a${i}: *x\n`)}`],
  [
    "a list of 2,000 groups 20,000 times",
    () => `x: &x [${lines(2_000, (i) => `g${i}, `)}]\nclients:\n${lines(20_000, (i) => `  c${i}: { groups: *x }\n`)}`,
  ],
  ["? ? ?", () => fill("? ")],
  ["? on lines of their own", () => fill("?\n")],
  ["- - -", () => fill("- ")],
  ["- on lines of their own", () => fill("-\n")],
  ["deeper and deeper blocks", () => lines(4_000, (i) => `${" ".repeat(i)}a:\n`)],
  ["a long flow mapping", () => `a: {${fill("b: c, ", MOST - 10)}}`],
  ["a long flow mapping of quoted keys", () => `a: {${fill('"b": c, ', MOST - 10)}}`],
  ["documents", () => fill("---\n")],
  ["directives", () => fill("%YAML 1.2\n")],
  ["quotes that never close", () => fill('a: "b\n')],
  ["nothing but line ends", () => fill("\n")],
  ["comments", () => fill("# x\n")],
  ["sections", () => lines(700_000, (i) => `k${i}:\n`)],
  ["clients", () => `${HEAD}clients:\n${lines(700_000, (i) => `  k${i}:\n`)}`],
  [
    "wrong clients",
    () =>
      `${HEAD}clients:\n${lines(100_000, (i) => `  K${i}: { grops: [x${i}], groups: [stff] }\n`)}groups:\n  staff:\n`,
  ],
  [
    "servers, each with all repositories",
    () =>
      `${HEAD}clients:\nrepositories:\n${lines(2_000, (i) => `  r${i}: { type: files, path: /r${i}/, root: /r${i} }\n`)}servers:\n${lines(500, (i) => `  s${i}:\n`)}`,
  ],
];

/** Of processor time, where 3 are promised: a core that others share does less in a second. */
const SECONDS = 4;

describe("at most 3 seconds and 700 MB are spent on a file of", () => {
  test.each(HOSTILE)("%s", async (_, text) => {
    const { seconds, megabytes } = await costOf(text().slice(0, MOST));
    expect(seconds).toBeLessThan(SECONDS);
    expect(megabytes).toBeLessThan(700);
  });
});

describe("50,000 clients are read like any others", () => {
  const groups = `repositories:\n  r: { type: files, path: /r/, root: /r }\ngroups:\n${lines(20, (i) => `  g${i}: { repositories: [r] }\n`)}`;
  const client = (i: number) =>
    `  client-${i}: { groups: [g${i % 20}], contact: ops-${i}@example.com, expires: 2027-06-30 }\n`;

  test("on a line each", async () => {
    const { problems, seconds } = await costOf(`${HEAD}${groups}clients:\n${lines(50_000, client)}`);
    expect(problems).toBe(0);
    expect(seconds).toBeLessThan(SECONDS);
  });
});
