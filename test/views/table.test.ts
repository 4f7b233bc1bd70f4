import stringWidth from "string-width";
import { expect, it } from "vitest";
import { PLAIN } from "../../scripts/views/style.ts";
import { table } from "../../scripts/views/table.ts";
import { columns, wrap } from "../../scripts/views/wrap.ts";

/** `é` as two code points: a letter, and an accent that takes no column of its own. */
const ACCENT = "e\u0301";

it("columns stand one below the other, whatever is written in them", () => {
  const rows = [
    ["北京包", "倉庫"],
    [`caf${ACCENT}`, "b"],
    ["한국", `${ACCENT}${ACCENT}`],
    ["a", "ｆｕｌｌ"],
  ];
  const lines = table(
    ["name", "at", "what"],
    rows.map((cells) => ({ cells: [...cells, "x"] })),
    80,
    PLAIN,
  );
  expect(lines).toEqual([
    "name    at        what",
    "北京包  倉庫      x",
    `caf${ACCENT}    b         x`,
    `한국    ${ACCENT}${ACCENT}        x`,
    "a       ｆｕｌｌ  x",
  ]);
});

it("a cell that is too wide pushes the rest of its row down, by its columns and not by its letters", () => {
  const wide = "包".repeat(15);
  const long = ACCENT.repeat(20);
  const lines = table(["name", "what"], [{ cells: [wide, "x"] }, { cells: [long, "y"] }], 80, PLAIN);
  expect(lines.slice(1)).toEqual([wide, `${" ".repeat(22)}x`, `${long}  y`]);
});

it("lines are as long as they look", () => {
  expect(wrap("包裹 倉庫 存放 a", 9)).toEqual(["包裹 倉庫", "存放 a"]);
  expect(wrap(`${ACCENT.repeat(4)} ${ACCENT.repeat(4)}`, 9)).toEqual([`${ACCENT.repeat(4)} ${ACCENT.repeat(4)}`]);
  expect(wrap("one two", 8, { first: "包裹: " })).toEqual(["包裹: one", "      two"]);
});

it("what is not looked up is as wide as the library says", () => {
  const all = Array.from({ length: 0xffff }, (_, code) => String.fromCharCode(code)).filter((one) =>
    /[^\p{C}]/u.test(one),
  );
  expect(all.filter((one) => columns(one) !== stringWidth(one))).toEqual([]);
});
