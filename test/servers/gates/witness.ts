import type { DerivedFile } from "../../../scripts/model/derived.ts";
import { REASON } from "../../../scripts/servers/gates.ts";
import type { RenderedFiles } from "../rendered.ts";

/** One request, as a server sees it after the handshake. */
export interface Asked {
  /** The server that is asked, by its name in clients.yaml. */
  readonly server: string;
  /** What the handshake made of the certificate, in nginx's words: SUCCESS, NONE, FAILED:… */
  readonly verify: string;
  /** Whether the handshake named what it should: the server, or with stunnel the service. */
  readonly name: { readonly ours: boolean; readonly sni: string };
  readonly serial: string;
  readonly resumed: boolean;
  /** The repository or service that is wanted. */
  readonly wanted: string;
}

export const GATES = ["verification", "name", "listed", "resumed", "role"] as const;
type Gate = (typeof GATES)[number];
/** The gate that refuses; `nothing there` where none did, and still nothing is served. */
export type Verdict = "admitted" | Gate | "nothing there" | "second lock";

/** Text in place of text, in one file: what a gate is taken away with. */
export type Edit = readonly [file: RegExp, text: string | RegExp, by: string];

/** How one kind of server reads its files: not with its own program, but after its documentation. */
export interface Witness {
  readonly verdict: (files: RenderedFiles, asked: Asked) => Verdict;
  /** What takes each gate away, and leaves everything else. */
  readonly without: Readonly<Record<Gate, readonly Edit[]>>;
}

/** The verdict of a reason in the access log. */
export function verdictOf(reason: string): Verdict {
  if (reason === REASON.wrongServerName) return "name";
  if (reason === REASON.noCertificate || reason.startsWith(REASON.notVerified)) return "verification";
  if (reason === REASON.notListed) return "listed";
  if (reason === REASON.resumedSession) return "resumed";
  return reason.startsWith(REASON.notPermitted) ? "role" : "nothing there";
}

/** @throws Error for an edit that changes nothing: then it is out of date */
export function edited(files: readonly DerivedFile[], edits: readonly Edit[]): DerivedFile[] {
  const left = new Set(edits);
  const changed = files.map((file): DerivedFile => {
    if (!("text" in file)) return file;
    let { text } = file;
    for (const edit of edits) {
      const [where, what, by] = edit;
      if (!where.test(file.path)) continue;
      const after = text.replaceAll(typeof what === "string" ? what : new RegExp(what, "gm"), by);
      if (after !== text) left.delete(edit);
      text = after;
    }
    return { ...file, text };
  });
  if (left.size > 0) throw new Error(`changes nothing: ${[...left].join(" ")}`);
  return changed;
}
