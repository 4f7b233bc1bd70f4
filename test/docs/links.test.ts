import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";

const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "pki/README.md",
  ...readdirSync(join(CHECKOUT, "docs")).map((name) => `docs/${name}`),
];

/** As forges make them of headings: lower case, no punctuation, dashes for spaces. */
function anchors(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function* brokenLinks(page: string): Generator<string> {
  const text = readFileSync(join(CHECKOUT, page), "utf8");
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(CHECKOUT, file))) yield target;
    else if (anchor !== undefined && !anchors(readFileSync(join(CHECKOUT, file), "utf8")).has(anchor)) yield target;
  }
}

describe.each(PAGES)("%s", (page) => {
  it("links to what is there", () => {
    expect([...brokenLinks(page)]).toEqual([]);
  });
});
