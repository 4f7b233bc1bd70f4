import { expect, test } from "vitest";
import { Field } from "./support/field.ts";
import { clock } from "./support/site.ts";

const DAY = 86_400;
const entry = (more: string, csr: boolean) => `{ groups: [guests], ${more}${csr ? ", csr: true" : ""} }`;
const clients = (more: string) => ({ alice: entry(more, false), quinn: entry(more, true) });

test("clients take shorter successors long before their own ends, and are let in when the long ones are revoked", async () => {
  await using field = await Field.begin(clients("lifetime: 720d"), clock() - 60 * DAY, ["quinn"]);
  const machines = [await field.install("alice"), await field.install("quinn")];
  const before = machines.map(({ serial }) => serial);
  const shorter = clients("lifetime: 90d, overlap: 30m, shorten: true");
  field.story.later(60 * DAY - 3600).edit(shorter);
  await field.story.reconcile();
  await field.serve();
  for (const machine of machines) {
    const ran = await machine.renew();
    expect(ran).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("has a new certificate") });
    expect(machine.paired).toBe(true);
    expect(await machine.renew()).toMatchObject({ code: 0, stdout: "", stderr: "" });
  }
  const revoked = () => field.story.repository.list("pki/revoked").map((file) => file.replace(".yaml", ""));
  expect(revoked()).toEqual([]);
  field.story.later(3000);
  await field.story.reconcile();
  await field.serve();
  expect(revoked().sort()).toEqual(before.toSorted());
  expect(machines.map(({ serial }) => serial)).toEqual(["alice", "quinn"].map((name) => field.story.newest(name)));
  for (const machine of machines) expect(machine.get(field.port)).toMatch(/^served\n200/);
});
