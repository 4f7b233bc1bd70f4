import { describe, expect, it } from "vitest";
import { namesSomebody, parseSigners, stateKeys } from "../../scripts/plan/allowed-signers.ts";
import {
  type Before,
  doubtsFacts,
  isOfReconcile,
  type SignedCommit,
  type Unsigned,
  unsignedRefusals,
  whyUnsigned,
} from "../../scripts/plan/unsigned.ts";
import { DAY, NOW } from "../support/plan-builders.ts";

const COMMIT: SignedCommit = {
  id: "a".repeat(40),
  author: "Ann",
  subject: "Add carol",
  committed: NOW,
  verdict: "good",
  fingerprint: "SHA256:abc",
  byState: false,
  isMerge: false,
  touched: [{ path: "clients.yaml", removed: false }],
};
const BEFORE: Before = { parent: NOW - DAY, timesEnd: false, sideDisowns: false };
const STATE = [
  { path: "pki/crl.pem", removed: false },
  { path: "pki/reqs/bob.req", removed: true },
];

describe("a commit under limits.signed", () => {
  it.each<[what: string, commit: Partial<SignedCommit>, why: RegExp | null, before?: Partial<Before>]>([
    ["signed by somebody listed counts", {}, null],
    ["counts as a merge too", { isMerge: true }, null],
    ["without a signature does not", { verdict: "none", fingerprint: null }, /^is not signed$/],
    ["that was tampered with does not", { verdict: "bad" }, /does not verify/],
    ["by an unknown key does not", { verdict: "unknown" }, /SHA256:abc\) that pki\/allowed_signers did not list/],
    ["by a key outside its time does not", { verdict: "elsewhen" }, /lists for another time/],
    ["by a key for other uses does not", { verdict: "elsewhere" }, /other namespaces than git/],
    ["signed with OpenPGP does not", { verdict: "foreign" }, /only ssh signatures count/],
    ["by CI counts where it is state", { byState: true, touched: STATE }, null],
    [
      "by CI does not where it is more",
      { byState: true, touched: [...STATE, ...COMMIT.touched] },
      /changes clients.yaml$/,
    ],
    ["by CI does not as a merge", { byState: true, touched: STATE, isMerge: true }, /is a merge signed with CI's key/],
    [
      "dated long before its parent does not, where times end",
      { committed: NOW - 3 * DAY },
      /claims to be of/,
      { timesEnd: true },
    ],
    ["dated a little before its parent counts", { committed: NOW - 2 * DAY + 1 }, null, { timesEnd: true }],
    ["dated back counts where no key's time ends", { committed: 0 }, null],
    ["that merges its signer's own removal does not", { isMerge: true }, /its own signer/, { sideDisowns: true }],
  ])("%s", (_, commit, why, before = {}) => {
    const said = whyUnsigned({ ...COMMIT, ...commit }, { ...BEFORE, ...before });
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });
});

describe("CI's key may change", () => {
  it.each([
    ["pki/registry.yaml", false, true],
    ["pki/certs_by_serial/40AA.pem", false, true],
    ["pki/reqs/bob.req", true, true],
    ["pki/reqs/bob.req", false, false],
    ["pki/signing/pkg.pub", true, false],
    ["pki/allowed_signers", false, false],
    ["pki/guard-allow.yaml", false, false],
    ["clients.yaml", false, false],
    ["scripts/plan.ts", false, false],
    ["pki", false, false],
  ])("%s (removed: %s): %s", (path, removed, may) => {
    expect(isOfReconcile({ path, removed })).toBe(may);
  });
});

const KEY = Buffer.from("a key's blob").toString("base64");
const OTHER = Buffer.from("another").toString("base64");

describe("pki/allowed_signers", () => {
  it.each([
    ["a plain line", `ann@example.com ssh-ed25519 ${KEY} comment`, ["ann@example.com"]],
    [
      "several principals, options and blanks",
      ` ann,ben\tnamespaces="git,file" ecdsa-sha2-nistp256  ${KEY}`,
      ["ann", "ben"],
    ],
    [
      "quoted principals, and a key inside quotes that is none",
      `"ann" namespaces=" ssh-rsa ${OTHER} " ssh-rsa ${KEY}`,
      ["ann"],
    ],
    ["a key in hardware, CRLF", `ann sk-ssh-ed25519@openssh.com ${KEY}\r`, ["ann"]],
  ])("reads %s", (_, line, principals) => {
    const [plain] = parseSigners(`x ssh-rsa ${KEY}`);
    expect(parseSigners(`# who\n\n${line}\n`)).toEqual([{ principals, fingerprint: plain?.fingerprint }]);
  });

  it.each(["", "# ann ssh-rsa AAAA", "ann", "ann ssh-rsa", "ann namespaces=git"])("has nobody in %j", (line) => {
    expect(parseSigners(line)).toEqual([]);
    expect(namesSomebody(line)).toBe(false);
  });

  it("takes a key that one line marks as CI's for CI's, whatever another line says", () => {
    const ci = `state@gatehouse ssh-rsa ${KEY}\n`;
    expect(namesSomebody(`ann ssh-rsa ${KEY}\n${ci}`)).toBe(false);
    expect(namesSomebody(`ann ssh-rsa ${OTHER}\n${ci}`)).toBe(true);
    expect(stateKeys(parseSigners(`ann,state@gatehouse ssh-rsa ${KEY}`)).size).toBe(1);
  });
});

describe("what is unsigned", () => {
  const none: Unsigned = { commits: [], uncommitted: [], shallow: false, good: "b".repeat(40), tip: "c".repeat(40) };
  const fault = {
    id: COMMIT.id,
    author: "Ann\u001b[31m",
    subject: "x".repeat(100),
    why: "is not signed",
    touchesFacts: false,
  };
  const said = (unsigned: Partial<Unsigned>) =>
    unsignedRefusals({ ...none, ...unsigned }).map(({ message }) => message);

  it("is named commit by commit, with what to type once, and nothing that acts on a terminal", () => {
    const [first = "", second = ""] = said({ commits: [fault, fault] });
    expect(first).toMatch(/^aaaaaaaaaaaa \(Ann\\u\{1b\}\[31m, "x{60}…"\) is not signed\. Look at/);
    expect(first).toContain("git switch --detach bbbbbbbbbbbb && git merge --no-ff -S cccccccccccc");
    expect(second).toMatch(/is not signed\.$/);
  });

  it("is cut after twenty, and says how many more there are", () => {
    const all = said({ commits: Array.from({ length: 313 }, () => fault) });
    expect(all).toHaveLength(21);
    expect(all.at(-1)).toMatch(/^293 more commits/);
  });

  it("is said of edits that are in no commit, and of a shallow clone", () => {
    expect(said({ uncommitted: ["clients.yaml"] })).toEqual([expect.stringContaining("git add -- clients.yaml")]);
    expect(said({ shallow: true, commits: [fault] })).toEqual([expect.stringContaining("--unshallow")]);
  });

  it.each<[what: string, unsigned: Partial<Unsigned> | null, doubts: boolean]>([
    ["nothing", null, false],
    ["a commit of clients.yaml", { commits: [fault] }, false],
    ["a commit of facts", { commits: [fault, { ...fault, touchesFacts: true }] }, true],
    ["an edit of clients.yaml", { uncommitted: ["clients.yaml"] }, false],
    ["a request that is in no commit", { uncommitted: ["pki/reqs/bob.req"] }, true],
    ["a shallow clone", { shallow: true }, true],
  ])("casts doubt on facts: %s", (_, unsigned, doubts) => {
    expect(doubtsFacts(unsigned && { ...none, ...unsigned })).toBe(doubts);
  });
});
