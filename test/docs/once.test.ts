import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../e2e/support/repository.ts";

/** What one file says for all: what it looks like in a source, and where it may stand. */
const ONCE: readonly { readonly what: string; readonly like: RegExp; readonly where: readonly string[] }[] = [
  {
    what: "how a word is written for sh",
    like: /"'\\\\''"/,
    // run.mjs is for a Node that cannot read the other.
    where: ["scripts/model/printable.ts", "scripts/run.mjs"],
  },
  {
    what: "that a name or path in a command line to type is a word of sh",
    like: /\b(?:git|rm|mv|chmod|export-key|origin)(?: -{1,2}[\w-]*| \d{3})* '\$\{|(?: --|\bgit rm|\brm|\bmv|\bchmod \d{3}) \$\{(?:printable\()?(?:path|file)\b/,
    where: [],
  },
  {
    what: "where a Node is looked for",
    like: /opt\/homebrew\/bin\/node/,
    where: ["scripts/recent-node.sh"],
  },
  {
    what: "the grammar of serial numbers and of names",
    like: /\[0-9A-F\]\{2\}|\[0-9A-F\]\{32\}|\[a-z0-9\]\[a-z0-9._-\]/,
    // A client's machine has no more than that.
    where: ["scripts/clients/renew.sh", "scripts/model/layout.ts"],
  },
  {
    what: "what a whole object's name and a whole digest look like",
    like: /\/\^(?:sha256:)?(?:\(\?:)?\[0-9a-f\]\{(?:40|64)[^/]*\$\/\.?/,
    // A fingerprint in a file of pkg's, which has no prefix.
    where: ["scripts/model/content.ts", "scripts/x509/signing-file.ts"],
  },
  { what: "how git tells attributes", like: /"check-attr"/, where: ["scripts/system/attributes.ts"] },
  {
    what: "how git tells trees, the index and contents",
    like: /"(?:ls-tree|--stage|--batch)"/,
    // The filter's copy runs with Node's own modules alone, and asks the index for one file.
    where: ["scripts/system/objects.ts", "scripts/vault/filter.ts"],
  },
  {
    what: "how fields of JSON from outside are read",
    like: /\bJSON\.parse\(|\bReflect\.get\(/,
    // pki/registry.yaml, whose fields model/schema.ts reads; a list of our own, behind its digest.
    where: [
      "scripts/model/canonical.ts",
      "scripts/model/json-fields.ts",
      "scripts/read/stat-cache-file.ts",
      // Before there are packages.
      "scripts/setup-git.sh",
    ],
  },
  {
    what: "how a file is replaced, whole or not at all",
    like: /\brenameSync\b|\brename\(/,
    // A log's rotation replaces nothing; the worker's clone is made by git, and the old one is gone before.
    where: ["scripts/bare/log.ts", "scripts/bare/work.ts", "scripts/system/replace.ts"],
  },
  {
    what: "who writes files without that",
    like: /\b(?:write|append)File(?:Sync)?\b/,
    where: [
      // A log and an output that grow, of a forge's; settings of a clone that is not in its place yet.
      "scripts/bare/work.ts",
      "scripts/flows/plan-to-show.ts",
      // Directories of our own that nobody else reads, and that are gone with the process.
      "scripts/ci/jobs.ts",
      "scripts/ci/review.ts",
      "scripts/ci/reviews.ts",
      "scripts/deploy/staging.ts",
      "scripts/serve/directory.ts",
      "scripts/system/signatures.ts",
      // A request is its name, and the lock is linked into its place.
      "scripts/bare/queue.ts",
      "scripts/system/lock.ts",
    ].sort(),
  },
];

it("which Node is needed: package.json says it, and one file that sh reads", () => {
  const { engines }: { engines: { node: string } } = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8"));
  const oldest = engines.node.replace(">=", "");
  expect(readFileSync(join(CHECKOUT, "scripts/recent-node.sh"), "utf8")).toContain(`\noldest_node=${oldest}\n`);
  const others = globSync("{scripts/**/*.{ts,mjs,sh},docs/**/*.md,{README,CONTRIBUTING}.md,.ci/*,.husky/*}", {
    cwd: CHECKOUT,
  });
  const saying = others.filter((file) => readFileSync(join(CHECKOUT, file), "utf8").includes(oldest));
  expect(saying).toEqual(["scripts/recent-node.sh"]);
});

const SOURCES = globSync("scripts/**/*.{ts,mjs,sh}", { cwd: CHECKOUT });

describe("what is said once", () => {
  it.each(ONCE)("$what", ({ like, where }) => {
    const found = SOURCES.filter((file) => like.test(readFileSync(join(CHECKOUT, file), "utf8")));
    expect(found.sort()).toEqual(where);
  });
});
