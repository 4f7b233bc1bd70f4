import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EditValue, Plan } from "../../../scripts/model/plan.ts";
import { planJson } from "../../../scripts/views/plan/json.ts";
import { planMarkdown } from "../../../scripts/views/plan/markdown.ts";
import { planText } from "../../../scripts/views/plan/text.ts";
import { PLAIN } from "../../../scripts/views/style.ts";
import { edit } from "./fleets.ts";
import { plan } from "./samples.ts";
import { plans } from "./worlds.ts";

/** A page's statements: symbol and sentence, however it was wrapped. */
interface Said {
  readonly symbol: string;
  readonly sentence: string;
}

interface Page {
  readonly headline: string;
  readonly statements: readonly Said[];
}

/** Text: a statement begins with two blanks and its symbol, and goes on with four blanks. */
function textPage(plan: Plan, width = 80): Page {
  const page = planText(plan, { style: PLAIN, width });
  const statements: Said[] = [];
  for (const line of page.split("\n")) {
    const [, symbol, start] = /^ {2}(\S) (.*)$/.exec(line) ?? [];
    const last = statements.at(-1);
    if (symbol !== undefined && start !== undefined) statements.push({ symbol, sentence: start });
    else if (line.startsWith("    ") && last !== undefined)
      statements[statements.length - 1] = { ...last, sentence: `${last.sentence} ${line.trim()}` };
    else statements.push({ symbol: "", sentence: line });
  }
  return { headline: oneLine(page.split(/\n {2}\S|\n\n/)[0] ?? ""), statements };
}

/** Markdown: a line of a diff block, and what goes on has four blanks more. */
function markdownPage(plan: Plan): Page {
  const page = planMarkdown(plan);
  const statements: Said[] = [];
  for (const line of page.split("\n")) {
    const last = statements.at(-1);
    if (/^[-+! ] {4}/.test(line) && last !== undefined)
      statements[statements.length - 1] = { ...last, sentence: `${last.sentence} ${line.slice(1).trim()}` };
    else if (/^[-+! ] \S/.test(line)) statements.push({ symbol: line[0] ?? "", sentence: line.slice(2) });
    else statements.push({ symbol: "", sentence: line });
  }
  return { headline: /^\*\*(.*)\*\*$/m.exec(page)?.[1] ?? "", statements };
}

const oneLine = (text: string) => text.replace(/\s+/g, " ");

/** How many clients a sentence is about: a number, or names. */
function clientsIn(sentence: string): number {
  const [, number] = /(?:^|[:] |and )([\d,]+) (?:clients?|more)\b/.exec(sentence) ?? [];
  if (number !== undefined) return Number(number.replaceAll(",", ""));
  return new Set(sentence.match(/\bcl-\d+\b/g)).size;
}

/** What the sections list, by the words of the headline. */
const LISTED: Readonly<Record<string, (said: Said) => boolean>> = {
  "gain access": ({ symbol, sentence }) =>
    (symbol === "+" && / gains? /.test(sentence)) || /^… and .* that gain access$/.test(sentence),
  removed: ({ sentence }) => /^REMOVED for ever|^… and .* that are removed$/.test(sentence),
  suspended: ({ sentence }) => /^SUSPENDED until lifted|^… and .* that are suspended$/.test(sentence),
  "lose access otherwise": ({ symbol, sentence }) =>
    (symbol === "-" && / loses? /.test(sentence) && !/^(?:REMOVED|SUSPENDED)/.test(sentence)) ||
    /^… and .* that lose access$/.test(sentence),
  renamed: ({ sentence }) => /^RENAMED|^… and .* that are renamed$/.test(sentence),
  reissued: ({ sentence }) => /^REISSUED|^… and .* that are reissued$/.test(sentence),
  "KEY COMPROMISED": ({ sentence }) => /^KEY COMPROMISED/.test(sentence),
  new: ({ sentence }) => /^NEW |^… and .* entries that are new$/.test(sentence),
};

/** The headline's numbers under the same words. */
function counted(headline: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const words of Object.keys(LISTED)) {
    const form = words.replace(/^(gain|lose) /, "$1s? ").replace("KEY C", "KEYS? C");
    const [, number] = new RegExp(`([\\d,]+) (?:clients? )?(?:is |are )?${form}`).exec(headline) ?? [];
    counts.set(words, number === undefined ? 0 : Number(number.replaceAll(",", "")));
  }
  return counts;
}

const PAGES = [
  ["text", (plan: Plan) => textPage(plan)],
  ["text of 60 columns", (plan: Plan) => textPage(plan, 60)],
  ["Markdown", markdownPage],
] as const;

describe("headline and sections agree", () => {
  it.each(PAGES)("in %s, whatever happens to whom", (_, read) => {
    const holds = (plan: Plan) => {
      const { headline, statements } = read(plan);
      for (const [words, number] of counted(headline)) {
        const listed = statements.filter((said) => LISTED[words]?.(said));
        const sum = listed.reduce((total, { sentence }) => total + clientsIn(sentence), 0);
        expect(`${number} ${words}`).toBe(`${sum} ${words}`);
      }
    };
    fc.assert(fc.property(plans, holds));
  });

  it("what the headline does not count stands among what there is none of, and nothing else does", () => {
    const absent = ["gains", "removed", "suspended", "other losses", "renamed", "reissued", "compromised", "new"];
    const holds = (plan: Plan) => {
      const page = oneLine(planText(plan, { style: PLAIN, width: 80 }));
      if (page.startsWith("Nothing to do")) return;
      const none = /None: ([^.]*)\./.exec(page)?.[1]?.split(", ") ?? [];
      const zero = [...counted(textPage(plan).headline).values()].flatMap((n, index) =>
        n === 0 ? [absent[index]] : [],
      );
      expect(none.filter((word) => absent.includes(word))).toEqual(zero);
    };
    fc.assert(fc.property(plans, holds));
  });
});

/** Every word and number in a value; null is the missing side of an entry that comes or goes. */
function leaves(value: EditValue): string[] {
  if (value === null) return [];
  if (typeof value !== "object") return [String(value)];
  return Object.values(value).flatMap((one: EditValue) => leaves(one));
}

const FIELDS = new Map([
  ["expires", "END"],
  ["home", "HOME"],
  ["contact", "CONTACT"],
]);

describe("nothing is unnamed", () => {
  it("in JSON every edit stands as it is", () => {
    const holds = (plan: Plan) => {
      expect(JSON.parse(planJson(plan)).edits).toEqual(JSON.parse(JSON.stringify(plan.edits)));
    };
    fc.assert(fc.property(plans, holds));
  });

  it.each(PAGES)("in %s every edit stands with its field and both values, one by one or with how many", (_, read) => {
    const holds = (plan: Plan) => {
      const { statements } = read(plan);
      for (const { section, name, field, from, to } of plan.edits) {
        const words = [field, ...(section === "clients" ? (FIELDS.get(field) ?? []) : [])].flat();
        const found = statements.filter(({ sentence }) => {
          const named = sentence.includes(name) || /\b\d+ clients\b|^(?:NEW|GONE), all of them: /.test(sentence);
          return (
            named &&
            words.some((word) => sentence.includes(word)) &&
            [from, to].every((one) => leaves(one).every((part) => sentence.includes(part)))
          );
        });
        expect(
          found.map(({ sentence }) => sentence),
          `${section} ${name} ${field}`,
        ).not.toEqual([]);
      }
    };
    fc.assert(fc.property(plans, holds));
  });
});

/** Text that tries to look like more than it is. */
const NASTY = [
  "x\n  - bob loses everything",
  "\n+ mallory gains x",
  "```\n# Approved",
  "a@example.com), root (its own line; no end; ask a@example.com",
  "2027-01-01 → 2099-01-01; HOME x: none",
  "\u202eecnatnoc",
  "\u001b[2K\rNothing to do",
  "| x\r\n! REFUSED",
];
const nasty = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 60 }));

/** The plan with other contacts, values and fields: as many as before, and as different from each other. */
function retold(plan: Plan, other: (text: string) => string): Plan {
  const value = (one: EditValue): EditValue => (typeof one === "string" ? other(one) : one);
  const contact = (one: string | null) => (one === null ? null : other(one));
  return {
    ...plan,
    access: plan.access.map((one) => ({ ...one, contact: contact(one.contact) })),
    compromised: plan.compromised.map((one) => ({ ...one, contact: contact(one.contact) })),
    edits: plan.edits.map((one) => ({ ...one, from: value(one.from), to: value(one.to) })),
  };
}

describe("nothing that is not ours begins a statement", () => {
  it.each([
    ["text", (plan: Plan) => textPage(plan, 1_000_000)],
    ["Markdown", markdownPage],
  ] as const)("in %s there are as many, with the same symbols, whatever contacts and values say", (_, read) => {
    const holds = (plan: Plan, text: string) => {
      const symbols = (of: Plan) => read(of).statements.flatMap(({ symbol }) => (symbol === "" ? [] : [symbol]));
      expect(symbols(retold(plan, (was) => `${text}${was}`))).toEqual(symbols(retold(plan, (was) => `x${was}`)));
    };
    fc.assert(fc.property(plans, nasty, holds));
  });

  it("a value that would pass for more stands in quotes, and ends where they end", () => {
    const holds = (text: string) => {
      const one = plan({ edits: [edit("alice", "contact", "a@example.com", text)] });
      const [, shown = ""] =
        /~ CONTACT alice: a@example\.com → (.*)$/m.exec(planText(one, { style: PLAIN, width: 1e6 })) ?? [];
      if (/^[\w.@:/+~%*-]+$/.test(shown)) expect(shown).toBe(text);
      else expect(shown).toMatch(/^"(?:[^"\\]|\\.)*"$/);
    };
    fc.assert(
      fc.property(
        nasty.filter((text) => text !== "a@example.com"),
        holds,
      ),
    );
  });
});
