import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Refusal, Warning } from "../../../scripts/model/plan.ts";
import { WHY } from "../../../scripts/plan/branch.ts";
import {
  planAnnotations,
  planOutputs,
  problemAnnotations,
  problemOutputs,
} from "../../../scripts/views/plan/github.ts";
import { difference, FULL, many, plan } from "./samples.ts";

const PLACES = new Map([
  ["authority", { line: 2, column: 1 }],
  ["groups.staff", { line: 5, column: 3 }],
  ["clients", { line: 9, column: 1 }],
  ["clients.alice", { line: 10, column: 3 }],
  ["signers.build01", { line: 20, column: 3 }],
]);

/** A command as the runner reads it (actions/runner, ActionCommand.cs); null for a line that is none. */
function readCommand(line: string): { command: string; properties: Map<string, string>; data: string } | null {
  const match = /^\s*::([a-z-]+)(?: (.*?))?::(.*)$/s.exec(line);
  if (match === null) return null;
  const [, command = "", fields = "", rest = ""] = match;
  const undo = (text: string) =>
    text.replace(/%(3A|2C|0D|0A|25)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  const pairs = fields
    .split(",")
    .filter((pair) => pair !== "")
    .map((pair): [string, string] => [
      pair.slice(0, pair.indexOf("=")).trim(),
      undo(pair.slice(pair.indexOf("=") + 1)),
    ]);
  return { command, properties: new Map(pairs), data: undo(rest) };
}

/** GITHUB_OUTPUT as the runner reads it. */
function readOutputs(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const lines = text.split("\n");
  while (lines.length > 1) {
    const [name = "", delimiter] = (lines.shift() ?? "").split("<<");
    const value: string[] = [];
    for (let line = lines.shift(); line !== delimiter; line = lines.shift()) {
      if (line === undefined) throw new Error("no end");
      value.push(line);
    }
    values.set(name, value.join("\n"));
  }
  return values;
}

it.each(Object.values(WHY))("an annotation of a branch stands at the path that $brief", ({ code, brief, way }) => {
  const refusal = { code, message: `pki/some path ${brief}. ${way}` };
  expect(planAnnotations(plan({ refusals: [refusal] }), PLACES)[0]).toMatch(/^::error file=pki\/some path,line=1,/);
});

describe("annotations stand at the line of whom they are about", () => {
  it.each([
    [{ code: "BadRequest", message: "pki/reqs/alice.req: it is not there" }, "file=clients.yaml,line=10,col=3,"],
    [{ code: "BadRequest", message: "pki/reqs/build01.req: it is not there" }, "file=clients.yaml,line=20,col=3,"],
    [{ code: "BadRequest", message: "pki/reqs/nobody.req: it is not there" }, ""],
    [
      { code: "LastSensitiveClient", message: "sensitive group staff loses its last" },
      "file=clients.yaml,line=5,col=3,",
    ],
    [{ code: "AuthorityChanged", message: "the authority is" }, "file=clients.yaml,line=2,col=1,"],
    [{ code: "TooManyLosses", message: "14 of 40 clients" }, "file=clients.yaml,line=9,col=1,"],
    [
      { code: "StateEdited", message: "pki/a,b:c is changed on this branch; state" },
      "file=pki/a%2Cb%3Ac,line=1,col=1,",
    ],
    [{ code: "ClockBehind", message: "alice: the clock says" }, ""],
    [
      { code: "KeyLost", message: "pki/private/by_serial/5F.key: is gone" },
      "file=pki/private/by_serial/5F.key,line=1,col=1,",
    ],
    [{ code: "PathBlocked", message: "pki/issued/a.crt: is a symlink" }, "file=pki/issued/a.crt,line=1,col=1,"],
    [{ code: "StateDoubtful", message: "pki/crl.pem: it is gone" }, "file=pki/crl.pem,line=1,col=1,"],
    [
      { code: "MergeConflict", message: "docs/a b.md was changed on both sides since" },
      "file=docs/a b.md,line=1,col=1,",
    ],
    [
      { code: "ForeignCode", message: "node_modules/x is code that npm or set-up would" },
      "file=node_modules/x,line=1,col=1,",
    ],
  ] satisfies [Refusal, string][])("$code: $message", (refusal, place) => {
    const { code, message } = refusal;
    expect(planAnnotations(plan({ refusals: [refusal] }), PLACES)).toEqual([
      `::error ${place}title=${code}::${message}`,
    ]);
  });

  it.each([
    [{ code: "NoContact", message: "no contact is given for alice, bob" }, "file=clients.yaml,line=10,col=3,"],
    [{ code: "NameReused", message: "alice had certificates before" }, "file=clients.yaml,line=10,col=3,"],
    [{ code: "RequestReplaced", message: "alice: the request has another key" }, "file=clients.yaml,line=10,col=3,"],
    [{ code: "CodeChanged", message: "this branch changes what runs" }, ""],
    [{ code: "CodeChanged", message: "this branch changes what runs: a.ts, b.ts" }, "file=a.ts,line=1,col=1,"],
    [
      { code: "PolicyChanged", message: "pki/allowed_signers changes; this plan" },
      "file=pki/allowed_signers,line=1,col=1,",
    ],
    [
      { code: "AlreadyEnded", message: "access has ended already: alice (2026-01-01)" },
      "file=clients.yaml,line=10,col=3,",
    ],
    [{ code: "ReachesNothing", message: "alice, bob are in no group" }, "file=clients.yaml,line=10,col=3,"],
  ] satisfies [Warning, string][])("$code: $message", (warning, place) => {
    const { code, message } = warning;
    expect(planAnnotations(plan({ warnings: [warning] }), PLACES)).toEqual([
      `::warning ${place}title=${code}::${message}`,
    ]);
  });
});

describe("alarms and losses stand beside the lines that ask for them", () => {
  const of = (parts: Parameters<typeof plan>[0]) => planAnnotations(plan(parts), PLACES);
  const because = { entry: false, groups: ["staff"] };

  it("a compromise first, with whom to ask", () => {
    const compromised = [{ client: "alice", contact: "ops@example.com", before: null, lockedOut: true }];
    const warnings = [{ code: "NoContact", message: "no contact is given for alice" }] as const;
    expect(of({ compromised, warnings })).toEqual([
      "::warning file=clients.yaml,line=10,col=3,title=KeyCompromised::KEY COMPROMISED: alice is locked out until its new bundle is installed (keyCompromise: all certificates are revoked; ask ops@example.com)",
      "::warning file=clients.yaml,line=10,col=3,title=NoContact::no contact is given for alice",
    ]);
  });

  it("a sensitive group at its own line", () => {
    const warnings = [{ code: "SensitiveGroup", message: "sensitive group staff (x) gains alice (new)" }] as const;
    expect(of({ warnings })).toEqual([
      "::warning file=clients.yaml,line=5,col=3,title=SensitiveGroup::SENSITIVE group staff (x) gains alice (new)",
    ]);
  });

  it.each([
    ["an entry's own loss", difference("alice", [], ["x"]), "line=10,col=3", "alice loses x (its own line)"],
    [
      "a loss by a group",
      difference("bob", [], ["x"], { because }),
      "line=5,col=3",
      "GROUP staff no longer gives x: bob loses it",
    ],
    [
      "who is gone: the section",
      difference("zoe", [], ["x"], { lossIs: "forever" }),
      "line=9,col=1",
      "REMOVED for ever (no certificate was out): zoe loses x",
    ],
  ])("%s", (_, change, place, sentence) => {
    expect(of({ access: [change] })).toEqual([`::notice file=clients.yaml,${place},title=LosesAccess::${sentence}`]);
  });

  it("no more of each level than GitHub shows", () => {
    const access = many(25, (n) => difference(`c${n}`, [], [`r${n}`]));
    const lines = of({ access });
    expect(lines).toHaveLength(10);
    expect(lines[9]).toBe("::notice title=And more::and 16 more, all in the step's summary");
  });
});

it("a problem of clients.yaml stands at its own line and column", () => {
  const problem = { file: "clients.yaml", line: 14, column: 5, message: "100% wrong", hint: "did you mean right?" };
  expect(problemAnnotations([problem])).toEqual([
    "::error file=clients.yaml,line=14,col=5,title=clients.yaml::100%25 wrong (did you mean right?)",
  ]);
});

it("of more than GitHub shows, the last says how many there are", () => {
  const lines = planAnnotations(
    plan({
      refusals: many(25, (n) => ({ code: "BadRequest" as const, message: `r${n}` })),
      warnings: many(10, (n) => ({ code: "NoContact" as const, message: `w${n}` })),
    }),
    PLACES,
  );
  expect(lines.filter((line) => line.startsWith("::error"))).toHaveLength(10);
  expect(lines[9]).toBe("::error title=And more::and 16 more, all in the step's summary");
  expect(lines.at(-1)).toBe("::warning title=NoContact::w9");
});

it("whatever the message, it is one command, and its message and no more", () => {
  const hostile = fc.string({
    unit: fc.constantFrom("a", "%", ":", ",", "=", "\r", "\n", "\u202e", "::", "##[", "%0A"),
  });
  const holds = (text: string) => {
    const lines = [
      ...planAnnotations(
        plan({ refusals: [{ code: "StateEdited", message: `pki/${text} is changed on this branch` }] }),
        PLACES,
      ),
      ...problemAnnotations([{ file: text, line: 1, column: 1, message: text, hint: null }]),
    ];
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).not.toMatch(/[\r\n\u202e]/);
      const read = readCommand(line);
      expect(read?.command).toBe("error");
      expect([...(read?.properties.keys() ?? [])]).toEqual(["file", "line", "col", "title"]);
      expect(line).not.toContain("##[");
      const data = read?.data.replaceAll("##\\u005b", "##[");
      expect(data?.replaceAll("\\u{d}", "\r").replaceAll("\\u{202e}", "\u202e")).toContain(
        text.replaceAll("\r\n", "\n"),
      );
    }
  };
  fc.assert(fc.property(hostile, holds));
});

describe("outputs", () => {
  it.each([
    ["a refused plan", planOutputs(FULL), { digest: FULL.digest, changes: "true", lose: "2", refused: "true" }],
    ["an empty plan", planOutputs(plan()), { digest: FULL.digest, changes: "false", lose: "0", refused: "false" }],
    ["no plan", problemOutputs(), { digest: "", changes: "false", lose: "0", refused: "true" }],
  ])("of %s", (_, text, expected) => {
    expect(Object.fromEntries(readOutputs(text))).toEqual(expected);
  });

  it("no value sets another", () => {
    const hostile = fc.string({ unit: fc.constantFrom("END_OF_VALUE", "_", "\n", "refused<<", "x") });
    const holds = (digest: string) => {
      const values = readOutputs(planOutputs(plan({ digest })));
      expect([...values.keys()]).toEqual(["digest", "changes", "lose", "refused"]);
      expect(values.get("digest")).toBe(digest);
    };
    fc.assert(fc.property(hostile, holds));
  });
});
