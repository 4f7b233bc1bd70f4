import { describe, expect, it } from "vitest";
import type { Change, Plan } from "../../../scripts/model/plan.ts";
import { planFromJson } from "../../../scripts/views/plan/from-json.ts";
import { planJson } from "../../../scripts/views/plan/json.ts";
import { planMarkdown, problemsMarkdown } from "../../../scripts/views/plan/markdown.ts";
import { access, divide, LOSSES, refusal } from "./pages.ts";
import { CHANGES, FULL, many, plan } from "./samples.ts";

it("is one screen for one of everything", () => {
  expect(planMarkdown(FULL)).toMatchInlineSnapshot(`
    "<!-- gatehouse plan -->
    **REFUSED for 1 reason, named at the end. 3 clients gain access, 2 lose access otherwise, 1 is renamed. 1 sensitive group changes. CODE changes. Compared with what was carried out last.**

    \`\`\`diff
    ! SENSITIVE group staff gains alice
    \`\`\`

    Plan as of 2026-11-21T12:00:00Z. Certificates: 1 to issue, 1 to release, 1 to hold, 1 to revoke. 1 definition changes.

    #### Definitions, policy, code

    \`\`\`diff
    ! CodeChanged: this branch changes what runs: scripts/plan.ts
    ! repositories bookworm: root changes
    \`\`\`

    #### Who loses and gains access

    \`\`\`diff
    - bob loses bookworm and packages-dev (its own line)
    - erin loses bookworm (its own line)
    ! RENAMED buildfarm → buildfarm-2: new certificate and key, same access; the old name's
    !    certificate does not work any more
    + alice and frank gain bookworm (its own line; no end; no contact)
    + erin gains packages-dev (its hold is lifted; no end; no contact)
    \`\`\`

    #### Certificates and files

    \`\`\`diff
    + issue (Missing), client, key from its request: alice (because it has no valid certificate)
    + release, no longer on the CRL: erin
    - hold, certificateHold: dave
    - revoke (Removed), cessationOfOperation: bob
      key of alice: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    \`\`\`

    \`\`\`diff
      CRL 1795262400 is signed (EntriesChanged).
      Files: 1 written.
      In this plan by time alone: 1 certificate renewed (carol).
      By time alone in the next 14 days: nothing.
      None: removed, suspended, reissued, compromised, new, changed ends, changed contacts, changed
         homes, other changed fields, policy.
    \`\`\`

    <details><summary>Names, reasons and serial numbers (4)</summary>

    \`\`\`diff
    + issue alice: key sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    +    (because it has no valid certificate)
    + release erin: serial 5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F (because no longer suspended)
    - hold dave: serial 5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F (because suspended in the registry)
    - revoke bob: serial 5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F5F (because no longer in the registry)
    \`\`\`

    </details>

    #### Warnings

    \`\`\`diff
    ! NoContact: no contact is given for alice
    \`\`\`

    #### Refused

    \`\`\`diff
    ! TooManyLosses: 14 of 40 clients (35 %) lose access, over 25 %: a, b. Run with --allow-losses
    !    14.
    \`\`\`

    Digest: \`sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\`
    "
  `);
});

it("is one plain sentence when there is nothing to do", () => {
  expect(planMarkdown(plan())).toMatch(/^<!-- gatehouse plan -->\n\*\*Nothing to do\*\*: as of 2026-11-21T12:00:00Z/);
});

it("is the same made from the plan's JSON", () => {
  expect(planMarkdown(planFromJson(planJson(FULL)))).toBe(planMarkdown(FULL));
});

it("says first what shifts meaning, and the digest last", () => {
  const page = planMarkdown(FULL);
  const titles = [...page.matchAll(/^#### (.+)$/gm)].map(([, title]) => title);
  expect(titles).toEqual([
    "Definitions, policy, code",
    "Who loses and gains access",
    "Certificates and files",
    "Warnings",
    "Refused",
  ]);
  expect(page.trimEnd().split("\n").at(-1)).toBe(`Digest: \`${FULL.digest}\``);
});

describe("the symbol stands in the first column", () => {
  it.each([
    ["a gain", { access: [access("a", ["x"], [])] }, "+ a gains x (its own line; no end; no contact)"],
    ["a loss", { access: [access("a", [], ["x"])] }, "- a loses x (its own line)"],
    [
      "both",
      { access: [access("a", ["x"], ["y"])] },
      "- a loses y (its own line)\n+ a gains x (its own line; no end; no contact)",
    ],
    [
      "clients alike",
      { access: [access("a", ["x"], []), access("b", ["x"], [])] },
      "+ a and b gain x (its own line; no end; no contact)",
    ],
    [
      "a rename",
      { access: [access("b", [], [], "a")] },
      "! RENAMED a → b: new certificate and key, same access; the old name's certificate does not work\n!    any more",
    ],
    [
      "a sensitive group",
      { warnings: [{ code: "SensitiveGroup", message: "sensitive group staff gains a" }] },
      "! SENSITIVE group staff gains a",
    ],
    ["a definition", { changes: [CHANGES.definition] }, "! repositories bookworm: root changes"],
    [
      "certificates for one reason",
      {
        changes: ["alice", "zoe"].map((identity) => ({
          ...CHANGES.issue,
          identity,
          key: "managed",
          fingerprint: null,
        })),
      },
      "+ issue (Missing), client, key managed here: alice and zoe (because it has no valid certificate)",
    ],
    ["a revocation", { changes: [CHANGES.revoke] }, "- revoke (Removed), cessationOfOperation: bob"],
    ["a warning", { warnings: [{ code: "NoContact", message: "no contact" }] }, "! NoContact: no contact"],
    ["a refusal", { refusals: [{ code: "BadRequest", message: "no" }] }, "! BadRequest: no"],
  ] satisfies [string, Partial<Plan>, string][])("%s", (_, parts, expected) => {
    expect(planMarkdown(plan(parts))).toContain(`\`\`\`diff\n${expected}\n\`\`\``);
  });

  it("of every line, where one is wrapped", () => {
    const { inside } = divide(
      planMarkdown(
        plan({
          access: [
            access(
              "a",
              [],
              many(40, (n) => `repository-${n}`),
            ),
          ],
        }),
      ),
    );
    const losses = inside.filter((line) => line.startsWith("-"));
    expect(losses.length).toBeGreaterThan(3);
    for (const line of losses) expect(line).toMatch(/^- .{1,94}$/);
  });
});

it("folds serial numbers away, and shows the keys of requests, which a reviewer compares", () => {
  const [before = "", after = ""] = planMarkdown(FULL).split("<details>");
  expect(before).toContain(`\n  key of alice: ${CHANGES.issue.fingerprint}\n`);
  expect(before).not.toContain("serial ");
  expect(after).toContain(`key ${CHANGES.issue.fingerprint}`);
  expect(after).toContain(`serial ${CHANGES.revoke.serial}`);
  expect(after.indexOf("</details>")).toBeLessThan(after.indexOf("#### Warnings"));
});

describe("is under 60,000 characters", () => {
  const long = "word ".repeat(1000);
  const name = (n: number) => `${"n".repeat(50)}-${n}`;
  const crowd = {
    changes: many(30_000, (n): Change => ({ ...CHANGES.issue, identity: name(n), message: long })),
    access: many(30_000, (n) => access(name(n), [`r${n % 7000}`], [`r${n % 11}`])),
    warnings: many(3000, (n) => ({ code: "RequestReplaced" as const, message: `${name(n)}: ${long}` })),
  };
  it.each([
    ["a crowd", crowd],
    ["a crowd of one access", { access: many(30_000, (n) => access(name(n), ["x"], [])) }],
    ["ten thousand refusals", { refusals: many(10_000, (n) => ({ code: "StateEdited" as const, message: long + n })) }],
    ["ten thousand definitions", { changes: many(10_000, (n) => ({ ...CHANGES.definition, name: name(n) })) }],
    ["sensitive groups", { warnings: many(10_000, () => ({ code: "SensitiveGroup" as const, message: long })) }],
    ["what grows when it is escaped", { refusals: many(30, () => refusal("\u{10ffff}".repeat(5000))) }],
    ["a long word", { refusals: [refusal("x".repeat(1_000_000))] }],
  ] satisfies [string, Partial<Plan>][])("%s", (_, parts) => {
    const page = planMarkdown(plan(parts));
    expect(page.length).toBeLessThan(60_000);
    expect(page.length).toBeGreaterThan(3000);
    divide(page);
  });

  it("all at once", () => {
    const changes = [...crowd.changes, ...many(10_000, (n) => ({ ...CHANGES.definition, name: name(n) }))];
    const refusals = many(10_000, () => refusal(long));
    expect(planMarkdown(plan({ ...crowd, changes, refusals })).length).toBeLessThan(60_000);
  });

  it("so is a list of problems", () => {
    const problem = { file: "clients.yaml", line: 1, column: 2, message: long, hint: null };
    const page = problemsMarkdown(many(1000, () => problem));
    expect(page.length).toBeLessThan(60_000);
    expect(page).toContain("1,000 problems");
  });
});

describe("what is cut", () => {
  const crowd = many(30_000, (n) => access(`client-${n}`, [`r${n}`], []));

  it("is counted", () => {
    const { inside } = divide(planMarkdown(plan({ access: crowd })));
    const shown = inside.filter((line) => line.startsWith("+ ")).length;
    expect(inside).toContainEqual(expect.stringContaining(`… and ${(30_000 - shown).toLocaleString("en")} more`));
  });

  it("is never a definition, a sensitive group or a refusal for a crowd of clients, or for each other", () => {
    const page = planMarkdown(
      plan({
        access: crowd,
        changes: [
          ...many(30_000, (n): Change => ({ ...CHANGES.issue, identity: `i${n}` })),
          ...many(200, (n) => ({ ...CHANGES.definition, name: `d${n}` })),
        ],
        warnings: many(60, (n) => ({ code: "SensitiveGroup" as const, message: `s${n} ${"long ".repeat(500)}` })),
        refusals: many(100, (n) => refusal(`b${n} ${"long ".repeat(500)}`)),
      }),
    );
    for (let n = 0; n < 200; n++) expect(page).toContain(`\n! repositories d${n}: root changes\n`);
    for (let n = 0; n < 60; n++) expect(page).toContain(`\n! SENSITIVE s${n} `);
    for (let n = 0; n < 100; n++) expect(page).toContain(`\n! BadRequest: b${n} `);
  });

  it("is at least one of each code, where there are too many refusals for any page", () => {
    const page = planMarkdown(plan({ refusals: [...many(10_000, () => refusal("x".repeat(99))), LOSSES] }));
    expect(page).toContain("! TooManyLosses: 14 of 40");
    expect(page).toMatch(/… and [\d,]+ more: [\d,]+ BadRequest\n/);
    expect(page).toContain("REFUSED for 10,001 reasons");
  });
});
