import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Instant, utc } from "../../scripts/model/time.ts";
import { FakeClock } from "./support/faketime.ts";
import { Field, type Machine } from "./support/field.ts";

const DAY = 86_400;
const BEGIN: Instant = utc(2027, 3, 1, 12, 0, 0) ?? 0;
const STEP = 7 * DAY;
/** alice and quinn run renew.sh once a week; zora's machine is off for three weeks again and again. */
const CLIENTS = {
  alice: "{ groups: [staff] }",
  quinn: "{ groups: [staff], csr: true }",
  zora: "{ groups: [guests] }",
};

let field: Field;
let clock: FakeClock;
const machines = new Map<string, Machine>();

beforeAll(async () => {
  field = await Field.begin(CLIENTS, BEGIN, ["quinn"]);
  for (const name of Object.keys(CLIENTS)) machines.set(name, await field.install(name));
  clock = new FakeClock(field.at("clock"));
});
afterAll(() => field?.[Symbol.asyncDispose]());

const endOf = (machine: Machine) => Date.parse(new X509Certificate(machine.read("fullchain.pem")).validTo) / 1000;

/** Whether the server admits what the machine has, by its configuration. */
function admitted(name: string, machine: Machine): boolean {
  return field.story.repository.read("pki/nginx/clients.map").includes(`s:${machine.serial} "${name}";`);
}

test("three years in the field: real nginx, curl and openssl at every renewal, and never an outage", async () => {
  const renewals = new Map<string, number>();
  let changed = true;
  /** Real programs, as of the story's clock. */
  const serve = async () => {
    clock.set(field.story.instant);
    if (changed) await field.serve(clock.environment);
    changed = false;
  };
  for (let step = 1; step <= (3 * 365 * DAY) / STEP; step += 1) {
    field.story.later(STEP);
    changed = (await field.story.runHere()) || changed;
    for (const [name, machine] of machines) {
      const context = `${name} on ${field.story.now}`;
      expect(machine.paired && endOf(machine) > field.story.instant && admitted(name, machine), context).toBe(true);
      const near = endOf(machine) - field.story.instant < 37 * DAY;
      if ((name === "zora" && step % 3 !== 0) || !(near || step % 26 === 0)) continue;
      await serve();
      expect(machine.get(field.port, "/files/file.txt", clock.environment), context).toMatch(/^served\n200/);
      const { serial } = machine;
      expect(await machine.renew([], clock.environment), context).toMatchObject({ code: 0, stderr: "" });
      if (machine.serial === serial) continue;
      renewals.set(name, (renewals.get(name) ?? 0) + 1);
      expect(machine.serial, context).toBe(field.story.newest(name));
      expect(machine.get(field.port, "/files/file.txt", clock.environment), context).toMatch(/^served\n200/);
    }
  }
  expect([...renewals.values()]).toEqual([3, 3, 3]);
  await field.story.insistOnSoundness();
});
