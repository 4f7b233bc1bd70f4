import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../scripts/model/plan.ts";
import { formatSubject, type Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import { derivedFiles } from "../../scripts/plan/files.ts";
import { checkRegistry } from "../../scripts/read/registry.ts";
import { planJson } from "../../scripts/views/plan/json.ts";
import { authorityOf, DAY, NOW, requestOf, stateOf, VERSION } from "../support/plan-builders.ts";
import { planFor, reconcile } from "../support/plan-simulator.ts";

// What Gatehouse writes, to the byte, for each of registries/: first from nothing, then as a change of what another of
// them left (the one before it; before the first, the last). Where code moves and nothing shall change, these hold.
// GATEHOUSE_GOLDEN=DIRECTORY writes the texts themselves there: two checkouts' directories, side by side in `diff -r`,
// show what differs. Where it is meant to, `npx vitest run test/golden -u` writes the new ones.

const REGISTRIES = join(import.meta.dirname, "registries");
const TEXTS = process.env["GATEHOUSE_GOLDEN"];
const LATER = NOW + 10 * DAY;

function readGolden(file: string): Registry {
  const asOf = { now: NOW, hasRequest: () => true, strays: undefined, hasSigning: () => true };
  const read = checkRegistry(readFileSync(join(REGISTRIES, file)), { ...asOf, signingProblem: () => null });
  if (!read.ok) throw new Error(`${file}: ${JSON.stringify(read.problems)}`);
  return read.registry;
}

const golden = readdirSync(REGISTRIES).map((file) => ({
  name: file.replace(/\.yaml$/, ""),
  registry: readGolden(file),
}));

/** With a request of each client, server and signer that brings its own key. */
function withRequests(state: State, { clients, servers, signers }: Registry): State {
  const asking = [clients, servers, signers].flatMap((section) => [...section].filter(([, { csr }]) => csr));
  return { ...state, requests: new Map(asking.map(([name]) => [name, requestOf(`key of ${name}`)])) };
}

/** With somebody who signs, and without limits, so that the change of one registry into another is carried out. */
function carryOut(registry: Registry, before: State, now: number): { plan: Plan; after: State } {
  const state = withRequests(before, registry);
  const { lose } = planFor(registry, state, now).plan.summary;
  const policy = { allowLosses: lose === 0 ? null : lose, signers: "ann@example.com ssh-ed25519 AAAA\n" };
  return { plan: planFor(registry, state, now, policy).plan, after: reconcile(registry, state, now, policy) };
}

/** A state with nothing but the authority that the registry asks for. */
function beginning({ authority }: Registry): State {
  const subject = formatSubject(authority.commonName, authority.organization, authority.country);
  return stateOf({ authority: authorityOf({ subject, issuer: subject, keyType: authority.key }) });
}

function texts(step: string, registry: Registry, before: State, now: number) {
  const { plan, after } = carryOut(registry, before, now);
  const files = derivedFiles(registry, after, now, VERSION);
  const derived = files.map((file) => [
    `${step}/${file.path}`,
    "text" in file ? file.text : `copy of ${file.copyOf}\n`,
  ]);
  return { plan, after, written: new Map([[`${step}/plan.json`, planJson(plan)], ...derived] as [string, string][]) };
}

function keep(name: string, written: ReadonlyMap<string, string>): void {
  for (const [path, text] of written) {
    const file = join(TEXTS ?? "", name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

const sum = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("golden files", () => {
  it("are there for twenty-one registries", () => {
    expect(golden).toHaveLength(21);
  });

  it.each(golden.map((one, at) => [one.name, one.registry, golden.at(at - 1)] as const))(
    "%s: plan, digest and files are what they were, to the byte",
    async (name, registry, other) => {
      const first = texts("first", registry, beginning(registry), NOW);
      if (other === undefined) throw new Error("there is no other registry");
      const left = carryOut(other.registry, beginning(other.registry), NOW).after;
      const change = texts("change", { ...registry, authority: other.registry.authority }, left, LATER);
      const written = new Map([...first.written, ...change.written]);
      if (TEXTS !== undefined) keep(name, written);
      const lines = [...written].map(([path, text]) => `${sum(text)}  ${path}`);
      const digests = [`digest ${first.plan.digest}`, `digest ${change.plan.digest}, from ${other.name}`];
      await expect(`${[...digests, ...lines].join("\n")}\n`).toMatchFileSnapshot(`sums/${name}.txt`);
    },
  );
});
