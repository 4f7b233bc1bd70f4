import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { State } from "../../../scripts/model/state.ts";
import { formatInstant } from "../../../scripts/model/time.ts";
import { isLive, ledgerOf } from "../../../scripts/plan/holdings.ts";
import { identitiesOf } from "../../../scripts/plan/identity.ts";
import { readCrl } from "../support/judges.ts";
import { type Clients, clientsYaml } from "../support/repository.ts";
import { Story } from "../support/story.ts";
import { DAY, type Entry, KEYS, NAMES, type Step, step } from "./steps.ts";

/** So many steps; more by the variable, and the same again by that of the seed. */
const STEPS = Number(process.env["GATEHOUSE_HISTORY_STEPS"] ?? 60);
/** After so many runs openssl and check look at everything. */
const LOOK = 20;

let begin: Story;
const requests = new Map<string, string>();
beforeAll(async () => {
  const registry = (clients: Clients) =>
    clientsYaml(clients).replace("organization: Test Ltd", "organization: Test Ltd, lifetime: 90y");
  begin = await Story.begin({}, { on: "2026-01-01", registry });
  for (const one of KEYS) {
    begin.request(one);
    requests.set(one, begin.repository.read(`pki/reqs/${one}.req`));
    begin.repository.git("clean", "--force", "--quiet", "pki/reqs");
  }
});

afterAll(() => begin?.[Symbol.dispose]());

/** The registry in the making: who is there, and what stands in each entry. */
class History {
  readonly story = begin.copy();
  readonly #clients = new Map<string, readonly string[]>();
  readonly #known = { certificates: new Map<string, string>(), revocations: new Map<string, unknown>() };
  #number = 0;
  #runs = 0;

  async play(step: Step): Promise<void> {
    if (step.kind === "run" || step.kind === "kill") return this.#run(step);
    const before = this.#clients.get(step.name);
    if (step.kind === "write") this.#clients.set(step.name, this.#fields(step.name, step.entry));
    else if (step.kind === "remove") this.#clients.delete(step.name);
    else if (step.kind === "bury") this.#clients.set(step.name, ["revoked: keyCompromise"]);
    else if (before === undefined || before.includes("revoked: keyCompromise")) return;
    else if (step.kind === "add") this.#clients.set(step.name, [...without(before, step.field), step.field]);
    else if (step.kind === "swap") this.#swap(step.name, step.key, before);
    else this.#rename(step.name, step.to, before);
  }

  #fields(name: string, { csr, fields, expiresIn, reissueAgo }: Entry): string[] {
    if (csr !== null) this.story.repository.write(`pki/reqs/${name}.req`, requests.get(csr) ?? "");
    const at = (seconds: number) => formatInstant(this.story.instant + seconds);
    return [
      ...["groups: [staff]", ...fields],
      ...(csr === null ? [] : ["csr: true"]),
      ...(expiresIn === null ? [] : [`expires: ${at(expiresIn)}`]),
      ...(reissueAgo === null ? [] : [`reissue: { before: ${at(-reissueAgo)} }`]),
    ];
  }

  #swap(name: string, key: string, before: readonly string[]): void {
    this.story.repository.write(`pki/reqs/${name}.req`, requests.get(key) ?? "");
    this.#clients.set(name, [...without(before, "csr:"), "csr: true"]);
  }

  #rename(name: string, to: string, before: readonly string[]): void {
    if (this.#clients.has(to)) return;
    this.#clients.delete(name);
    this.#clients.set(to, [...without(before, "previously:"), `previously: ${name}`]);
    if (!before.includes("csr: true")) return;
    this.story.repository.write(`pki/reqs/${to}.req`, this.story.repository.read(`pki/reqs/${name}.req`));
  }

  /** What the reader refuses is not written: a former name that is there, or that two claim. */
  #valid(): Record<string, string> {
    const claimed = new Set<string>();
    const valid = [...this.#clients].map(([name, fields]) => {
      const former = fields.find((one) => one.startsWith("previously: "))?.slice("previously: ".length);
      const free = former !== undefined && !this.#clients.has(former) && !claimed.has(former);
      if (free) claimed.add(former);
      const kept = free ? fields : without(fields, "previously:");
      this.#clients.set(name, kept);
      return [name, `{ ${kept.join(", ")} }`];
    });
    return Object.fromEntries(valid);
  }

  async #run(step: Step & { readonly kind: "run" | "kill" }): Promise<void> {
    const { story } = this;
    const gone = NAMES.filter((name) => !this.#clients.has(name)).map((name) => [name, null]);
    story.edit({ ...Object.fromEntries(gone), ...this.#valid() });
    const before = (await story.planHere()).state;
    story.later(step.wait);
    if (step.kind === "kill") await story.killed(step.before);
    const { problems, planned } = await story.attempt();
    expect(problems).toEqual([]);
    expect(planned.plan.refusals.filter(({ code }) => code !== "BadRequest")).toEqual([]);
    const { state, plan } = await story.planHere();
    expect(plan.changes).toEqual([]);
    this.#judge(before, state);
    this.#runs += 1;
    if (this.#runs % LOOK === 0) await this.look();
  }

  #judge(before: State, after: State): void {
    const { story } = this;
    const now = story.instant;
    expect(after.doubts).toEqual([]);
    insistOnMemory(this.#known.certificates, after.certificates, (one) => one.pem);
    insistOnMemory(this.#known.revocations, after.revocations, (one) => JSON.stringify(one));
    insistOnCrl(before, after, now);
    expect(after.crl?.number).toBeGreaterThanOrEqual(this.#number);
    this.#number = after.crl?.number ?? 0;
    const fresh = [...after.certificates.values()].filter((one) => !before.certificates.has(one.serial));
    expect(new Set(fresh.map((one) => `${one.kind} ${one.identity}`)).size).toBe(fresh.length);
    this.#insistOnOwners(after, now);
  }

  /** Who is admitted is in the registry and holds that certificate; no key serves two. */
  #insistOnOwners(state: State, now: number): void {
    const registry = state.carriedOut?.registry;
    if (registry === undefined) throw new Error("nothing was carried out");
    const identities = identitiesOf(registry);
    const ledger = ledgerOf(identities, state, now);
    const owners = new Map<string, string>();
    for (const identity of identities.values()) {
      const { live } = ledger.of(identity);
      for (const { serial, fingerprint, key } of live) {
        const owner = key === "managed" ? serial : identity.name;
        expect(owners.get(fingerprint) ?? owner, fingerprint).toBe(owner);
        owners.set(fingerprint, owner);
        expect(key === "managed" ? state.keys.has(serial) : true).toBe(true);
      }
      if (identity.kind !== "client") continue;
      const serials = live.map((one) => one.serial).filter((one) => !state.holds.has(one));
      const over = identity.expires !== null && identity.expires <= now;
      expect(this.story.admitted(identity.name).toSorted()).toEqual(over ? [] : serials.toSorted());
    }
    for (const one of NAMES) if (!identities.has(one)) expect(this.story.admitted(one)).toEqual([]);
  }

  /** openssl and check look at all of it; then it is committed. */
  async look(): Promise<void> {
    const { story } = this;
    const { state } = await story.planHere();
    const { entries, verified, number } = readCrl(story.repository);
    expect({ verified, number }).toEqual({ verified: true, number: this.#number });
    expect([...entries.keys()].sort()).toEqual([...(state.crl?.entries.keys() ?? [])].sort());
    const serials = [...state.certificates.keys()];
    const good = serials.filter((_, n) => story.judge(serials)[n] === "OK");
    const live = [...state.certificates.values()].filter((one) => isLive(one, state, story.instant - 1));
    const expected = live.filter((one) => one.notAfter > story.instant && !state.holds.has(one.serial));
    expect(good.sort()).toEqual(expected.map((one) => one.serial).sort());
    await story.insistOnSoundness("BadRequest");
    story.repository.commit("A look");
  }

  [Symbol.dispose](): void {
    this.story[Symbol.dispose]();
  }
}

function without(fields: readonly string[], start: string): string[] {
  const [word = start] = start.split(":");
  return fields.filter((one) => !one.startsWith(`${word}:`));
}

/** What was once written is there, and in the same words. */
function insistOnMemory<T>(known: Map<string, unknown>, now: ReadonlyMap<string, T>, words: (one: T) => string): void {
  for (const [serial, text] of known) {
    const one = now.get(serial);
    expect(one === undefined ? undefined : words(one), serial).toBe(text);
  }
  for (const [serial, one] of now) known.set(serial, words(one));
}

/** Whatever is revoked or held and has not ended is on the CRL, which is not over, and rises when it changes. */
function insistOnCrl({ crl: last }: State, { crl, certificates, revocations, holds }: State, now: number): void {
  if (crl === null) throw new Error("there is no CRL");
  expect(crl.nextUpdate).toBeGreaterThan(now);
  if (last !== null && crl.thisUpdate !== last.thisUpdate) expect(crl.number).toBeGreaterThan(last.number);
  for (const { serial, reason } of revocations.values())
    if ((certificates.get(serial)?.notAfter ?? now) >= now) expect(crl.entries.get(serial)?.reason).toBe(reason);
  for (const serial of holds.keys())
    if ((certificates.get(serial)?.notAfter ?? now) >= now && !revocations.has(serial))
      expect(crl.entries.get(serial)?.reason).toBe("certificateHold");
}

/** fast-check would print hundreds of steps; the seed is enough to have them again, and the last ones tell most. */
function report({ failed, seed, counterexample, errorInstance: cause }: fc.RunDetails<[Step[]]>, at: number): void {
  if (!failed) return;
  const last = counterexample?.[0].slice(Math.max(0, at - 12), at + 1).map((one) => JSON.stringify(one)) ?? [];
  throw new Error(`seed ${seed}, step ${at}, after\n${last.join("\n")}`, { cause });
}

it(`${STEPS} steps of anybody's making, with kills in between: every invariant holds after every run`, async () => {
  const histories = fc.array(step, { minLength: STEPS, maxLength: STEPS, size: "max" });
  let at = 0;
  const property = fc.asyncProperty(histories, async (steps) => {
    using history = new History();
    for (at = 0; at < steps.length; at++) await history.play(steps[at] ?? { kind: "run", wait: 0 });
    await history.play({ kind: "run", wait: DAY });
    await history.look();
  });
  const seed = Number(process.env["GATEHOUSE_HISTORY_SEED"] ?? Date.now() % 2 ** 31);
  await fc.assert(property, { seed, numRuns: 1, endOnFailure: true, asyncReporter: async (out) => report(out, at) });
});
