import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../e2e/support/repository.ts";

/** What one file says for all: what it looks like in a source, and where it may stand. */
const ONCE: readonly { readonly what: string; readonly like: RegExp; readonly where: readonly string[] }[] = [
  {
    what: "how a word is written for sh",
    like: /'\\\\''/,
    // run.mjs is for a Node that cannot read the other.
    where: ["scripts/model/printable.ts", "scripts/run.mjs"],
  },
  {
    what: "that a name or path in a command line to type is a word of sh",
    like: /\b(?:git|rm|mv|chmod|export-key|origin)(?: -{1,2}[\w-]*| \d{3})* '\$\{|(?: --|\bgit rm|\brm|\bmv|\bchmod \d{3}) \$\{(?:printable\()?(?:path|file)\b/,
    where: [],
  },
  { what: "how git tells attributes", like: /"check-attr"/, where: ["scripts/system/attributes.ts"] },
  {
    what: "how git tells trees, the index and contents",
    like: /"(?:ls-tree|--stage|--batch)"/,
    // The filter's copy runs with Node's own modules alone, and asks the index for one file.
    where: ["scripts/system/objects.ts", "scripts/vault/filter.ts"],
  },
];

const SOURCES = globSync("scripts/**/*.{ts,mjs}", { cwd: CHECKOUT });

describe("what is said once", () => {
  it.each(ONCE)("$what", ({ like, where }) => {
    const found = SOURCES.filter((file) => like.test(readFileSync(join(CHECKOUT, file), "utf8")));
    expect(found.sort()).toEqual(where);
  });
});
