import { execFileSync } from "node:child_process";
import { expect, it, test } from "vitest";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { check, EVERYTHING, registryOf } from "./samples.ts";

const iconv = (code: string) => execFileSync("iconv", ["-f", "UTF-8", "-t", code], { input: EVERYTHING });

test.each<[shape: string, bytes: () => Buffer]>([
  ["in UTF-8 with a byte order mark", () => Buffer.from(`\ufeff${EVERYTHING}`)],
  [
    "in UTF-16, as a Windows shell writes it",
    () => Buffer.from(`\ufeff${EVERYTHING.replaceAll("\n", "\r\n")}`, "utf16le"),
  ],
  ["in UTF-16 by iconv", () => iconv("UTF-16")],
  ["in UTF-16LE without a mark", () => iconv("UTF-16LE")],
  ["in UTF-16BE without a mark", () => iconv("UTF-16BE")],
  ["in CR LF", () => Buffer.from(EVERYTHING.replaceAll("\n", "\r\n"))],
  ["with blanks at the ends of lines", () => Buffer.from(EVERYTHING.replaceAll("\n", " \n"))],
])("clients.yaml says the same %s", (_, bytes) => {
  const result = check(bytes());
  expect(result.ok ? [] : result.problems.map(formatProblem)).toEqual([]);
  expect(result.ok && result.registry).toEqual(registryOf(EVERYTHING));
});

test.each<[shape: string, bytes: () => Buffer, said: string]>([
  [
    "in UTF-16 to which a shell has added a byte",
    () => Buffer.concat([iconv("UTF-16"), Buffer.from("x")]),
    "1:1: the file is UTF-16 that is broken off, or has something else after it (save the file as UTF-8)",
  ],
  ["in Latin-1", () => Buffer.from(EVERYTHING, "latin1"), "16:1: this line is not UTF-8 (save the file as UTF-8)"],
  ["in UTF-32", () => iconv("UTF-32"), "1:1: the file is UTF-16 that is broken off"],
])("clients.yaml is named %s", (_, bytes, said) => {
  const result = check(bytes());
  expect(result.ok ? "" : result.problems.map(formatProblem).join("\n")).toContain(`clients.yaml:${said}`);
});

it("points at the same line and column in every code", () => {
  const slip = EVERYTHING.replace("home: dev", "home: dv");
  const places = [Buffer.from(slip), Buffer.from(`\ufeff${slip}`), Buffer.from(`\ufeff${slip}`, "utf16le")].map(
    (bytes) => {
      const result = check(bytes);
      return result.ok ? null : result.problems.map(formatProblem);
    },
  );
  expect(places[0]).toEqual([expect.stringContaining("clients.yaml:16:")]);
  expect(places).toEqual([places[0], places[0], places[0]]);
});
