import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatInstant } from "../../../scripts/model/time.ts";
import type { Credentials } from "../support/authority.ts";
import { clock } from "../support/site.ts";
import { Story } from "../support/story.ts";
import { Gate } from "./gate.ts";

const DAY = 86_400;
/** So many days before the present, in which nginx lives. */
const ago = (days: number) => formatInstant(clock() - Math.round(days * DAY));

const STAFF = "{ groups: [staff] }";
const OWN = "{ groups: [staff], csr: true }";
/** Beside a crowd, so that no change here takes access from more than a quarter. */
const CLIENTS = {
  ...Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`c${n}`, "{ groups: [guests] }"])),
  ...{ renewed: STAFF, dora: OWN, overlap: "{ groups: [staff], overlap: 3d }", lost: STAFF },
  ...{ held: STAFF, lifted: STAFF, comeback: STAFF, removed: STAFF, compromised: STAFF, farm: STAFF },
  ...{
    shorter: STAFF,
    ended: STAFF,
    tonight: STAFF,
    regrouped: STAFF,
    retyped: STAFF,
    swapped: OWN,
    late: OWN,
    tampered: OWN,
  },
};

/** Who asks, with which of the certificates they were handed, and what nginx answers. */
type Answers = readonly (readonly [who: string, name: string, status: number])[];

let gate: Gate;
let story: Story;
const handed = new Map<string, Credentials>();
const hand = (when: string, ...names: readonly string[]) => {
  for (const name of names) {
    const own = ["dora", "swapped", "late", "tampered"].includes(name);
    handed.set(`${name} ${when}`, gate.take(story, name, own ? story.repository.beside(`${name}.key`) : undefined));
  }
};

/** Begun 340 days ago: the first certificates end in 25 days, and were due for renewal five days ago. */
beforeAll(async () => {
  gate = await Gate.at();
  const requests = ["dora", "swapped", "late", "tampered"];
  story = await Story.begin(CLIENTS, { on: ago(340), requests, registry: gate.registry });
  hand("at first", ...Object.keys(CLIENTS).filter((name) => !/^c\d/.test(name)));
  story.on(ago(40)).edit({
    ...{ held: "{ groups: [staff], suspended: true }", lifted: "{ groups: [staff], suspended: true }" },
    ...{ removed: null, comeback: null, compromised: "{ revoked: keyCompromise }" },
    ...{ farm: null, "farm-2": "{ groups: [staff], previously: farm }" },
    ...{ shorter: `{ groups: [staff], expires: ${ago(-5)} }`, ended: `{ groups: [staff], expires: ${ago(10)} }` },
    ...{ tonight: `{ groups: [staff], expires: ${ago(1)} }`, retyped: "{ groups: [staff], key: ed25519 }" },
  });
  await story.request("swapped").reconcile();
  hand("afterwards", "farm-2", "shorter", "ended", "tonight", "retyped", "swapped");
  await story.on(ago(4)).edit({ lifted: STAFF, comeback: STAFF, regrouped: "{}" }).reconcile();
  hand("since renewal", "renewed", "dora", "overlap", "lost", "lifted", "comeback");
  story.edit({ lost: `{ groups: [staff], reissue: { before: ${ago(5)} } }` }).request("late");
  await story.on(ago(2)).reconcile();
  hand("anew", "lost", "late");
  story.repository.write("pki/reqs/tampered.req", "hello\n");
  await story.on(ago(0.5)).refused();
  await gate.open(story);
});
afterAll(async () => {
  await gate?.[Symbol.asyncDispose]();
  story?.[Symbol.dispose]();
});

const ANSWERS: Answers = [
  ["whoever was off since the renewal, with the old certificate", "renewed at first", 200],
  ["whoever fetched the new one", "renewed since renewal", 200],
  ["a request's old certificate", "dora at first", 200],
  ["a request's new certificate", "dora since renewal", 200],
  ["whose overlap has passed, with the old certificate", "overlap at first", 400],
  ["whose overlap has passed, with the new one", "overlap since renewal", 200],
  ["the thief, with the certificate that was lost", "lost at first", 400],
  ["the thief, with the one that was issued between the loss and the report", "lost since renewal", 400],
  ["the owner, with the one that took their place", "lost anew", 200],
  ["who is suspended", "held at first", 400],
  ["whose suspension was lifted, with the certificate from before", "lifted at first", 200],
  ["whose suspension was lifted, with the one that was due meanwhile", "lifted since renewal", 200],
  ["who was removed", "removed at first", 400],
  ["who was removed and added again, with the old certificate", "comeback at first", 400],
  ["who was removed and added again, with the new one", "comeback since renewal", 200],
  ["who is a tombstone", "compromised at first", 400],
  ["who was renamed, with the certificate of the old name", "farm at first", 200],
  ["who was renamed, with the certificate of the new name", "farm-2 afterwards", 200],
  ["whose access ends next week, with the longer certificate", "shorter at first", 400],
  ["whose access ends next week, with the shorter one", "shorter afterwards", 200],
  ["whose access ended with a run since", "ended afterwards", 400],
  ["whose access ended without a run in between", "tonight afterwards", 400],
  ["who is in no group any more", "regrouped at first", 403],
  ["whose key type changed, with the old certificate", "retyped at first", 200],
  ["whose key type changed, with the new one", "retyped afterwards", 200],
  ["whose request was replaced in the middle of things, with the old key", "swapped at first", 400],
  ["whose request was replaced in the middle of things, with the new key", "swapped afterwards", 200],
  ["whose request was replaced when renewal was due, with the old key", "late at first", 200],
  ["whose request was replaced when renewal was due, with the new key", "late anew", 200],
  ["whose new request was refused, with the certificate that there is", "tampered at first", 200],
];

describe("nginx, today, answers", () => {
  it.each(ANSWERS)("%s", async (_, name, status) => {
    const credentials = handed.get(name);
    if (credentials === undefined) throw new Error(`nobody was handed ${name}`);
    expect(await gate.ask(story, credentials)).toBe(status);
  });

  it("everybody the same after a run on a broken day, by the real clock", async () => {
    story.write("clients: [\n");
    const { code, stderr } = await story.repository.run("reconcile");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^clients\.yaml:\d+:\d+: /m) });
    await gate.reload();
    for (const [who, name, status] of ANSWERS) {
      const credentials = handed.get(name);
      if (credentials !== undefined) expect(await gate.ask(story, credentials), who).toBe(status);
    }
  });
});
