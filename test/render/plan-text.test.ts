import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change, Plan } from "../../scripts/model/plan.ts";
import { planText } from "../../scripts/render/plan-text.ts";
import { COLOUR, PLAIN } from "../../scripts/render/style.ts";
import { CHANGES, difference, FULL, plan } from "./plan-samples.ts";

const text = (of: Plan, width = 80) => planText(of, { style: PLAIN, width });
/** As one line, wherever it was wrapped. */
const words = (of: Plan) => text(of).replace(/\s+/g, " ");
const access = (client: string, gains: string[], loses: string[], previously: string | null = null) =>
  difference(client, gains, loses, { previously });
const many = <T>(n: number, one: (n: number) => T): T[] => Array.from({ length: n }, (_, index) => one(index));

it("is one screen for one of everything", () => {
  expect(text(FULL)).toMatchInlineSnapshot(`
    "Plan as of 2026-11-21T12:00:00Z. Certificates: 1 to issue, 1 to renew, 1 to
    release, 1 to hold, 1 to revoke. 2 clients lose access.
    digest sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

    Definitions, policy, code
      * repositories bookworm: root
      * this branch changes what runs: scripts/plan.ts

    Who gains and loses access
      = buildfarm is now buildfarm-2, with the same access
      + alice and frank gain bookworm
      ~ erin gains packages-dev; loses bookworm
      - bob loses bookworm and packages-dev
      # SENSITIVE: sensitive group staff gains alice

    Certificates
      + issue alice: client, key from its request (Missing)
        (because it has no valid certificate)
        key sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      > release erin
        (because no longer suspended)
        serial 5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F
      | hold dave
        (because suspended in the registry)
        serial 5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F
      - revoke bob: cessationOfOperation (Removed)
        (because no longer in the registry)
        serial 5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F

    CRL 1795262400 is signed (EntriesChanged).
    1 file is written: 1 Drifted.
    By time alone: 1 certificate renewed (carol).

    Warnings
      ? NoContact: no contact is given for alice

    Refused
      ! TooManyLosses: 14 of 40 clients (35 %) lose access, over 25 %: a, b. Run
        with --allow-losses 14.
    "
  `);
});

it("is one plain sentence when there is nothing to do", () => {
  expect(text(plan())).toBe("Nothing to do: as of 2026-11-21T12:00:00Z, pki/ is what clients.yaml asks for.\n");
});

it("still warns when there is nothing to do", () => {
  const warned = plan({ warnings: [{ code: "CrlEnding", message: "the CRL ends soon" }] });
  expect(text(warned)).toContain("Nothing to do");
  expect(text(warned)).toContain("? CrlEnding: the CRL ends soon");
});

it("says what is refused last of all", () => {
  expect(text(FULL).trimEnd().split("\n\n").at(-1)).toMatch(/^Refused\n {2}! TooManyLosses: 14 of 40/);
});

describe("every kind of change is shown", () => {
  it.each([
    [
      CHANGES.issue,
      "+ issue alice: client, key from its request (Missing) (because it has no valid certificate) key sha256:",
    ],
    [
      { ...CHANGES.renew, due: "registry" },
      "~ renew carol: client, key managed here (RenewalDue) (because its certificate",
    ],
    [CHANGES.revoke, "- revoke bob: cessationOfOperation (Removed) (because no longer in the registry) serial 5F5F"],
    [CHANGES.hold, "| hold dave (because suspended in the registry) serial 5F5F"],
    [CHANGES.release, "> release erin (because no longer suspended) serial 5F5F"],
    [CHANGES.definition, "Definitions, policy, code * repositories bookworm: root"],
    [CHANGES.crl, "CRL 1795262400 is signed (EntriesChanged)."],
    [CHANGES.file, "1 file is written: 1 Drifted."],
  ] satisfies [Change, string][])("$kind", (change, expected) => {
    expect(words(plan({ changes: [change] }))).toContain(expected);
  });
});

describe("access", () => {
  it.each([
    ["a gain", [access("a", ["x"], [])], "+ a gains x"],
    ["a loss", [access("a", [], ["x", "y"])], "- a loses x and y"],
    ["both at once", [access("a", ["x"], ["y"])], "~ a gains x; loses y"],
    ["clients alike share a line", [access("a", ["x"], []), access("b", ["x"], [])], "+ a and b gain x"],
    ["clients unlike do not", [access("a", ["x"], []), access("b", ["y"], [])], "+ a gains x + b gains y"],
    ["a rename", [access("b", [], [], "a")], "= a is now b, with the same access"],
    ["a rename that gains", [access("b", ["x"], [], "a")], "= a is now b + b gains x"],
    ["a crowd", many(14, (n) => access(`c${n}`, ["x"], [])), "c9 and 4 more gain x"],
  ])("%s", (_, changes, expected) => {
    expect(words(plan({ access: changes }))).toContain(expected);
  });

  it("puts sensitive groups beside it, loud, and not among the warnings", () => {
    const loud = plan({
      access: [access("a", ["x"], [])],
      warnings: [{ code: "SensitiveGroup", message: "staff gains a" }],
    });
    expect(text(loud)).toContain("  + a gains x\n  # SENSITIVE: staff gains a\n");
    expect(text(loud)).not.toContain("Warnings");
  });
});

describe("what time alone would do", () => {
  it("is one line, with a few names", () => {
    const changes = [
      ...many(5, (n) => ({ ...CHANGES.renew, identity: `c${n}` })),
      { ...CHANGES.crl, due: "time" as const },
      ...many(3, () => ({ ...CHANGES.file, due: "time" as const })),
    ];
    const shown = text(plan({ changes }), 200);
    expect(shown).toContain(
      "By time alone: 5 certificates renewed (c0, c1, c2 and 2 more), 1 CRL signed, 3 files written.\n",
    );
    expect(shown).not.toContain("~ renew");
  });
});

describe("a crowd is folded", () => {
  it("shows the first twenty of each kind and counts the rest", () => {
    const changes = [
      ...many(10_000, (n) => ({ ...CHANGES.issue, identity: `i${n}` })),
      ...many(30, (n) => ({ ...CHANGES.revoke, identity: `r${n}` })),
    ];
    const shown = text(plan({ changes }));
    expect(shown).toContain("i19:");
    expect(shown).not.toContain("i20:");
    expect(shown).toContain("… and 9,980 more");
    expect(shown).toContain("r0:");
    expect(shown).toContain("… and 10 more");
    expect(shown.split("\n").length).toBeLessThan(150);
  });

  it("but nothing hides behind it: definitions, sensitive groups and refusals are all there", () => {
    const shown = text(
      plan({
        changes: many(50, (n) => ({ ...CHANGES.definition, name: `d${n}` })),
        warnings: many(50, (n) => ({ code: "SensitiveGroup" as const, message: `s${n}.` })),
        refusals: many(50, (n) => ({ code: "BadRequest" as const, message: `b${n}.` })),
      }),
    );
    for (const last of ["d49:", "s49.", "b49."]) expect(shown).toContain(last);
  });
});

describe("on any terminal", () => {
  it.each([80, 60, 120])("no line is wider than %i columns", (width) => {
    const names = many(300, (n) => access(`client-with-a-long-name-${n}`, [`repository-${n % 40}`], [`gone-${n % 7}`]));
    const lines = text({ ...FULL, access: names }, width).split("\n");
    expect(lines.filter((line) => line.length > width && line.trim().split(" ").length > 2)).toEqual([]);
  });

  it("colour adds colour and nothing else", () => {
    const coloured = planText(FULL, { style: COLOUR, width: 80 });
    expect(coloured).toContain("\u001b[31m- revoke bob");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(text(FULL));
  });

  it("whatever the names and messages, nothing acts on it", () => {
    const hostile = fc.string({ unit: "binary", maxLength: 40 });
    const holds = (name: string, message: string) => {
      const changes = Object.values(CHANGES).map((change): Change => ({ ...change, message }));
      const mine = [access(name, [name], [message]), access("b", [], [], name)];
      const warnings = [{ code: "NoContact", message } as const, { code: "SensitiveGroup", message } as const];
      const shown = text(plan({ changes, access: mine, warnings, refusals: [{ code: "BadRequest", message }] }));
      expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    };
    fc.assert(fc.property(hostile, hostile, holds));
  });
});
