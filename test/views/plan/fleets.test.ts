import { describe, expect, it } from "vitest";
import { planMarkdown } from "../../../scripts/views/plan/markdown.ts";
import { planText } from "../../../scripts/views/plan/text.ts";
import { PLAIN } from "../../../scripts/views/style.ts";
import { FLEETS } from "./fleets.ts";

/** A page as one line: where it is wrapped is not the question. A diff block's symbols go with the line ends. */
const asText = (clients: keyof typeof FLEETS) =>
  planText(FLEETS[clients], { style: PLAIN, width: 80 }).replace(/\s+/g, " ");
const asMarkdown = (clients: keyof typeof FLEETS) =>
  planMarkdown(FLEETS[clients])
    .replace(/\n[-+! ] {4}/g, " ")
    .replace(/\s+/g, " ");

const HEADLINES = {
  12: "7 clients gain access, 1 is removed, 1 is suspended, 1 is renamed, 1 KEY COMPROMISED, 3 are new.",
  400: "81 clients gain access, 6 are removed, 1 is suspended, 1 is renamed, 1 KEY COMPROMISED, 5 are new.",
  2000: "474 clients gain access, 15 are removed, 1 is suspended, 1 is renamed, 1 KEY COMPROMISED, 35 are new.",
} as const;
const BY_GROUP = {
  12: "unit-0015 (until 2027-02-19T12:00:00Z; ask ops0@kestrel.example), unit-0016 (no end; ask ops1@kestrel.example)",
  400: "75 clients gain it (unit-0100 … unit-0248, listed below; 9 with an end; 7 contacts)",
  2000: "438 clients gain it (unit-0100 … unit-0974, ",
} as const;

describe.each([12, 400, 2000] as const)("a reviewer of a fleet of %i", (clients) => {
  describe.each([
    ["text", asText],
    ["Markdown", asMarkdown],
  ] as const)("with the %s alone", (_, page) => {
    it.each([
      ["how many gain, lose and are new, and what main is", HEADLINES[clients]],
      ["which commit is assumed", "Main is 4f1c2ab."],
      ["who gains because a group changed", `GROUP field now gives tools: ${BY_GROUP[clients]}`],
      [
        "who gains by its own line, until when, and whom to ask",
        "unit-0041 gains firmware and trixie (its own line; no end; ask ops5@kestrel.example)",
      ],
      ["whether an end moved", "END unit-0036: 2027-03-31 → 2029-03-31"],
      ["who loses for ever, and with which reason on the CRL", "REMOVED for ever (cessationOfOperation): "],
      ["who loses for a while", "SUSPENDED until lifted (certificateHold): unit-0061 loses freebsd-15 and tools"],
      [
        "whose key was stolen, who is locked out, and whom to ask",
        "KEY COMPROMISED: unit-0060 is locked out until its new bundle is installed (keyCompromise: certificates from before 2026-11-20T06:00:00Z are revoked; ask ops6@kestrel.example)",
      ],
      [
        "what a rename does to the old name",
        "RENAMED unit-0050 → falcon-1: new certificate and key, same access; the old name's certificate works until 2027-09-17",
      ],
      ["whether a contact moved", "CONTACT unit-0063: ops3@kestrel.example → someone@else.example"],
      ["whether a home moved", "HOME unit-0062: none → tools"],
      [
        "whether a definition moved",
        "groups field: repositories: [freebsd-15] → [freebsd-15, tools] (+ tools); field now reaches tools: ",
      ],
      ["what time alone does", "By time alone in the next 14 days: nothing."],
      [
        "whom to ask about a sensitive gain",
        "SENSITIVE group core (firmware, freebsd-15, tools, trixie) gains newbie-3 (new; no end; ask hr@kestrel.example)",
      ],
      ["what there is none of", "None: other losses, reissued, policy, code."],
      ["which file was edited by hand", "EDITED BY HAND pki/nginx/roles.map: "],
      ["which keys are new", "key of newbie-2: sha256:0101"],
    ])("learns %s", (_question, answer) => {
      expect(page(clients)).toContain(answer);
    });
  });

  it("finds alarms before everything else, and losses before gains", () => {
    const text = asText(clients);
    const order = [
      "clients gain access",
      "KEY COMPROMISED: ",
      "SENSITIVE",
      "Definitions, ",
      "REMOVED",
      "GROUP field now",
      "END unit-0036",
    ];
    const found = order.map((words) => text.indexOf(words));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found).not.toContain(-1);
  });
});

describe("the page of a fleet", () => {
  it("says in a line what one change of a setting does to hundreds, and what it does not do", () => {
    const text = asText(2000);
    expect(text).toContain("lifetime: 90d → 3650d for 438 clients (unit-1000 … unit-1437, all in plan --json)");
    expect(text).toContain(
      "(Certificates that are out keep their ends, but with shorten: true; a lifetime counts from the next one on.)",
    );
  });

  it("names everybody who gains in Markdown", () => {
    const page = planMarkdown(FLEETS[2000]);
    for (const { client } of FLEETS[2000].access.filter(({ gains }) => gains.length > 0))
      expect(page).toMatch(new RegExp(`\\b${client}\\b`));
  });

  it("is read in a minute: what is not keys and names fits 80 lines", () => {
    const lines = planText(FLEETS[2000], { style: PLAIN, width: 80 }).split("\n");
    const names = lines.indexOf("Names in full");
    const keys = lines.filter((line) => /key of |^ {4}sha256:/.test(line));
    expect(lines.slice(0, names).length - keys.length).toBeLessThan(80);
  });
});
