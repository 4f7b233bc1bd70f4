import { describe, expect, it } from "vitest";
import { EVERYTHING, statusOf } from "../../../scripts/views/status/index.ts";
import { statusText, whatBecameOf } from "../../../scripts/views/status/text.ts";
import { statusJson } from "../../../scripts/views/status/words.ts";
import { PLAIN } from "../../../scripts/views/style.ts";
import { certificate, client, NOW, registry, state } from "./status-samples.ts";

describe("who is asked for by name", () => {
  const certificates = [certificate("old", "5A", -5), certificate("old", "5B", 100), certificate("alice", "5C", 100)];
  const past = state(certificates, { revoked: ["5B"] });
  const ask = (name: string) =>
    statusOf(registry({ ann: client({ previously: "alice" }) }), past, NOW, { ...EVERYTHING, client: name });

  it("and has left is told of by the last certificate", () => {
    const status = ask("old");
    expect(status.identities).toMatchObject([{ name: "old", state: "gone", serial: "5B".repeat(16) }]);
    expect(JSON.parse(statusJson(status)).identities).toMatchObject([
      { state: "gone", revoked: { at: "2026-11-21T12:00:00Z", reason: "keyCompromise" } },
    ]);
    expect(statusText(status, { style: PLAIN, width: 80, rows: null })).toContain(
      "Revoked      2026-11-21T12:00:00Z, keyCompromise",
    );
    expect(whatBecameOf("old", status).join()).toContain(`--serial ${"5B".repeat(16)}`);
  });

  it("and has another name now is told of by that", () => {
    expect(ask("alice").identities).toMatchObject([{ name: "ann", state: "renewing" }]);
    expect(whatBecameOf("alice", ask("alice"))).toEqual(["alice is called ann now."]);
    expect(whatBecameOf("ann", ask("ann"))).toEqual([]);
  });

  it("and was never there is nobody", () => expect(ask("nobody").identities).toEqual([]));
});

it("shows what servers enforce, and what the plan does about it", () => {
  const carriedOut = { registry: registry({ bob: client(), carol: client() }), format: 1, version: "1", number: 1 };
  const before = { ...state([certificate("bob", "5A", 100), certificate("carol", "5B", 100)]), carriedOut };
  const asked = registry({ carol: client({ groups: ["subscribers"] }), dan: client() });
  expect(statusOf(asked, before, NOW).identities).toMatchObject([
    { name: "bob", state: "removed", repositories: ["bookworm", "packages-dev"] },
    { name: "dan", state: "missing", repositories: [] },
    { name: "carol", state: "valid", repositories: ["bookworm", "packages-dev"] },
  ]);
});
