import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ORDERS, obeyed } from "../support/runner.ts";
import { runHere } from "./support/command.ts";
import { CHECKOUT, type Command, clientsYaml, NOON, Repository } from "./support/repository.ts";

/** Every command there is: a new one is here by itself. */
const COMMANDS = readdirSync(`${CHECKOUT}scripts`)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => basename(name, ".ts") as Command);

/** These wait for somebody, or take minutes: only their command line is tried. */
const WITHOUT_WORK: readonly string[] = ["bare", "bench", "serve"];

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" }));
  const names = ["pki/x/##[add-mask]staff", "pki/x\n::add-mask::staff", "pki/reqs/##[x].req", "docs/\n ::error::x"];
  for (const name of [...names, "node_modules/##[x]/y", "node_modules/\n::error::y"]) ready.write(name, "x\n");
  ready.git("add", "--all", "--force");
  ready.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "##[add-mask]staff\n\n::add-mask::staff");
  ready.git("remote", "add", "origin", ready.beside("nowhere/##[group]x"));
  ready.git("config", "core.hooksPath", "/nowhere/##[x]");
});
afterAll(() => ready?.[Symbol.dispose]());

/** `  --only NAME  what it is` → [--only, NAME] */
async function valueFlags(command: Command): Promise<readonly (readonly [flag: string, argument: string])[]> {
  const { stdout } = await runHere(command, ["--help"]);
  return [...stdout.matchAll(/^ {2}(--[a-z-]+) ([A-Z.]+) /gm)].map(([, flag = "", argument = ""]) => [flag, argument]);
}

/** Orders wherever a word of the command line can stand, each word in the repository's own directory where it is a path. */
async function lines(command: Command, repository: Repository): Promise<readonly (readonly string[])[]> {
  const order = (at: number) => ORDERS[at % ORDERS.length] ?? "";
  const word = (argument: string, at: number) =>
    /FILE|DIR/.test(argument) ? repository.beside(`nowhere/${order(at)}`) : order(at);
  const here = ["--root", repository.root];
  const words = ORDERS.flatMap((text) => [
    [...here, `--${text}`],
    ["--root", `/nowhere/${text}`, text, "--none"],
    [...here, "alice", text, "more"],
  ]);
  if (WITHOUT_WORK.includes(command)) return words;
  const flags = (await valueFlags(command)).filter(([flag]) => flag !== "--root");
  return [
    ...words,
    ...ORDERS.map((text) => ["--root", `/nowhere/${text}`]),
    ...flags.map(([flag, argument], at) => [...here, flag, word(argument, at)]),
    ...flags.map(([flag, argument], at) => [...here, flag, word(argument, at + 4), "alice"]),
    here,
    [...here, "--json"],
    [...here, "alice"],
  ];
}

/** The base, a branch, and everything that only some commands have. */
const MORE: Readonly<Partial<Record<Command, readonly (readonly string[])[]>>> = {
  plan: [["--markdown"], ["--base", "HEAD~1", "--head", "HEAD"], ["--base", "HEAD~1", "--head", "HEAD", "--json"]],
  guard: [["--audit"], ["--range", "HEAD~1..HEAD"], ["--audit", "--json"]],
  check: [["--base", "HEAD~1", "--head", "HEAD"]],
  reconcile: [["--push"], ["--commit"]],
  deploy: [["--dry-run"], ["--inventory"]],
};

describe.each(COMMANDS)("%s", (command) => {
  it("leaves nothing in a job's log that a runner obeys, and JSON is JSON", async () => {
    using repository = ready.copy();
    const said: string[] = [];
    const run = async (argv: readonly string[]) => {
      const { stdout, stderr } = await runHere(command, argv);
      expect({ argv, obeyed: [...obeyed(stdout), ...obeyed(stderr)] }).toEqual({ argv, obeyed: [] });
      if (argv.includes("--json") && stdout !== "") JSON.parse(stdout);
      said.push(stdout, stderr);
    };
    const all = [
      ...(await lines(command, repository)),
      ...(MORE[command] ?? []).map((argv) => ["--root", repository.root, ...argv]),
    ];
    for (const argv of all) await run(argv);
    repository.write("clients.yaml", `version: 1\n"##[add-mask]x": "\\n::error::y"\nclients: { "\\n::a::b": }\n`);
    if (!WITHOUT_WORK.includes(command)) await run(["--root", repository.root]);
    expect(said.join("")).toMatch(/##\\u005b/);
    expect(said.join("")).toMatch(/\\u003a:/);
  });
});

it("plan --github has its own lines obeyed, and no others", async () => {
  using repository = ready.copy();
  repository.write("clients.yaml", clientsYaml({ alice: "{ groups: [nobody] }" }));
  const { stdout, stderr } = await runHere("plan", ["--root", repository.root, "--github", "--now", NOON]);
  const orders = obeyed(stdout);
  expect(orders.length).toBeGreaterThan(0);
  for (const line of orders) expect(line).toMatch(/^::(?:error|warning|notice) /);
  expect(orders.join("\n")).not.toContain("##[");
  expect(obeyed(stderr)).toEqual([]);
});
