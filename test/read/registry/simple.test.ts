import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Node, Scalar } from "../../../scripts/model/schema/node.ts";
import { Report } from "../../../scripts/read/registry/report.ts";
import { readSimple } from "../../../scripts/read/registry/simple.ts";
import { readYaml } from "../../../scripts/read/registry/yaml.ts";

type Plain = Scalar | readonly Plain[] | { readonly pairs: readonly (readonly [string, number, Plain])[] };

/** What a tree says, with the offsets of its keys and scalars (an absent value has none worth comparing). */
function plain(node: Node): Plain {
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind === "map") return { pairs: node.entries.map(({ key, offset, value }) => [key, offset, plain(value)]) };
  return node.value === null ? null : [node.value, node.offset, node.text];
}

function complete(text: string): Plain | "refused" {
  const tree = readYaml(text, new Report());
  return tree === null ? "refused" : plain(tree);
}

/** Where the simple reader has an answer, it is the complete parser's, which never throws. */
function agree(text: string): void {
  const simple = readSimple(text);
  const expected = complete(text);
  if (simple !== null) expect(plain(simple)).toEqual(expected);
}

describe("the simple reader reads", () => {
  test.each([
    "a: 1\n",
    "a: 1",
    "a:\nb: ~\nc: null\nd: true\ne: 0x1f\nf: 1e3\ng: .inf\nh: 1.5\ni: 007\nj: 0o17\n",
    "# x\n\na: # y\n  b: c # z\n # w\n\n  d: 'e f'\n",
    "a: { b: c, d: [e, f], g: {}, h: [] }\n",
    "a: [b,\n  c, # d\n\n  e\n  ]\nf: {\n  g: h,\n }\n",
    "a:\n- b\n- c\nd:\n  - e\n",
    'a: https://b.example:8443/c\nd: 127.0.0.1:80\ne: "[::]:443"\nf: 2026-11-20T18:00:00Z\n',
    "a: b\r\nc:\r\n  d: e # f\r\n\r\n",
    "2020: a\ntrue: b\nconstructor: c\n",
    "a: Jörg, Example Ltd\nb: it's \"so\"\nc: ''\n",
    "a: b\n    \n",
    "a: b\n  # c",
  ])("%j", (text) => {
    expect(readSimple(text)).not.toBeNull();
    agree(text);
  });

  test.each([
    "a: b\n  c\n",
    "a: &b c\n",
    "a: *b\n",
    "a: !b c\n",
    "a: |\n  b\n",
    'a: "\\n"\n',
    "a: 'b''c'\n",
    "a: 'b\n  c'\n",
    "? a\n: b\n",
    "--- \na: b\n",
    "a: b\n...\n",
    "<<: a\n",
    "a:\tb\n",
    "a: b: c\n",
    "a: [b: c]\n",
    "a: {b}\n",
    "a: {b: }\n",
    "a: [\nb]\n",
    "a: b #c\n d: e\n",
    "a: -\n",
    "a: {{}: b}\n",
    "a: b\n c: d\n",
    " a: b\nc: d\n",
    "",
    "a",
  ])("not %j", (text) => {
    expect(readSimple(text)).toBeNull();
  });
});

/** Pieces out of which lines that are nearly YAML come about. */
const piece = fc.constantFrom(
  ..."a b: c: {  } [ ] , - # ' \" \\ & * ! | > % @ ` ? : ~ . / 1 0x1 2026-11-20 true null <<".split(" "),
  ..." |  |    |\n|\n  |\n    |\n- |: |, | #|\r\n|a: |  b: |{ a: 1 }|[a, b]|'a'|\"b\"|\t|ö".split("|"),
);

test("the simple reader agrees with the complete parser, or leaves it to that", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => agree(pieces.join(""))),
    { numRuns: 5_000 },
  );
});

/** Documents that it nearly always reads, in every layout. */
const scalar = fc.constantFrom("a", "b c", "1", "'q: #'", '"x, y"', "a:b", "2026-11-20", "-", "x,y", "a#b", "no", "''");
const key = fc.constantFrom("a", "b-1", "c.d", "2020", "groups");
const flow: fc.Arbitrary<string> = fc
  .letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, scalar, tie("map"), tie("list")),
    map: fc
      .tuple(
        fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }),
        fc.constantFrom(", ", ",", ",\n     ", ", # c\n    "),
      )
      .map(([pairs, comma]) => `{${pairs.map(([name, value]) => `${name}: ${value}`).join(comma)}}`),
    list: fc
      .tuple(fc.array(tie("value"), { maxLength: 3 }), fc.constantFrom(", ", ",", "\n  , ", " ,\n"))
      .map(([items, comma]) => `[ ${items.join(comma)} ]`),
  }))
  .value.map(String);
const line = fc.tuple(
  fc.constantFrom("", "  ", "    "),
  fc.oneof(
    key.map((name) => `${name}: `),
    fc.constant("- "),
  ),
  fc.oneof(flow, fc.constant("")),
  fc.constantFrom("", " # c", " ", "\n", "\n   # c"),
);

test("the simple reader agrees with the complete parser on registries in every layout", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const text = lines.map((parts) => `${parts.join("")}\n`).join("");
      if (readSimple(text) !== null) read += 1;
      agree(text);
    }),
    { numRuns: 3_000 },
  );
  expect(read).toBeGreaterThan(60);
});
