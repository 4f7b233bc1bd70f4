import { describe, expect, it, test } from "vitest";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { check } from "./samples.ts";

/** Lines 1 to 6; what a case adds begins in line 7. */
const HEAD = `version: 1
authority: { common_name: Example CA, organization: Example Ltd }
repositories: { dev: { type: pkg, path: /dev/, root: /srv/dev } }
groups:
  staff: { repositories: [dev] }
clients:
`;

function problemsOf(text: string): string[] {
  const result = check(text);
  return result.ok ? [] : result.problems.map(formatProblem);
}

const BLANK = "looks like a space, and is none to YAML (write a plain space)";
const TAB = "a tab stands in the indentation (write spaces: YAML takes nothing else there)";
const CONFLICT =
  "git's conflict markers: two versions of these lines are in the file (keep one, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>)";
const NO_SPACE = "there is no space after this colon (put one there)";
const NO_COLON = "this line has no colon (a name or field ends in one: alice: or csr: true)";
const COMMA = "a comma is missing here, or a } (put , between what are two, or } where it ends)";

describe("a slip gets one line, in our words, where it is", () => {
  test.each<[lines: string, place: string, said: string]>([
    ["  a: {}\n<<<<<<< HEAD\n  b: {}\n=======\n  c: {}\n>>>>>>> x\n", "8:1", CONFLICT],
    ["  a: {\n    groups: [staff],\n=======\n    csr: false }\n", "9:1", CONFLICT],
    ["  a:{ groups: [staff] }\n  b: {}\n", "7:4", NO_SPACE],
    ["  a:\n    groups:[staff]\n    csr: false\n", "8:11", NO_SPACE],
    ["  a:\n    contact: x\n    csr:false\n  b: {}\n", "9:8", NO_SPACE],
    ["  a: { csr:true }\n", "7:8", 'clients.a has no key "csr:true" (a space goes after the colon)'],
    ["  a:\n    csr:false\n", "8:5", 'clients.a must be a mapping, not "csr:false" (a space goes after the colon)'],
    ["  a: { groups: [staff]\n  b: {}\n  c: {}\n", "7:6", "this { is not closed (put } where it ends)"],
    ["  a: {\n    groups: [staff]\n  b: {}\n", "7:6", "this { is not closed (put } where it ends)"],
    ["  a: { groups: [staff], csr: false", "7:6", "this { is not closed (put } where it ends)"],
    ["  a: { groups: [staff }\n  b: {}\n", "7:16", "this [ is not closed before the } (put ] before the })"],
    ["  a: groups: [staff] }\n  b: {}\n", "7:6", "there is no { before this (put { before what belongs to the first)"],
    ["  a: { groups: staff] }\n", "7:21", "this ] closes nothing (take it out, or put [ where it begins)"],
    ["  a: { groups: [staff] }}\n", "7:25", "this } closes nothing (take it out, or put { where it begins)"],
    ["  a: {}\n}\n", "8:1", "this } closes nothing (take it out, or put { where it begins)"],
    [
      '  a: { contact: "x, csr: false }\n  b: { contact: "y" }\n',
      "7:17",
      'this " is not closed on its line (put another " where the text ends)',
    ],
    [
      "  a:\n    contact: 'x\n    csr: false\n",
      "8:14",
      "this ' is not closed on its line (put another ' where the text ends)",
    ],
    [
      "  a: { contact: 'O'Brien' }\n",
      "7:20",
      "there is something after the closing quote (a quote within the text is written twice: '')",
    ],
    ['  a: { contact: "C:\\path" }\n', "7:20", "\\p is no escape in double quotes (write \\\\ for a backslash)"],
    ["\u00a0 a: { groups: [staff] }\n", "7:1", `the blank U+00A0 ${BLANK}`],
    ["  a:\u2003{ groups: [staff] }\n", "7:5", `the blank U+2003 ${BLANK}`],
    ["  a: { groups:\u00a0[staff] }\n", "7:15", `the blank U+00A0 ${BLANK}`],
    ["  a: { groups: [staff,\u3000dev] }\n", "7:23", `the blank U+3000 ${BLANK}`],
    ["  a: { groups\u00a0: [staff] }\n", "7:14", `the blank U+00A0 ${BLANK}`],
    [
      "  a: { groups: [\u201cstaff\u201d] }\n",
      "7:17",
      'groups: there is no group "\u201cstaff\u201d" (did you mean staff?)',
    ],
    ["\ta: {}\n", "7:1", TAB],
    ["  a:\n    groups: [staff]\n  \tcsr: false\n", "9:3", TAB],
    [
      "  a: {}\n   b: {}\n  c: {}\n",
      "8:4",
      "this line stands 3 spaces in, where nothing above it does (lines above stand 2 spaces in)",
    ],
    [
      "  a: {}\n b: {}\n  c: {}\n",
      "8:2",
      "this line stands 1 space in, where nothing above it does (lines above stand 0 spaces, or 2 spaces in)",
    ],
    [
      "  a:\n    csr: false\n   groups: []\n",
      "9:4",
      "this line stands 3 spaces in, where nothing above it does (lines above stand 2 spaces, or 4 spaces in)",
    ],
    ["  a { groups: [staff] }\n", "7:5", "there is no colon before the { (write : {)"],
    ["  a: { groups [staff] }\n", "7:14", "there is no colon before the [ (write : [)"],
    ["  a\n  b: {}\n", "7:3", NO_COLON],
    ["  a: {}\n  b\n  c: {}\n", "8:3", NO_COLON],
    ["  a: { groups: [staff] csr: false }\n", "7:23", COMMA],
    ["  a: { csr: false groups: [staff] }\n", "7:18", COMMA],
    ["  a: { groups: [staff],, csr: false }\n", "7:24", "there is nothing before this comma (take it out)"],
    [
      "  a: { csr: false },\n  b: {}\n",
      "7:20",
      "this comma separates nothing (take it out, or put { before the first of these)",
    ],
    [
      "  - a: {}\n  - b: {}\n",
      "7:3",
      "clients must be a mapping, not a list (write each name without a dash, and with a colon after it)",
    ],
    [
      "  a: {}\n  - b: {}\n",
      "8:3",
      "a dash begins a list among names (take the dash out: a name has a colon after it)",
    ],
    [
      "  a:\n    groups: - staff\n",
      "8:13",
      "a list with dashes begins on a line of its own (or write it in brackets: [staff, ops])",
    ],
    [
      "  a:\n    groups:\n      -staff\n      -dev\n",
      "9:7",
      'groups must be a list, not "-staff -dev" (a space goes after each dash)',
    ],
    ["  a: {}\n---\n  b: {}\n", "8:1", "a second YAML document begins here, and one is read (take this line out)"],
    ["  a: {}\n...\n  b: {}\n", "8:1", "the YAML document ends here, and more comes after it (take this line out)"],
    ["  a: {}\n%TAG ! x\n", "8:1", "directives such as %YAML are not used here (take this line out)"],
    ["  a: *b\n", "7:6", 'the alias "*b" names no anchor before it (text that begins with * goes in quotes)'],
    ["  a: !b {}\n", "7:9", 'the tag "!b" is not used here (take it out)'],
    ["  a: { <<: 1 }\n", "7:8", "<< must name a mapping, or a list of mappings"],
    ["  a: { contact: @b }\n", "7:17", "a value cannot begin with @ (put it in quotes)"],
    [
      "  a: { groups: [staff] }# b\n",
      "7:25",
      "a comment begins here without a space before it (put a space before the #)",
    ],
    [
      "  a:\n    contact: b: c\n",
      "8:15",
      "there is a second colon (take one out, or put quotes around text with a colon)",
    ],
    ["  a: {}\n  a: {}\n", "8:3", 'clients has the key "a" twice'],
    ["  a: {}\r  b: {}\r", "7:8", "this line ends in CR alone, as on old Macs (save the file with line ends LF)"],
  ])("%j", (lines, place, said) => {
    expect(problemsOf(HEAD + lines)).toEqual([`clients.yaml:${place}: ${said}`]);
  });

  it("is none where a blank stands in a name, in quotes or in a comment", () => {
    const lines =
      '  a: { contact: Zo\u00eb\u00a0M, organization: "B\u00a0" } #\u00a0c\n  b: &x\n    groups:\n    - staff\n  c: *x\n';
    expect(problemsOf(`${HEAD}${lines.replace('"B\u00a0"', '"B\u00a0C"')}`)).toEqual([]);
  });
});
