import { describe, expect, it } from "vitest";
import { type CommitSignature, provenanceText } from "../../scripts/views/provenance.ts";

const KEY = "SHA256:abc";
const ASKED = { id: "b".repeat(40), author: "Ann", subject: "Add carol", committed: 1_795_262_400 };
const NONE = { verdict: "none", signer: null, key: null };

function said(signature: CommitSignature | null, subject = ASKED.subject): string {
  const state = { ...ASKED, id: "a".repeat(40), subject: "Issue 1", signature: NONE };
  const admitted = { state, change: { ...ASKED, subject, signature } };
  const text = provenanceText({ serial: "40AA", shallow: false, admitted, revoked: null }, true, 80);
  return text.replace(/\s+/g, " ");
}

describe("where a certificate comes from, in words", () => {
  it.each<[string, CommitSignature | null, string]>([
    ["signed", { verdict: "good", signer: "ann@example.com", key: KEY }, `signed by ann@example.com (${KEY})`],
    ["not signed", NONE, "not signed"],
    [
      "by a stranger",
      { verdict: "unknown", signer: null, key: KEY },
      `signed with ${KEY}, which pki/allowed_signers did`,
    ],
    ["tampered with", { verdict: "bad", signer: null, key: null }, "with a signature that does not verify"],
    ["without ssh-keygen", null, "whose signature cannot be looked at: ssh-keygen is not installed"],
  ])("%s", (_, signature, words) => {
    expect(said(signature)).toContain(
      `asked for 2026-11-21T12:00:00Z by commit bbbbbbbbbbbb (Ann, "Add carol"), ${words}`,
    );
  });

  it("says that a revocation is in no commit yet, and shows what would act on a terminal", () => {
    expect(said(NONE)).toContain("Revoked in no commit yet");
    expect(said(NONE, "\u001b[31mred")).toContain("\\u{1b}[31mred");
  });

  it("says once what was committed in one, and that clients.yaml may not tell", () => {
    const state = { ...ASKED, signature: NONE };
    const text = (change: typeof state | null, shallow: boolean) =>
      provenanceText({ serial: "40AA", shallow, admitted: { state, change }, revoked: null }, false, 80);
    expect(text(state, false)).not.toContain("asked for");
    expect(text(null, true)).toContain("clients.yaml does not say");
    expect(text(null, true)).toContain("this clone is shallow");
    expect(provenanceText(null, false, 80)).toContain("nothing is committed here");
  });
});
