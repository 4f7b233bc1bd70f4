import { describe, expect, it } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { makePlan, NO_POLICY } from "../../scripts/plan/index.ts";
import {
  authorityOf,
  clientOf,
  DAY,
  NOW,
  registryOf,
  repositoryOf,
  serverOf,
  stateOf,
  VERSION,
  withClients,
} from "../support/plan-builders.ts";
import { reconcile } from "../support/plan-simulator.ts";
import { stored } from "../support/plan-texts.ts";

const LAST = registryOf({
  clients: { alice: clientOf(), bob: clientOf({ lifetime: 40 * DAY }) },
  servers: { web: serverOf() },
});
const DONE = reconcile(LAST, stateOf({ authority: authorityOf() }), NOW);
const MAP = "pki/nginx/clients.map";

/** `Drifted pki/nginx/clients.map by hand`, or what it is due by. */
function files(registry: Registry, state: State, now: Instant = NOW + DAY, version = VERSION): string[] {
  const { plan } = makePlan({ registry, problems: [], state, now, version, policy: NO_POLICY });
  return plan.changes.flatMap((one) =>
    one.kind === "file" ? [`${one.reason} ${one.path}: ${one.byHand ? "by hand" : one.due}`] : [],
  );
}

function withFile(path: string, text: string | null): State {
  const there = new Map(DONE.files);
  if (text === null) there.delete(path);
  else there.set(path, stored(text));
  return { ...DONE, files: there };
}

describe("a file", () => {
  const more = withClients(LAST, { carol: clientOf() });
  it.each<[sentence: string, registry: Registry, state: State, expected: string[]]>([
    ["is left alone where nothing happens", LAST, DONE, []],
    ["that somebody edited is told so", LAST, withFile(MAP, "x"), [`Drifted ${MAP}: by hand`]],
    ["that somebody deleted is told so", LAST, withFile(MAP, null), [`Missing ${MAP}: by hand`]],
    ["that somebody put there is told so", LAST, withFile("pki/nginx/x", "x"), ["Stray pki/nginx/x: by hand"]],
    [
      "that somebody edited is told from those that a change calls for",
      more,
      withFile(MAP, "x"),
      [
        "Drifted pki/index.txt: registry",
        "Missing pki/issued/carol.crt: registry",
        `Drifted ${MAP}: by hand`,
        "Drifted pki/nginx/roles.map: registry",
        "Missing pki/private/carol.key: registry",
        "Drifted pki/registry.yaml: registry",
      ],
    ],
    [
      "is due by the registry where a definition changes",
      { ...LAST, repositories: new Map(LAST.repositories).set("alpha", repositoryOf("alpha", { root: "/srv/a" })) },
      DONE,
      ["Drifted pki/nginx/repositories/alpha.conf: registry", "Drifted pki/registry.yaml: registry"],
    ],
  ])("%s", (_, registry, state, expected) => {
    expect(files(registry, state)).toEqual(expected);
  });

  const later = NOW + 41 * DAY;
  const [crlAlone, quiet] = [reconcile(LAST, DONE, NOW + 9 * DAY), { ...LAST, crl: { ...LAST.crl } }];

  it("that follows from a renewal is due by time, also beside a change that has nothing to do with it", () => {
    const byTime = files(quiet, crlAlone, NOW + 11 * DAY);
    expect(byTime.filter((one) => !one.endsWith(": time"))).toEqual([]);
    expect(byTime).toContain("Drifted pki/issued/bob.crt: time");
    const contact = withClients(LAST, { alice: clientOf({ contact: "x@example.com" }) });
    expect(files(contact, crlAlone, NOW + 11 * DAY)).toEqual([...byTime, "Drifted pki/registry.yaml: registry"]);
  });

  it("that both time and a change rewrite is due by the registry", () => {
    const both = files(more, crlAlone, NOW + 11 * DAY);
    expect(both).toContain(`Drifted ${MAP}: registry`);
    expect(both).toContain("Drifted pki/issued/bob.crt: time");
  });

  it("that is old because a certificate ended is not edited", () => {
    const held = withClients(LAST, { bob: clientOf({ lifetime: 40 * DAY, suspended: true }) });
    const state = reconcile(held, DONE, NOW + 9 * DAY);
    const found = files(held, state, later + 10 * DAY);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((one) => one.endsWith("by hand"))).toEqual([]);
  });

  it("that another version wrote is upgraded, and nobody is blamed for it", () => {
    expect(files(LAST, withFile(MAP, "as before"), NOW + DAY, "2.0.0")).toEqual([
      `Upgraded ${MAP}: registry`,
      "Upgraded pki/registry.yaml: registry",
    ]);
  });
});
