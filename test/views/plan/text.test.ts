import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change, Plan } from "../../../scripts/model/plan.ts";
import { planText } from "../../../scripts/views/plan/text.ts";
import { COLOUR, PLAIN } from "../../../scripts/views/style.ts";
import { CHANGES, difference, FULL, many, plan } from "./samples.ts";

const text = (of: Plan, width = 80) => planText(of, { style: PLAIN, width });
/** As one line, wherever it was wrapped. */
const words = (of: Plan) => text(of).replace(/\s+/g, " ");
const access = (client: string, gains: string[], loses: string[], previously: string | null = null) =>
  difference(client, gains, loses, { previously });

it("is one screen for one of everything", () => {
  expect(text(FULL)).toMatchInlineSnapshot(`
    "REFUSED for 1 reason, named at the end. 3 clients gain access, 2 lose access
    otherwise, 1 is renamed. 1 sensitive group changes. CODE changes. Compared with
    what was carried out last.
      # SENSITIVE group staff gains alice

    Plan as of 2026-11-21T12:00:00Z. Certificates: 1 to issue, 1 to release, 1 to
    hold, 1 to revoke. 1 definition changes.
    digest sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

    Definitions, policy, code
      * CodeChanged: this branch changes what runs: scripts/plan.ts
      * repositories bookworm: root changes

    Who loses and gains access
      - bob loses bookworm and packages-dev (its own line)
      - erin loses bookworm (its own line)
      = RENAMED buildfarm → buildfarm-2: new certificate and key, same access; the
        old name's certificate does not work any more
      + alice and frank gain bookworm (its own line; no end; no contact)
      + erin gains packages-dev (its hold is lifted; no end; no contact)

    Certificates
      + issue (Missing), client, key from its request: alice (because it has no
        valid certificate)
      + release, no longer on the CRL: erin
      | hold, certificateHold: dave
      - revoke (Removed), cessationOfOperation: bob
      · key of alice:
        sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

    CRL 1795262400 is signed (EntriesChanged).
    Files: 1 written.
    In this plan by time alone: 1 certificate renewed (carol).
    By time alone in the next 14 days: nothing.
    None: removed, suspended, reissued, compromised, new, changed ends, changed
    contacts, changed homes, other changed fields, policy.

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
      "+ issue (Missing), client, key from its request: alice (because it has no valid certificate) · key of alice: sha256:0123",
    ],
    [
      { ...CHANGES.renew, due: "registry" },
      "~ renew (RenewalDue), client, key managed here: carol (because its certificate",
    ],
    [CHANGES.revoke, "- revoke (Removed), cessationOfOperation: bob"],
    [
      { ...CHANGES.revoke, reason: "superseded", cause: "KeyChanged", message: "its key is another" },
      "- revoke (KeyChanged), superseded: bob (because its key is another)",
    ],
    [CHANGES.hold, "| hold, certificateHold: dave"],
    [CHANGES.release, "+ release, no longer on the CRL: erin"],
    [CHANGES.definition, "Definitions, policy, code * repositories bookworm: root changes"],
    [CHANGES.crl, "CRL 1795262400 is signed (EntriesChanged)."],
    [CHANGES.file, "Files: 1 written."],
    [{ ...CHANGES.file, reason: "Stray" }, "Files: 1 removed."],
    [{ ...CHANGES.file, reason: "Missing" }, "Files: 1 made."],
    [
      { ...CHANGES.file, byHand: true },
      "EDITED BY HAND pki/nginx/clients.map: it is written, and what it holds is lost. Files: 1 written.",
    ],
  ] satisfies [Change, string][])("$kind", (change, expected) => {
    expect(words(plan({ changes: [change] }))).toContain(expected);
  });
});

describe("access", () => {
  it.each([
    ["a gain", [access("a", ["x"], [])], "+ a gains x"],
    ["a loss", [access("a", [], ["x", "y"])], "- a loses x and y"],
    ["both at once", [access("a", ["x"], ["y"])], "- a loses y (its own line) + a gains x"],
    ["clients alike share a line", [access("a", ["x"], []), access("b", ["x"], [])], "+ a and b gain x"],
    [
      "clients unlike do not",
      [access("a", ["x"], []), access("b", ["y"], [])],
      "+ a gains x (its own line; no end; no contact) + b gains y",
    ],
    [
      "a rename",
      [access("b", [], [], "a")],
      "= RENAMED a → b: new certificate and key, same access; the old name's certificate does not work any more",
    ],
    [
      "a rename that gains",
      [access("b", ["x"], [], "a")],
      "= RENAMED a → b: new certificate and key, other access, as said here; the old name's certificate does not work any more + b gains x",
    ],
    [
      "a crowd",
      many(14, (n) => access(`c${n}`, ["x"], [])),
      "+ 14 clients gain x (c0 … c13, listed below; its own line; no end; no contact)",
    ],
  ])("%s", (_, changes, expected) => {
    expect(words(plan({ access: changes }))).toContain(expected);
  });

  it("puts sensitive groups before everything else, loud, and not among the warnings", () => {
    const loud = plan({
      access: [access("a", ["x"], [])],
      warnings: [{ code: "SensitiveGroup", message: "sensitive group staff (x) gains a (new; no end; no contact)" }],
    });
    expect(text(loud)).toContain(
      "last.\n  # SENSITIVE group staff (x) gains a (new; no end; no contact)\n\nPlan as of",
    );
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
      "In this plan by time alone: 5 certificates renewed (c0, c1, c2, c3 and c4), 1 CRL signed, 3 files written.\n",
    );
    expect(shown).not.toContain("~ renew");
  });
});

describe("a crowd is folded", () => {
  it("shows the first twenty of each kind and counts the rest", () => {
    const changes = [
      ...many(10_000, (n) => ({ ...CHANGES.issue, identity: `i${n}` })),
      ...many(3000, (n) => ({ ...CHANGES.revoke, identity: `r${n}` })),
    ];
    const gains = many(10_000, (n) => access(`g${n}`, [`x${n}`], []));
    const losses = many(30, (n) => access(`l${n}`, [], [`x${n}`]));
    const shown = text(plan({ changes, access: [...gains, ...losses] }));
    expect(shown).toContain("key from its request: 10,000 (i0 … i9999)");
    expect(shown).toContain("key of i19:");
    expect(shown).not.toContain("key of i20:");
    expect(shown).toContain("… and 9,980 more keys from requests\n");
    expect(shown).toContain("cessationOfOperation: 3,000 (r0 … r2999)");
    expect(shown).toContain("g19 gains x19 ");
    expect(shown).not.toContain("g20");
    expect(shown).toContain("… and 9,980 more clients that gain access\n");
    expect(shown).toContain("l0 loses x0 ");
    expect(shown).toContain("… and 10 more clients that lose access\n");
    expect(shown.split("\n").length).toBeLessThan(150);
  });

  it("counts clients, not the lines that are folded away", () => {
    const pairs = many(30, (n) => [access(`a${n}`, [`x${n}`], []), access(`b${n}`, [`x${n}`], [])]).flat();
    expect(text(plan({ access: pairs }))).toContain("… and 20 more clients that gain access\n");
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
    expect(coloured).toContain("\u001b[31m- bob loses");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(text(FULL));
  });

  it("a line feed in a name or a message begins no statement", () => {
    const refusals = [{ code: "BadRequest", message: "no\n  ! Approved" }] as const;
    const shown = text(plan({ access: [access("a\n  + mallory", ["x"], [])], refusals }), 200);
    expect(shown).toContain("  + a + mallory gains x ");
    expect(shown).toContain("  ! BadRequest: no ! Approved\n");
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
