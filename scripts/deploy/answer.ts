import type { Outcome } from "../model/release.ts";
import type { Task } from "./transport.ts";

/** The last line on activate's stdout: what serves now, and why where that is not what was asked for. */
export interface Answer {
  readonly word: "active" | "unchanged" | "rolled-back" | "failed";
  readonly id: string | null;
  readonly reason: string;
}

/** A release's id, or two for one that is made of both. */
const ID = String.raw`\d{8}T\d{6}Z-[0-9a-f]{12}(?:\+\d{8}T\d{6}Z-[0-9a-f]{12})?`;
const SERVES = new RegExp(`^(active|unchanged|rolled-back) (${ID})(?: (.*))?$`);

/** Null where the last line is none of activate's: then it was not activate that answered. */
export function parseAnswer(stdout: string): Answer | null {
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  const [, word, id = null, reason = ""] = SERVES.exec(last) ?? [];
  if (word === "active" || word === "unchanged" || word === "rolled-back") return { word, id, reason };
  const why = /^failed(?: (.*))?$/.exec(last);
  return why === null ? null : { word: "failed", id: null, reason: why[1] ?? "" };
}

/** What an answer means for the task. A check that passes leaves the server as it was. */
export function outcomeOf(name: string, { word: task, release: sent }: Task, answer: Answer): Outcome {
  const { word, id: release, reason } = answer;
  if (word === "failed") return { name, release, state: "failed", message: reason || "the server does not say why" };
  if (task === "rollback") {
    // What was asked for is active; `rolled-back` says that it was tried, and that what was current serves again.
    const state = word === "rolled-back" ? "failed" : "rolled back";
    return { name, release, state, message: reason || "to the release before" };
  }
  if (sent !== null && word !== "rolled-back" && release !== sent.id) {
    return { name, release, state: "failed", message: `was sent ${sent.id}, and says that it has another` };
  }
  if (word === "rolled-back") return { name, release, state: "rolled back", message: reason };
  if (word === "unchanged") return { name, release, state: "unchanged", message: reason || "serves it already" };
  if (task === "check") return { name, release, state: "unchanged", message: reason || "would be activated" };
  return { name, release, state: "active", message: reason || "activated" };
}
