import { expect, it } from "vitest";
import { looseRequests, looseText } from "../../scripts/plan/loose-requests.ts";
import { clientOf, type Facts, registryOf, requestOf, stateOf } from "../support/plan-builders.ts";

const own = clientOf({ csr: true });
const CLIENTS = { dave: own, bob: clientOf() };
const k1 = requestOf("k1");

it.each<[what: string, facts: Facts, told: readonly string[]]>([
  ["a request in its place", { requests: { dave: k1 } }, []],
  [
    "one with another suffix",
    { strays: ["pki/reqs/dave.csr"] },
    [
      "pki/reqs/dave.csr is read by nobody: a request for it is pki/reqs/dave.req: git add -- pki/reqs/dave.csr && git mv -- pki/reqs/dave.csr pki/reqs/dave.req",
    ],
  ],
  [
    "one in capitals, which is told of once",
    { requests: { Dave: k1 }, strays: ["pki/reqs/Dave.req"] },
    [
      "pki/reqs/Dave.req is read by nobody: a request for it is pki/reqs/dave.req: git add -- pki/reqs/Dave.req && git mv -- pki/reqs/Dave.req pki/reqs/dave.req",
    ],
  ],
  [
    "a copy that a browser numbered, beside the real one",
    { requests: { dave: k1 }, strays: ["pki/reqs/dave (1).req"] },
    [
      "'pki/reqs/dave (1).req' looks like a request, and pki/reqs/dave.req is there already: rm -- 'pki/reqs/dave (1).req'",
    ],
  ],
  [
    "one whose name is a letter off",
    { requests: { davee: k1 } },
    [
      "pki/reqs/davee.req is for no entry; dave has no request: git add -- pki/reqs/davee.req && git mv -- pki/reqs/davee.req pki/reqs/dave.req",
    ],
  ],
  [
    "one for nobody",
    { requests: { dave: k1, zed: k1 } },
    ["pki/reqs/zed.req: for no entry with csr: true; take it out, or add the entry with it"],
  ],
  [
    "one for a client whose key is made here",
    { requests: { dave: k1, bob: k1 } },
    [
      "pki/reqs/bob.req is a request, and bob has no csr: true in clients.yaml, so its key is made here; write csr: true into its entry, or take the request out",
    ],
  ],
])("%s", (_, facts, told) => {
  expect(looseRequests(registryOf({ clients: CLIENTS }), stateOf(facts)).map(looseText)).toEqual(told);
});
