import { describe, expect, it } from "vitest";
import { admittedClients, reach } from "../../scripts/model/access.ts";
import { client, NOW, registry } from "../views/status/status-samples.ts";

const NOTHING = { repositories: [], services: [] };
const EVERYTHING = { repositories: ["bookworm", "packages-dev"], services: ["postgres"] };

describe("a client reaches", () => {
  it.each([
    ["what its group reaches, sorted", client(), EVERYTHING],
    ["the union of its groups, each name once", client({ groups: ["subscribers", "staff"] }), EVERYTHING],
    ["nothing without a group", client({ groups: [] }), NOTHING],
    ["nothing through a group that is not there", client({ groups: ["constructor"] }), NOTHING],
    ["nothing as a tombstone", client({ revoked: "keyCompromise" }), NOTHING],
    ["nothing while suspended", client({ suspended: true }), NOTHING],
    ["nothing from the second on in which its access ends", client({ expires: NOW }), NOTHING],
    ["everything in the second before", client({ expires: NOW + 1 }), EVERYTHING],
    [
      "everything while a reissue is asked for",
      client({ reissue: { before: NOW, reason: "keyCompromise" } }),
      EVERYTHING,
    ],
  ])("%s", (_, one, expected) => {
    expect(reach(registry({ one }), "one", NOW)).toEqual(expected);
  });

  it.each(["nobody", "constructor", "__proto__"])("nothing when %s is not a client", (name) => {
    expect(reach(registry({}), name, NOW)).toEqual(NOTHING);
  });
});

it("admitted are those whom no rule keeps out, in the order of the file", () => {
  const clients = registry({
    zoe: client({ groups: [] }),
    out: client({ suspended: true }),
    past: client({ expires: NOW }),
    dead: client({ revoked: "unspecified" }),
    amy: client(),
  });
  expect(admittedClients(clients, NOW)).toEqual(["zoe", "amy"]);
});
